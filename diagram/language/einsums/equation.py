"""`to_einsum`: where a program is one einsum, its equation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from diagram.errors import DiagramError, Fault
from diagram.language.check import check
from diagram.language.core import Diagram, Let, Node, Program, axes
from diagram.language.einsums.symbols import symbol


def to_einsum(program: Program, /) -> str:
    """The equation of a program that is one product, without a scale, bundles or convolutions.

    The operands are the program's sources in the order of their declaration, each as often as it is
    used. Edges of one letter from a to Z keep it; others get letters as opt_einsum counts them.
    Raises DiagramError, which says what is more than an einsum.

    >>> from diagram import parse
    >>> to_einsum(parse("input X[n f]\\nweight W[f h]\\nY[n h] = X[n f] W[f h]\\nreturn Y"))
    'nf,fh->nh'
    """
    check(program)
    if faults := list(_more(program)):
        raise DiagramError(faults, of="for an einsum")
    nodes, kept = _product(program)
    order = {name: place for place, name in enumerate(program.source)}
    nodes = sorted(nodes, key=lambda node: order[node.value])
    letters = _letters([*(edge for node in nodes for edge in node.edges), *kept])
    terms = ["".join(letters[edge] for edge in node.edges) for node in nodes]
    return f"{','.join(terms)}->{''.join(letters[edge] for edge in kept)}"


def _product(program: Program) -> tuple[Sequence[Node], Sequence[str]]:
    """The nodes and the legs that stay; a source that is returned as it is is one too."""
    if program.lets and isinstance(maker := program.lets[0].maker, Diagram):
        return maker.nodes, maker.kept
    legs = tuple(leg.name for leg in program.source[program.outputs[0]].legs)
    return (Node(program.outputs[0], axes(legs)),), legs


def _more(program: Program) -> Iterator[Fault]:
    """What an einsum cannot say."""
    for let in program.lets[:1]:
        yield from _more_than_product(let)
    for let in program.lets[1:]:
        yield Fault("an einsum is one statement; this is a second", let.name.partition("~")[0])
    for definition in program.definitions:
        yield Fault("an einsum has no defs", definition.name)
    made = {let.name for let in program.lets}
    for name in program.outputs[1:]:
        yield Fault(f"an einsum returns one value; `{name}` is a second", "return")
    if made and program.outputs[0] not in made:
        yield Fault(
            f"`{program.outputs[0]}` is returned and not what the statement makes", "return"
        )
    for name in program.source:
        if name not in program.readers:
            yield Fault(f"an einsum uses each of its operands; `{name}` is not used", name)


def _more_than_product(let: Let) -> Iterator[Fault]:
    maker = let.maker
    if not isinstance(maker, Diagram):
        what = getattr(maker, "op", None) or getattr(maker, "definition", "")
        yield Fault(f"an einsum is a product; `{what}` is none", let.name)
        return
    if maker.scale or not maker.nodes:
        yield Fault("an einsum has no scalar factors", let.name)
    if maker.convs:
        yield Fault("an einsum has no convolved edges", let.name)
    if any(len(axis) != 1 for node in (*maker.nodes, Node("", maker.output)) for axis in node.axes):
        yield Fault("an einsum has no bundles; split and merge legs outside of it", let.name)


def _letters(edges: Iterable[str]) -> dict[str, str]:
    """A letter for each edge: its own where it is one from a to Z."""
    each = list(dict.fromkeys(edges))
    own = {edge for edge in each if len(edge) == 1 and edge.isascii()}
    free = (letter for place in range(2 * len(each) + 52) if (letter := symbol(place)) not in own)
    return {edge: edge if edge in own else next(free) for edge in each}
