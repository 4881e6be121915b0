"""Edges that are cut, nodes and legs that are deleted, and values that fall apart."""

from __future__ import annotations

from dataclasses import replace

from diagram.language.core import Apply, Call, Diagram, Node, axes, flat, nodes
from diagram.language.ops import OPS
from frontend.edit.draft import Draft, Refused, another, count, letters, with_nodes
from frontend.edit.flow import expose, hide, keeps_legs, leave, settle
from frontend.edit.legs import Spot, chain, is_shared, refuse_special


def cut(draft: Draft, path: str) -> None:
    """A leg gets a letter of its own, in the innermost statement where it shares one."""
    here = next((found for found in chain(draft, path) if is_shared(draft, found)), None)
    if here is None:
        raise Refused("this leg is free already")
    apart(draft, here)
    tidy(draft, here.name)


def apart(draft: Draft, here: Spot) -> None:
    """The leg leaves its edge."""
    maker = draft.maker(here.name)
    if not isinstance(maker, Diagram):
        raise Refused("legs are cut in products; here they stand in a sum or an op")
    refuse_special(draft, here)
    node = maker.nodes[here.place]
    letter = another(here.letter, letters(maker))
    own = tuple((letter,) if at == here.axis else axis for at, axis in enumerate(node.axes))
    draft.put_node(here.name, here.place, Node(node.value, own))
    expose(draft, here.name, letter)
    settle(draft, here.name, here.letter)


def delete(draft: Draft, path: str) -> None:
    """Takes away a source, a node, a box, a factor, an edge or a leg."""
    if path in draft.sources:
        del draft.sources[path]
        draft.follow(path, "")
        draft.move({path: ""})
    elif path in draft.lets:
        _unwrap(draft, path)
    elif path.endswith("/scale"):
        _unscale(draft, path.removesuffix("/scale"))
    elif ":" in path:
        _disjoin(draft, *_edge(draft, path))
    else:
        head, _, last = path.rpartition("/")
        if head in draft.lets and last.isdecimal():
            _delete_node(draft, head, int(last))
        else:
            _delete_leg(draft, path)


def _edge(draft: Draft, path: str) -> tuple[str, str]:
    name, _, letter = path.rpartition(":")
    if name not in draft.lets or letter not in letters(draft.maker(name)):
        raise Refused("this edge is no longer there")
    return name, letter


def _unscale(draft: Draft, name: str) -> None:
    maker = draft.lets[name].maker if name in draft.lets else None
    if not isinstance(maker, Diagram):
        raise Refused("this factor is no longer there")
    draft.put(name, replace(maker, scale=()))
    draft.move({f"{name}/scale": ""})
    tidy(draft, name)


# -- edges and legs ---------------------------------------------------------------------------


def _disjoin(draft: Draft, name: str, letter: str) -> None:
    """Every leg on an edge gets a letter of its own; a leg that is alone on it is deleted."""
    maker = draft.maker(name)
    spots = [
        Spot(name, letter, place, axis)
        for place, node in enumerate(nodes(maker))
        for axis, found in enumerate(node.axes)
        if found == (letter,)
    ]
    if len(spots) == 1:
        _delete_leg(draft, f"{name}/{spots[0].place}/{spots[0].axis}")
        return
    for found in spots[1:]:
        apart(draft, found)
    tidy(draft, name)


def _delete_leg(draft: Draft, path: str) -> None:
    """A leg on a junction is cut, an open one deleted where it is declared."""
    way = chain(draft, path)
    if any(is_shared(draft, found) for found in way):
        cut(draft, path)
        return
    here = way[0]
    value = here.name
    if here.place >= 0:
        value = nodes(draft.maker(here.name))[here.place].value
    if value not in draft.sources:
        raise Refused(f"this leg comes out of {value}: delete it where it begins")
    source = draft.sources[value]
    legs = tuple(leg for at, leg in enumerate(source.legs) if at != here.axis)
    draft.sources[value] = replace(source, legs=legs)
    for reader, place in draft.readers(value):
        leave(draft, reader, place, here.axis)


# -- nodes ------------------------------------------------------------------------------------


def _delete_node(draft: Draft, name: str, place: int) -> None:
    maker = draft.maker(name)
    if place >= len(nodes(maker)):
        raise Refused("this node is no longer there")
    node = nodes(maker)[place]
    left = tuple(found for at, found in enumerate(nodes(maker)) if at != place)
    if isinstance(maker, Call):
        raise Refused(f"{maker.definition} needs {node.value}")
    if isinstance(maker, Apply) and left:
        op = OPS.get(maker.op)
        if op is None or op.value_fault(len(left)):
            raise Refused(f"{maker.op} needs {node.value}: take the {maker.op} away first")
    if not left:
        drop(draft, name)
    else:
        draft.put(name, with_nodes(maker, left))
        after = {f"{name}/{at}": f"{name}/{at - 1}" for at in range(place + 1, len(left) + 1)}
        draft.move({**after, f"{name}/{place}": ""})
        for letter in dict.fromkeys(node.edges):
            settle(draft, name, letter)
    _forget_unused(draft, node.value)
    if name in draft.lets:
        tidy(draft, name)


def drop(draft: Draft, name: str) -> None:
    """A statement goes, and its uses with it."""
    for reader, place in reversed(draft.readers(name)):
        if reader in draft.lets:
            _delete_node(draft, reader, place)
    uses = nodes(draft.maker(name))
    del draft.lets[name]
    draft.follow(name, "")
    draft.move({name: ""})
    for node in uses:
        _forget_unused(draft, node.value)


def _forget_unused(draft: Draft, value: str) -> None:
    """A source that nobody reads any more goes with its last use; so does a part of a statement."""
    if draft.readers(value) or value in draft.outputs:
        return
    if value in draft.sources:
        del draft.sources[value]


def _unwrap(draft: Draft, name: str) -> None:
    """Takes an op away from around its value; any other statement goes with all that is in it."""
    maker = draft.maker(name)
    if not isinstance(maker, Apply) or not keeps_legs(maker):
        drop(draft, name)
        return
    (inner,) = maker.args
    readers = draft.readers(name)
    for reader, place in readers:
        old = nodes(draft.maker(reader))[place]
        draft.put_node(reader, place, Node(inner.value, old.axes))
    del draft.lets[name]
    draft.follow(name, inner.value)
    if inner.value in draft.sources:
        reader, place = readers[0] if readers else (inner.value, -1)
        draft.move({f"{name}/0": f"{reader}/{place}" if readers else inner.value, name: ""})
    else:
        draft.move({name: ""})


# -- what falls apart -------------------------------------------------------------------------


def tidy(draft: Draft, name: str) -> None:
    """A product that nobody reads and that no longer hangs together becomes several values."""
    maker = draft.maker(name)
    if draft.readers(name) or not isinstance(maker, Diagram) or not maker.is_plain:
        return
    pieces = _pieces(maker)
    for piece in pieces[1:]:
        _split(draft, name, maker, piece, draft.fresh(name))
    if len(pieces) > 1:
        _split(draft, name, maker, pieces[0], name)
    for own in (name, *[let for let in draft.lets if let != name]):
        _loosen(draft, own)


def _pieces(maker: Diagram) -> list[list[int]]:
    """The places of nodes that hang together."""
    group = list(range(len(maker.nodes)))
    for edge in maker.edges:
        uses = maker.uses(edge)
        old, new = {group[at] for at in uses}, group[uses[0]]
        group = [new if found in old else found for found in group]
    return [[at for at in range(len(group)) if group[at] == own] for own in dict.fromkeys(group)]


def _split(draft: Draft, name: str, whole: Diagram, piece: list[int], own: str) -> None:
    uses = tuple(whole.nodes[at] for at in piece)
    edges = {edge for node in uses for edge in node.edges}
    output = axes([edge for edge in whole.kept if edge in edges])
    draft.put(own, Diagram(uses, output, whole.scale if own == name else ()))
    draft.move(
        {
            **{f"{name}/{at}": f"{own}/{place}" for place, at in enumerate(piece)},
            **{f"{name}:{edge}": f"{own}:{edge}" for edge in edges},
        }
    )


def _loosen(draft: Draft, name: str) -> None:
    """A product of one source and nothing else is that source, if nobody else reads it."""
    maker = draft.maker(name)
    if not isinstance(maker, Diagram) or len(maker.nodes) != 1 or maker.scale or maker.convs:
        return
    (node,) = maker.nodes
    plain = node.axes == maker.output and len(set(flat(maker.output))) == len(maker.output)
    alone = node.value in draft.sources and len(draft.readers(node.value)) == 1
    if plain and alone and not draft.readers(name) and node.value not in draft.outputs:
        del draft.lets[name]
        draft.follow(name, node.value)
        draft.move({f"{name}/0": node.value, name: ""})


def keep(draft: Draft, path: str, kept: bool) -> None:
    """The edge of a leg is summed, or kept."""
    way = chain(draft, path)
    here = next((found for found in way if is_shared(draft, found)), way[0])
    if here.name in draft.sources or not isinstance(draft.maker(here.name), Diagram):
        raise Refused("a leg is summed or kept in a product: use its value in one first")
    if count(draft.maker(here.name), here.letter) and not kept:
        hide(draft, here.name, here.letter)
    else:
        expose(draft, here.name, here.letter)
