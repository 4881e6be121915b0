"""An order made by hand: pairs of nodes that are merged first, for one product at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagram import DiagramError
from diagram.language.core import Diagram, Node, Program
from diagram.language.inline import inline
from diagram.planner.apart import apart
from frontend.plan.steps import Pairs
from frontend.programs import Store

KEY = "plan.pairs"


@dataclass(frozen=True)
class Product:
    """A let that is a product of several nodes, and what they are called."""

    name: str
    labels: tuple[str, ...]


def products(program: Program) -> dict[str, Product]:
    """The products in which there is something to choose.

    >>> from diagram import parse
    >>> text = "input A[i j] B[j k] C[k l]\\nD[i l] = A[i j] B[j k] C[k l]\\nreturn D"
    >>> products(parse(text))["D"].labels
    ('A[i j]', 'B[j k]', 'C[k l]')
    """
    return {
        let.name: Product(let.name, tuple(map(_label, let.maker.nodes)))
        for let in inline(program).lets
        if isinstance(let.maker, Diagram) and len(let.maker.nodes) > 2
    }


def _label(node: Node) -> str:
    legs = " ".join(axis[0] if len(axis) == 1 else f"({' '.join(axis)})" for axis in node.axes)
    return f"{node.value}[{legs}]"


def standing(count: int, pairs: Pairs) -> list[frozenset[int]]:
    """The groups of nodes that are left after some merges, the last result last.

    >>> [sorted(group) for group in standing(4, ((0, 2), (0, 1)))]
    [[0, 2], [1, 3]]
    """
    groups = [frozenset({place}) for place in range(count)]
    for pair in pairs:
        two = [groups[place] for place in pair]
        groups = [group for group in groups if group not in two] + [two[0] | two[1]]
    return groups


def chosen(store: Store, text: str) -> dict[str, Pairs]:
    """The pairs of each product of this text; another text has none."""
    of, pairs = store.get(KEY, ("", {}))
    return dict(pairs) if of == text else {}


def keep(store: Store, text: str, name: str, pairs: Pairs) -> None:
    """Other pairs for a product; the rest stays."""
    found = {**chosen(store, text), name: pairs}
    store[KEY] = (text, {key: value for key, value in found.items() if value})


def merge(store: Store, text: str, product: Product, one: int, other: int) -> None:
    """Merge the groups in which two nodes of a product stand by now."""
    pairs = chosen(store, text).get(product.name, ())
    groups = standing(len(product.labels), pairs)
    places = sorted({next(i for i, g in enumerate(groups) if p in g) for p in (one, other)})
    if len(places) == 2:
        keep(store, text, product.name, (*pairs, (places[0], places[1])))


@dataclass(frozen=True)
class Answer:
    """What is said of two nodes that were clicked; `pair` if they may be merged."""

    said: str
    pair: tuple[str, int, int] | None = None


def asked(program: Program, known: Mapping[str, Product], first: str, second: str) -> Answer | None:
    """Whether two nodes of the picture may be merged, by their ids; None if one is no node."""
    one, other = _use(first), _use(second)
    if one is None or other is None:
        return None
    try:
        said = apart(program, one, other)
    except DiagramError:
        return None
    if said:
        return Answer(said)
    if one[0] not in known:
        return Answer("These two are all of their product: they are merged in any order.")
    return Answer("", (one[0], one[1], other[1]))


def _use(path: str) -> tuple[str, int] | None:
    name, _, place = path.rpartition("/")
    return (name, int(place)) if name and place.isdecimal() and len(place) < 6 else None
