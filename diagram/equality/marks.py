"""What one program has and another has not, as places: nodes, edges, scales and lets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from diagram.equality.compare import equivalent
from diagram.equality.form import form
from diagram.equality.joints import Joints, uses_of
from diagram.equality.match import Match, matched, side
from diagram.equality.scale import product
from diagram.language.core import Diagram, Let, Node, Program, flat


@dataclass(frozen=True)
class Marks:
    """Places of one program that nothing in the other answers to."""

    uses: frozenset[tuple[str, int]] = frozenset()
    """A let, and the place of a node in it."""
    edges: frozenset[tuple[str, str]] = frozenset()
    """A let and an edge: it is not in the other, or is summed in one and kept in the other."""
    scales: frozenset[str] = frozenset()
    lets: frozenset[str] = frozenset()


def marks(first: Program, second: Program) -> tuple[Marks, Marks]:
    """For each of two programs what it has otherwise than the other; the places of `diff`'s lines.

    >>> from diagram import parse
    >>> text = "input A[h i j] B[h j k]\\nC[i k] = A[h i j] B[h j k]\\nreturn C"
    >>> one, other = marks(parse(text), parse(text.replace("h ", "")))
    >>> sorted(one.edges), sorted(other.edges)
    ([('C', 'h')], [])
    """
    if equivalent(first, second):
        return Marks(), Marks()
    one, two = side(form(first)), side(form(second))
    match = matched(one, two)
    joints = Joints(one, two, match)
    found = (_Found(), _Found())
    for let in one.form.program.lets:
        twin = two.form.program.let.get(match.values.get(let.name, ""))
        if twin is None:
            found[0].lets.add(let.name)
        else:
            _compare(found, let, twin, joints, match)
    found[1].lets |= two.form.program.let.keys() - set(match.values.values())
    return found[0].frozen(), found[1].frozen()


class _Found:
    """What is gathered for one side."""

    def __init__(self) -> None:
        self.uses: set[tuple[str, int]] = set()
        self.edges: set[tuple[str, str]] = set()
        self.scales: set[str] = set()
        self.lets: set[str] = set()

    def take(self, let: Let, paired: list[Node]) -> None:
        """Nodes of a let that are in no pair."""
        left = [id(node) for node in paired]
        for place, node in enumerate(uses_of(let.maker)):
            if id(node) not in left:
                self.uses.add((let.name, place))

    def frozen(self) -> Marks:
        parts = (self.uses, self.edges, self.scales, self.lets)
        return Marks(*(frozenset(part) for part in parts))  # type: ignore[arg-type]


def _compare(
    found: tuple[_Found, _Found], let: Let, twin: Let, joints: Joints, match: Match
) -> None:
    """Two lets that answer to each other."""
    one, two = found
    pairs = joints.uses(let.maker, twin.maker)
    one.take(let, [node for node, _ in pairs])
    two.take(twin, [node for _, node in pairs])
    for node, other in pairs:
        known = joints.legs_of(node.value)
        one.edges |= _alone(let, node, {leg for leg, _ in known})
        two.edges |= _alone(twin, other, {leg for _, leg in known})
    for edge, other_edge in _parted(let, twin, joints, pairs):
        one.edges.add((let.name, edge))
        two.edges.add((twin.name, other_edge))
    if _scale(let, match) != _scale(twin, None):
        one.scales.add(let.name)
        two.scales.add(twin.name)
    list(joints.compare(let, twin))  # what it remembers is asked for at later lets


def _alone(let: Let, node: Node, known: set[int]) -> set[tuple[str, str]]:
    """The edges at those legs of a node that no leg of the other answers to."""
    axes = [axis for place, axis in enumerate(node.axes) if place not in known]
    return {(let.name, edge) for axis in axes for edge in axis}


def _parted(
    let: Let, twin: Let, joints: Joints, pairs: list[tuple[Node, Node]]
) -> Iterator[tuple[str, str]]:
    """Edges that answer to several of the other, or are kept in one let only."""
    edges, twins = joints.edges(pairs)
    kept = [set(flat(each.maker.output)) for each in (let, twin)]
    for edge, others in edges.items():
        for other in others:
            alone = len(others) == 1 and len(twins.get(other, ())) == 1
            if not alone or (edge in kept[0]) != (other in kept[1]):
                yield edge, other


def _scale(let: Let, match: Match | None) -> object:
    """The scale of a product, in the dims of the second program."""
    if not isinstance(let.maker, Diagram):
        return None
    plain, rooted = product(let.maker.scale)
    return (match.size(plain), match.size(rooted)) if match else (plain, rooted)
