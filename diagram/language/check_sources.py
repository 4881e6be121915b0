"""Faults of dims and sources: equations, legs, initial numbers."""

from __future__ import annotations

from collections.abc import Mapping

from diagram.errors import suggest
from diagram.language.core import Kind, Leg, Source
from diagram.language.findings import State
from diagram.language.places import Place
from diagram.language.size import Size

INITS: Mapping[str, tuple[int, int]] = {
    "zeros": (0, 0),
    "ones": (0, 0),
    "eye": (0, 0),
    "range": (0, 0),
    "normal": (1, 1),
    "uniform": (2, 2),
    "orthogonal": (0, 0),
    "given": (0, 0),
    "numbers": (0, 1_000_000),
}
"""Initial rules and how many numbers each takes."""
DRAWN = ("normal", "uniform", "orthogonal")
"""Rules that draw at random."""


class SourceChecks(State):
    """The part of the walk that reads declarations."""

    def dims(self) -> None:
        seen: set[str] = set()
        for dim in self.program.dims:
            if dim.name in seen:
                self.fault(f"dim `{dim.name}` is set twice", "dims", ("dim", dim.name))
            seen.add(dim.name)
            number = dim.size.number if dim.size is not None else None
            if number is not None and (number.denominator != 1 or number < 0):
                message = f"dim `{dim.name}` is {number}; a dim is a whole number, 0 or more"
                self.fault(message, "dims", ("dim", dim.name))
        self._solve_equations(self.program.equations)
        self.known_dims = seen | {
            name for s in self.program.sources for leg in s.legs for name in leg.size.dims
        }
        self.known_dims |= {name for size in self.equations.values() for name in size.dims}

    def _solve_equations(self, equations: Mapping[str, Size]) -> None:
        waiting = dict(equations)
        while waiting:
            ready = [name for name, size in waiting.items() if not size.dims & waiting.keys()]
            if not ready:
                names = ", ".join(f"`{name}`" for name in waiting)
                self.fault(f"the equations of {names} run in a circle", "dims", ("dim", *waiting))
                return
            for name in ready:
                size = waiting.pop(name)
                self.equations[name] = self.resolved(size, "dims", ("dim", name))

    def source(self, source: Source) -> None:
        name = source.name
        self.new_name(name, ("source", name))
        seen: set[str] = set()
        legs = []
        for place, leg in enumerate(source.legs):
            if leg.name in seen:
                hint = f"a square one is {name}[{leg.name} {leg.name}']"
                message = f"{name} has two legs named `{leg.name}`; {hint}"
                self.fault(message, name, ("source", name, place))
            seen.add(leg.name)
            size = self.resolved(leg.size, name, ("source", name, place))
            if (number := size.number) is not None and (number.denominator != 1 or number < 0):
                message = f"leg `{leg.name}` has length {number}; a length is a whole number"
                self.fault(f"{message}, 0 or more", name, ("source", name, place))
            legs.append(Leg(leg.name, size))
            if source.kind is Kind.CONST:
                self.at_least(0, size, f"the length of leg `{leg.name}` of {name}")
        self._init(source)
        self.legs[name] = tuple(legs)
        if source.kind is Kind.INDEX:
            if source.of is None:
                message = f"say what bounds the whole numbers: index {name}[...] of v"
                self.fault(message, name, ("source", name))
            else:
                self.index_values[name] = self.resolved(source.of, name, ("source", name, "of"))
                self.known_dims |= source.of.dims
        elif source.of is not None:
            self.fault("only an index is bounded by `of`", name, ("source", name, "of"))

    def _init(self, source: Source) -> None:
        init, name = source.init, source.name
        place: Place = ("source", name, "init")
        if init is None:
            return
        if source.kind in (Kind.INPUT, Kind.INDEX):
            self.fault(f"an {source.kind} has no initial numbers; it is given", name, place)
        elif init.name not in INITS:
            known = ", ".join(rule for rule in INITS if rule != "numbers")
            message = f"no initial rule `{init.name}`{suggest(init.name, INITS)} (rules: {known})"
            self.fault(message, name, place)
        else:
            least, most = INITS[init.name]
            count = len(init.numbers)
            if not least <= count <= most:
                wants = "no numbers" if most == 0 else f"{least} number{'s' * (least > 1)}"
                self.fault(f"`{init.name}` takes {wants}, not {count}", name, place)
            if source.kind is Kind.CONST and init.name in DRAWN:
                message = "a const is computed or given; make it a weight or a buffer"
                self.fault(f"`{init.name}` draws at random, and {message}", name, place)
            self._init_shape(source, init.name, count)

    def _init_shape(self, source: Source, rule: str, count: int) -> None:
        place: Place = ("source", source.name, "init")
        if rule in ("eye", "orthogonal") and len(source.legs) < 2:
            self.fault(f"`{rule}` needs at least two legs", source.name, place)
        if rule == "eye" and len(source.legs) > 2:
            self.fault("`eye` has two legs", source.name, place)
        if rule == "range" and len(source.legs) != 1:
            self.fault("`range` has one leg", source.name, place)
        if rule == "numbers":
            lengths = [leg.size.number for leg in source.legs]
            if None not in lengths:
                size = 1
                for length in lengths:
                    size *= int(length or 0)
                if size != count:
                    message = f"{source.name} has {size} entries, but {count} numbers are written"
                    self.fault(message, source.name, place)
