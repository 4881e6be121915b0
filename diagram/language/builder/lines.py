"""The lines that a builder has so far; each new one is read at once, beside what it uses.

A new line is read in a small program of its own, in which the values that it uses stand as inputs
with the legs that they are known to have: a fault is told where it is made, and a line costs no
more in a long program than in a short one.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagram.errors import DiagramError
from diagram.language.builder.owners import stranger
from diagram.language.builder.text import declaration, declared, dim_entries
from diagram.language.builder.values import Called, Expression, Value
from diagram.language.builder.where import refuse, told
from diagram.language.check import types
from diagram.language.core import Kind, Program, Source
from diagram.language.size import Size
from diagram.language.syntax import TensorText
from diagram.language.text import parse

ANYTHING = ("input _[]", "return _")
"""What a line of dims and a def need to be a program."""


class Lines:
    """The lines of a program, or of a def inside `outer`, and what is known after the last."""

    def __init__(self, outer: Lines | None = None) -> None:
        self.outer = outer
        self.written: list[str] = []
        self.values: dict[str, Value] = {}
        self.sources: dict[str, Source] = {}
        self.dims: dict[str, str] = {}
        self.dims_seen: dict[str, None] = {}
        self.definitions: list[str] = []

    @property
    def around(self) -> Sequence[Lines]:
        """From the program through the defs in which these lines stand to themselves."""
        return (*(self.outer.around if self.outer else ()), self)

    # -- new lines --------------------------------------------------------------------------------

    def take_dims(self, text: str) -> None:
        """A line of dims; none may be set before."""
        entries = dim_entries(text)
        self._read([f"dims {text}", *ANYTHING], [f"dims {e}" for e in self.dims.values()])
        self.dims |= entries
        self.written.append(f"dims {text}")

    def take_sources(self, kind: Kind, text: str) -> tuple[Value, ...]:
        """A line of sources."""
        names = [tensor.name.text for tensor in declaration(kind, text)]
        for name in names:
            self._is_new(name)
        lines = [f"{kind} {text}", f"return {' '.join(dict.fromkeys(names))}"]
        program = self._read(lines, self._dims())
        self.written.append(lines[0])
        return tuple(self._source(program, source) for source in program.sources)

    def take_let(self, name: str, left: str, right: Expression | Called) -> Value:
        """A line that makes a value."""
        self._is_new(name)
        self.owns(right)
        context = self._dims()
        if isinstance(right, Called):
            context += [text for lines in self.around for text in lines.definitions]
        context += [self._declared(value) for value in right.uses]
        program = self._read([f"{left} = {right.text}", f"return {name}"], context)
        self.written.append(f"{left} = {right.text}")
        return self._value(program, name)

    def take_parameter(self, tensor: TensorText) -> Value:
        """A parameter of the def that these lines are: it is written in its head."""
        sizes = [
            leg.size.size if leg.size else Size.of(leg.name.text.rstrip("'")) for leg in tensor.legs
        ]
        legs = zip((leg.name.text for leg in tensor.legs), sizes, strict=True)
        of = tensor.of.size if tensor.of else None
        line = f"{tensor.kind} {declared(tensor.name.text, legs, of)}"
        program = self._read([line, f"return {tensor.name.text}"], self._dims())
        return self._source(program, program.sources[0])

    def take_definition(self, head: str, inside: Lines, result: Value) -> None:
        """A def, whose lines have been taken."""
        lines = [head, *(f"  {line}" for line in (*inside.written, f"return {result.name}"))]
        definition = "\n".join(lines)
        context = [*self._dims(), *(text for lines in self.around for text in lines.definitions)]
        self._read([definition, *ANYTHING], context)
        self.written.append(definition)
        self.definitions.append(definition)

    # -- how they are read ------------------------------------------------------------------------

    def _read(self, lines: Sequence[str], context: Sequence[str]) -> Program:
        """The program of new lines; its faults are told where Python made them."""
        before = "\n".join(context)
        try:
            return parse("\n".join([*context, *lines]))
        except DiagramError as error:
            depth = before.count("\n") + 1 if context else 0
            raise told(error.faults, lines[0], before=depth) from None

    def _dims(self) -> list[str]:
        """Dims as they are set, and the names of those that are only known."""
        entries: dict[str, str] = {}
        for lines in self.around:
            entries |= {name: name for name in lines.dims_seen if name not in entries}
            entries |= lines.dims
        return [f"dims {' '.join(entries.values())}"] if entries else []

    def _declared(self, value: Value) -> str:
        source = self.sources.get(value.name)
        kind, of = (source.kind, source.of) if source else (Kind.INPUT, None)
        return f"{kind} {declared(value.name, [(leg.name, leg.size) for leg in value.legs], of)}"

    def _source(self, program: Program, source: Source) -> Value:
        sizes = [leg.size for leg in source.legs] + ([source.of] if source.of else [])
        self.dims_seen |= dict.fromkeys(name for size in sizes for name in sorted(size.dims))
        self.sources[source.name] = source
        return self._value(program, source.name)

    def _value(self, program: Program, name: str) -> Value:
        self.values[name] = Value(self, name, types(program)[name])
        return self.values[name]

    # -- whose values -----------------------------------------------------------------------------

    def owns(self, right: Expression | Called) -> None:
        """Refuses values of other lines."""
        for value in right.uses:
            if value.lines is not self:
                refuse(stranger(value, self))
        if isinstance(right, Called) and right.lines not in self.around:
            refuse("a def is called in the program that it stands in")

    def _is_new(self, name: str) -> None:
        if name in self.values:
            refuse(f"`{name}` is defined twice")
