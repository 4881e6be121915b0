"""`diff`: what differs between two programs, in the words of the language."""

from __future__ import annotations

from collections.abc import Iterator

from diagram.equality.compare import canonical, equivalent
from diagram.equality.form import form
from diagram.equality.joints import Joints
from diagram.equality.match import Match, Side, matched, side
from diagram.equality.scale import product
from diagram.equality.words import called, init_text, leg_text, option_text, scale_text, shown
from diagram.language.core import Apply, Diagram, Let, Option, Program, Source
from diagram.language.size import Size

MOST_LINES = 10
"""Lines of canonical programs that are told where nothing better can be said."""


def diff(first: Program, second: Program) -> tuple[str, ...]:
    """What differs, a line for each thing; nothing where they are equivalent.

    Values answer to each other by all that is around them, where that differs by name.

    >>> from diagram import parse
    >>> text = "input A[i j] B[j k]\\nY[i k] = A[i j] B[j k]\\nreturn Y"
    >>> diff(parse(text), parse(text.replace("Y[i k]", "Y[i j k]")))
    ('Y: leg j of A is summed in the first and kept in the second',)
    """
    if equivalent(first, second):
        return ()
    one, two = side(form(first)), side(form(second))
    match = matched(one, two)
    lines = [*_dims(one, two, match), *_sources(one, two, match), *_lets(one, two, match)]
    lines += _returned(one, two, match)
    return tuple(dict.fromkeys(lines)) or tuple(_canonical_lines(first, second))


def _dims(one: Side, two: Side, match: Match) -> Iterator[str]:
    for name, twin in match.dims.items():
        numbers = [s.form.program.defaults.get(dim) for s, dim in ((one, name), (two, twin))]
        if numbers[0] != numbers[1]:
            said = ["no number" if n is None else str(n) for n in numbers]
            yield f"dim {called(name, twin)}: {said[0]} in the first and {said[1]} in the second"


# -- sources --------------------------------------------------------------------------------------


def _sources(one: Side, two: Side, match: Match) -> Iterator[str]:
    others = two.form.program.source
    for source in one.form.program.sources:
        twin = others.get(match.values.get(source.name, ""))
        if twin is None:
            yield f"{_declared(source)} stands in the first only"
        else:
            title = called(source.name, twin.name)
            yield from (f"{title}: {line}" for line in _source(source, twin, match))
    for name in others.keys() - match.values.values():
        yield f"{_declared(others[name])} stands in the second only"


def _declared(source: Source) -> str:
    return f"{source.kind} {source.name}[{' '.join(map(leg_text, source.legs))}]"


def _source(source: Source, twin: Source, match: Match) -> Iterator[str]:
    if source.kind is not twin.kind:
        yield f"{source.kind} in the first and {twin.kind} in the second"
    pairs = match.legs[source.name]
    for at, other in pairs:
        leg, size = source.legs[at], twin.legs[other].size
        if match.size(leg.size) != size:
            name = called(leg.name, twin.legs[other].name)
            yield f"leg {name} has length {leg.size} in the first and {size} in the second"
    for legs, at_side, which in ((source.legs, 0, "first"), (twin.legs, 1, "second")):
        known = {pair[at_side] for pair in pairs}
        for place, leg in enumerate(legs):
            if place not in known:
                yield f"leg {leg_text(leg)} stands in the {which} only"
    if source.init != twin.init:
        said = init_text(source.init), init_text(twin.init)
        yield f"its numbers are {said[0]} in the first and {said[1]} in the second"
    if source.of is not None and twin.of is not None and match.size(source.of) != twin.of:
        yield f"it stays below {source.of} in the first and below {twin.of} in the second"


# -- lets -----------------------------------------------------------------------------------------


def _lets(one: Side, two: Side, match: Match) -> Iterator[str]:
    joints = Joints(one, two, match)
    others = two.form.program.let
    for let in one.form.program.lets:
        twin = others.get(match.values.get(let.name, ""))
        if twin is None:
            yield f"{shown(let.name)} stands in the first only: {_made(let)}"
        else:
            title = called(shown(let.name), shown(twin.name))
            yield from (f"{title}: {line}" for line in _let(let, twin, match, joints))
    for name in (name for name in others if name not in match.values.values()):
        yield f"{shown(name)} stands in the second only: {_made(others[name])}"


def _let(let: Let, twin: Let, match: Match, joints: Joints) -> Iterator[str]:
    kinds = _made(let, short=True), _made(twin, short=True)
    if kinds[0] != kinds[1]:
        yield f"{kinds[0]} in the first and {kinds[1]} in the second"
    if isinstance(let.maker, Diagram) and isinstance(twin.maker, Diagram):
        yield from _scale(let.maker, twin.maker, match)
    if isinstance(let.maker, Apply) and isinstance(twin.maker, Apply) and kinds[0] == kinds[1]:
        yield from _options(dict(let.maker.options), dict(twin.maker.options), match)
    yield from joints.compare(let, twin)


def _made(let: Let, short: bool = False) -> str:
    """What makes a let: `softmax of S`, `a product of X, WQ`."""
    maker = let.maker
    if isinstance(maker, Apply):
        name, uses = "a sum" if maker.op == "+" else maker.op, maker.args
    else:
        name, uses = "a product", maker.nodes if isinstance(maker, Diagram) else ()
    values = ", ".join(shown(node.value) for node in uses)
    return name if short or not values else f"{name} of {values}"


def _scale(one: Diagram, two: Diagram, match: Match) -> Iterator[str]:
    plain, rooted = product(one.scale)
    if (match.size(plain), match.size(rooted)) != product(two.scale):
        said = scale_text(one.scale), scale_text(two.scale)
        yield f"scaled by {said[0]} in the first and by {said[1]} in the second"


def _options(one: dict[str, Option], two: dict[str, Option], match: Match) -> Iterator[str]:
    for name in dict.fromkeys([*one, *two]):
        left, right = one.get(name), two.get(name)
        if (match.size(left) if isinstance(left, Size) else left) != right:
            said = option_text(left), option_text(right)
            yield f"option {name} is {said[0]} in the first and {said[1]} in the second"


# -- what is returned -----------------------------------------------------------------------------


def _returned(one: Side, two: Side, match: Match) -> Iterator[str]:
    firsts, seconds = one.form.program.outputs, two.form.program.outputs
    if tuple(match.values.get(name) for name in firsts) != seconds:
        said = (", ".join(firsts), ", ".join(seconds))
        yield f"returned are {said[0]} in the first and {said[1]} in the second"


def _canonical_lines(first: Program, second: Program) -> Iterator[str]:
    """Lines that only one of the canonical programs has."""
    texts = [str(canonical(program)).split("\n") for program in (first, second)]
    for lines, others, which in ((*texts, "first"), (*texts[::-1], "second")):
        for line in [line for line in lines if line not in others][:MOST_LINES]:
            yield f"in canonical names the {which} only has: {line}"
