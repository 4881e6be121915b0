"""From the shapes of the text to a Program: statement by statement, names looked up as they come.

Every place in the program is remembered with its place in the text, so that faults found later
(`check`) point at the letters that the person wrote.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagram.errors import Fault, Span
from diagram.language.calls import Calls
from diagram.language.core import (
    Definition,
    Dim,
    Init,
    Kind,
    Leg,
    Let,
    Maker,
    Note,
    Program,
    Source,
    legs_of,
)
from diagram.language.size import Size
from diagram.language.syntax import (
    DefText,
    LetText,
    ReturnText,
    Sentence,
    TensorText,
    Word,
)
from diagram.language.tokens import Comment


class Elaborator(Calls):
    """Collects the program statement by statement; it is thrown away once `program` is read.

    A def is collected by an elaborator of its own, which sees the defs that stand before it.
    """

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name = name
        self.span: Span | None = None
        self.column = -1
        self.is_deeper = False
        """Whether the lines of this def are deeper than its header."""
        self.inner: Elaborator | None = None
        self.definitions: list[Definition] = []
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
            tuple(self.definitions),
        )

    @property
    def innermost(self) -> Elaborator:
        """Who collects the statement that comes next."""
        return self.inner.innermost if self.inner else self

    def take(self, sentence: Sentence, comments: Sequence[Comment]) -> None:
        """One statement of the text."""
        if self.inner is not None:
            self.inner.take(sentence, comments)
            self.close()
            return
        match sentence:
            case DefText(name, parameters, column):
                self.open(name, parameters, column)
                at = f"def {name.text}"
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
                        self._no_second_parameter(entry)
                        self._source(entry)
                        at = at or entry.name.text
                    else:
                        size = entry.size.size if entry.size else None
                        self._dim(entry.name, size)
                        at = "dims"
        self.notes += [Note(at, c.text, c.above) for c in comments]

    def goes_back(self, column: int) -> None:
        """Told where a statement begins: one as far left as an open def's header ends that def."""
        inner = self.innermost
        outer = self
        while outer.inner is not None and outer.inner is not inner:
            outer = outer.inner
        if inner is self or column > inner.column or not inner.is_deeper:
            inner.is_deeper = inner.is_deeper or column > inner.column
            return
        self._tell_unclosed(inner)
        inner.outputs.append(next(iter(inner.legs), ""))
        inner.unknown.add("")
        outer.close()
        self.goes_back(column)

    def _tell_unclosed(self, inner: Elaborator) -> None:
        message = f"def `{inner.name}` has no `return`; a def ends at its own"
        self.faults.append(Fault(message, spans=(inner.span,) if inner.span else ()))

    def open(self, name: Word, parameters: Sequence[TensorText], column: int = 0) -> None:
        """Begins a def; its lines follow."""
        if name.text in self.visible:
            self.faults.append(Fault(f"def `{name.text}` is defined twice", spans=(name.span,)))
        self.places.put(("def", name.text), name.span)
        self.inner = Elaborator(name.text)
        self.inner.span, self.inner.column = name.span, column
        self.inner.faults = self.faults
        self.inner.visible = dict(self.visible)
        for parameter in parameters:
            self.inner._source(parameter)

    def close(self) -> None:
        """Takes the def over once it has returned."""
        inner = self.inner
        if inner is not None:
            inner.close()
        if inner is None or inner.inner is not None or not inner.outputs:
            return
        self.inner = None
        self.places.adopt(("def", inner.name), inner.places)
        found = Definition(inner.name, inner.program())
        if inner.unknown:
            self.broken.add(inner.name)
            self.unknown |= {f"{inner.name}:{name}" for name in inner.unknown}
        if inner.name not in self.visible:
            self.definitions.append(found)
            self.visible[inner.name] = found

    def end(self) -> None:
        """Told that no statement follows."""
        if self.inner is not None:
            self.inner.end()
            self._tell_unclosed(self.inner)

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
        of = tensor.of.size if tensor.of else None
        self.sources.append(Source(Kind(tensor.kind), name, tuple(legs), init, of))
        self.legs.setdefault(name, tuple(leg.name for leg in legs))

    def _no_second_parameter(self, tensor: TensorText) -> None:
        """What a def is given stands in its header alone."""
        if self.name and tensor.kind in (Kind.INPUT, Kind.INDEX):
            message = f"a def is given its values in its header: def {self.name}(...)"
            self.faults.append(Fault(message, tensor.name.text, (tensor.name.span,)))

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
        maker = self._maker_of(let, name)
        for place, axis in enumerate(let.axes or ()):
            self.places.put(("let", name, "out", place), axis.span)
        self.lets.append(Let(name, maker))
        self.legs.setdefault(name, legs_of(maker.output))

    def _maker_of(self, let: LetText, name: str) -> Maker:
        call = self.called(let.right)
        if call is not None:
            return self.call(call, let.axes, name)
        if let.axes is None:
            return self.maker(let.right, None, name)
        if any(len(axis.words) != 1 for axis in let.axes):
            return self.bundled(let.right, let.axes, name)
        return self.maker(let.right, tuple(axis.words[0].text for axis in let.axes), name)

    def _is_second(self, name: str, word: Word) -> bool:
        """Whether a name is defined already; the second definition is told and dropped."""
        if name in self.legs:
            self.faults.append(Fault(f"`{name}` is defined twice", name, (word.span,)))
        return name in self.legs
