"""`unfold`: some calls written out, each by itself; those inside them and beside them stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from diagram.language.check import check
from diagram.language.core import Call, Definition, Diagram, Let, Node, Program, Source
from diagram.language.inline import body, renamed, with_paths


@dataclass(frozen=True, slots=True)
class Inside:
    """A call that is written out: its def, and the values that stand in it."""

    definition: str
    names: frozenset[str]


@dataclass(frozen=True)
class Unfolded:
    """A program, and what of it stands in which call: by path, outer ones first."""

    program: Program
    inside: Mapping[str, Inside] = field(default_factory=dict)


def unfold(program: Program, paths: Collection[str]) -> Unfolded:
    """The program with the calls at these paths written out, one level each.

    A path is that of a call (`Y`), of one of its repetitions (`Y.0`; `Y` alone is the first) or of
    a call in there (`Y.0.A`), which writes out those around it too. Repetitions that are not named
    stay calls: of `layer^6` with `Y.2` written out, `Y.0` is `layer^2` and `Y.3` is `layer^3`.
    Paths that are of no call are passed over. This is for the eye: tied repetitions that stand
    would have weights of their own.

    >>> from diagram import parse
    >>> text = "def f(X[n])\\n  weight W[n]\\n  Y[n] = X[n] W[n]\\n  return Y\\n"
    >>> found = unfold(parse(text + "input X[n]\\nZ = f^3(X)\\nreturn Z"), ["Z.0"])
    >>> [let.name for let in found.program.lets], list(found.inside)
    (['Z.0.Y', 'Z.0', 'Z.1', 'Z'], ['Z.0'])
    """
    return _unfolded(check(program), frozenset(paths))


@lru_cache(maxsize=64)
def _unfolded(program: Program, paths: frozenset[str]) -> Unfolded:
    found = Unfolded(program)
    wanted = {
        ".".join(steps[: count + 1])
        for steps in (path.split(".") for path in paths)
        for count in range(len(steps))
    }
    while (chosen := _next(found.program, wanted, paths)) is not None:
        found = _opened(found, *chosen)
    return found


def _next(
    program: Program, wanted: Collection[str], paths: Collection[str]
) -> tuple[Let, Call, Sequence[int]] | None:
    """The first call that is to be written out, and which of its repetitions."""
    for let in program.lets:
        if isinstance(call := let.maker, Call):
            if call.times == 1:
                places = [0] if let.name in wanted else []
            else:
                places = [n for n in range(call.times) if f"{let.name}.{n}" in wanted]
                places = sorted({*places, *([0] if let.name in paths else [])})
            if places:
                return let, call, places
    return None


def _opened(found: Unfolded, let: Let, call: Call, places: Sequence[int]) -> Unfolded:
    """These repetitions of a call are written out; those between them are calls."""
    program = found.program
    where = program.definitions.index(program.definition[call.definition])
    flat, dims = with_paths(program, let.name, body(program, call))
    own = {d.name: f"{let.name}.{d.name}" for d in flat.definitions[where:]}
    flat = replace(flat, lets=_calling(flat.lets, own))
    parameters = [s.name for s in program.definition[call.definition].parameters]
    one = _Repeated(let.name, call, flat, parameters)
    pieces = one.pieces(places)
    sources = {source.name: source for piece in pieces for source in piece.sources}
    made = frozenset({*sources, *(let.name for piece in pieces for let in piece.lets)})
    opened = {piece.path: Inside(call.definition, piece.names) for piece in pieces if piece.names}
    arguments = _arguments(program, let.name, call.times > 1)
    made |= frozenset(arguments.values())
    around = {
        path: replace(outer, names=outer.names | made) if let.name in outer.names else outer
        for path, outer in found.inside.items()
    }
    lets = [let for piece in pieces for let in piece.lets]
    at = program.lets.index(let)
    lets = [*program.lets[:at], *lets, *program.lets[at + 1 :]]
    inner = [replace(d, name=own[d.name]) for d in _all_calling(flat.definitions[where:], own)]
    return Unfolded(
        replace(
            program,
            dims=(*program.dims, *dims),
            sources=(*program.sources, *sources.values()),
            lets=tuple(_named(let, arguments) for let in lets),
            definitions=(*program.definitions[:where], *inner, *program.definitions[where:]),
        ),
        {**around, **opened},
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some repetitions of a call: its value is `path`; `names` stand in it if it is open."""

    path: str
    lets: tuple[Let, ...]
    sources: tuple[Source, ...] = ()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Repeated:
    """A call at a path, with its def as it runs there."""

    name: str
    call: Call
    body: Program
    parameters: Sequence[str]

    def pieces(self, places: Sequence[int]) -> list[_Piece]:
        """Repetitions at these places written out, those between them as calls, and the value."""
        value = self.call.args[0].value if self.call.args else ""
        found: list[_Piece] = []
        at = 0
        while at < self.call.times:
            end = (
                at + 1 if at in places else min([p for p in places if p > at] or [self.call.times])
            )
            path = f"{self.name}.{at}" if self.call.times > 1 else self.name
            found.append(
                self._open(path, value) if at in places else self._shut(path, end - at, value)
            )
            value, at = path, end
        if self.call.times > 1:
            found.append(_Piece(self.name, (self._is(self.name, value),)))
        return found

    def _open(self, path: str, value: str) -> _Piece:
        """One, its lines under its path; its weights too, if it has its own."""
        held = [source for source in self.body.sources if source.name not in self.parameters]
        base = self.name if self.call.tied else path
        given = [value, *(node.value for node in self.call.args[1:])][: len(self.parameters)]
        names = {let.name: f"{path}.{let.name}" for let in self.body.lets}
        names |= {source.name: f"{base}.{source.name}" for source in held}
        names |= dict(zip(self.parameters, given, strict=True))
        lets = [Let(names[let.name], renamed(let.maker, names)) for let in self.body.lets]
        sources = [replace(source, name=names[source.name]) for source in held]
        inside = frozenset({*(let.name for let in lets), *(source.name for source in sources)})
        lets.append(self._is(path, names[self.body.outputs[0]]))
        return _Piece(path, tuple(lets), tuple(sources), inside)

    def _shut(self, path: str, times: int, value: str) -> _Piece:
        first, *rest = self.call.args
        args = (replace(first, value=value), *rest)
        return _Piece(path, (Let(path, replace(self.call, args=args, times=times)),))

    def _is(self, name: str, value: str) -> Let:
        output = self.call.output
        return Let(name, Diagram((Node(value, output),), output))


def _calling(lets: Sequence[Let], names: Mapping[str, str]) -> tuple[Let, ...]:
    """Lets that call defs by other names."""
    return tuple(
        Let(let.name, replace(let.maker, definition=names.get(called, called)))
        if isinstance(let.maker, Call) and (called := let.maker.definition)
        else let
        for let in lets
    )


def _all_calling(
    definitions: Sequence[Definition], names: Mapping[str, str]
) -> tuple[Definition, ...]:
    """Defs, and those in them, that call others by other names."""
    return tuple(
        replace(
            definition,
            program=replace(
                definition.program,
                lets=_calling(definition.program.lets, names),
                definitions=_all_calling(definition.program.definitions, names),
            ),
        )
        for definition in definitions
    )


def _arguments(program: Program, path: str, repeated: bool) -> dict[str, str]:
    """What stands inside a call is named by its path: `Y~1` becomes `Y.1`.

    Where that is the second repetition it becomes `Y.1'`.
    """
    return {
        let.name: let.name.replace("~", ".") + "'" * repeated
        for let in program.lets
        if let.name.startswith(f"{path}~")
    }


def _named(let: Let, names: Mapping[str, str]) -> Let:
    return Let(names.get(let.name, let.name), renamed(let.maker, names))
