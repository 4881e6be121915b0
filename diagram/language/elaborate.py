"""From the shapes of the text to a Program: statement by statement, names looked up as they come.

Every place in the program is remembered with its place in the text, so that faults found later
(`check`) point at the letters that the person wrote.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagram.errors import Fault
from diagram.language.core import Dim, Init, Kind, Leg, Let, Note, Program, Source, legs_of
from diagram.language.right import RightSides
from diagram.language.size import Size
from diagram.language.syntax import LetText, ReturnText, Sentence, TensorText, Word
from diagram.language.tokens import Comment


class Elaborator(RightSides):
    """Collects the program statement by statement; it is thrown away once `program` is read."""

    def __init__(self) -> None:
        super().__init__()
        self.dims: list[Dim] = []
        self.sources: list[Source] = []
        self.outputs: list[str] = []
        self.notes: list[Note] = []

    def program(self) -> Program:
        return Program(
            tuple(self.dims),
            tuple(self.sources),
            tuple(self.lets),
            tuple(self.outputs),
            tuple(self.notes),
        )

    def take(self, sentence: Sentence, comments: Sequence[Comment]) -> None:
        """One statement of the text."""
        match sentence:
            case LetText():
                self._let(sentence)
                at = sentence.name.text
            case ReturnText(names):
                self._return(names)
                at = "return"
            case entries:
                at = ""
                for entry in entries:
                    if isinstance(entry, TensorText):
                        self._source(entry)
                        at = at or entry.name.text
                    else:
                        size = entry.size.size if entry.size else None
                        self._dim(entry.name, size)
                        at = "dims"
        self.notes += [Note(at, c.text, c.above) for c in comments]

    def _dim(self, word: Word, size: Size | None) -> None:
        name = word.text
        if any(dim.name == name for dim in self.dims):
            self.faults.append(Fault(f"dim `{name}` is set twice", "dims", (word.span,)))
            return
        self.places.put(("dim", name), word.span)
        self.dims.append(Dim(name, size))

    def _source(self, tensor: TensorText) -> None:
        name = tensor.name.text
        if self._is_second(name, tensor.name):
            return
        legs = []
        for place, leg in enumerate(tensor.legs):
            self.places.put(("source", name, place), leg.name.span)
            size = leg.size.size if leg.size else Size.of(leg.name.text.rstrip("'"))
            legs.append(Leg(leg.name.text, size))
        init = None
        if tensor.init is not None:
            self.places.put(("source", name, "init"), tensor.init[0].span)
            init = Init(tensor.init[0].text, tensor.init[1])
        if tensor.of is not None:
            self.places.put(("source", name, "of"), tensor.of.span)
        self.places.put(("source", name), tensor.name.span)
        of = Size.of(tensor.of.text) if tensor.of else None
        self.sources.append(Source(Kind(tensor.kind), name, tuple(legs), init, of))
        self.legs.setdefault(name, tuple(leg.name for leg in legs))

    def _return(self, names: Sequence[Word]) -> None:
        if self.outputs:
            self.fault("a program has one `return`, at its end", names[0].span)
            return
        for place, name in enumerate(names):
            self.places.put(("return", place), name.span)
            self.outputs.append(name.text)

    def _let(self, let: LetText) -> None:
        name = let.name.text
        if self.outputs:
            self.fault("nothing may stand after `return`", let.name.span)
        self.current, self.parts = name, 0
        if self._is_second(name, let.name):
            return
        self.places.put(("let", name), let.name.span)
        wanted = None
        if let.axes is not None:
            wanted = tuple(word.text for word in let.axes)
        maker = self.maker(let.right, wanted, name)
        for place, word in enumerate(let.axes or ()):
            self.places.put(("let", name, "out", place), word.span)
        self.lets.append(Let(name, maker))
        self.legs.setdefault(name, legs_of(maker.output))

    def _is_second(self, name: str, word: Word) -> bool:
        """Whether a name is defined already; the second definition is told and dropped."""
        if name in self.legs:
            self.faults.append(Fault(f"`{name}` is defined twice", name, (word.span,)))
        return name in self.legs
