"""Two legs on one edge: summed (a contraction), or kept (batch multiplication)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diagram.language.core import Diagram, Let, Node, axes, flat
from frontend.edit.draft import Draft, Refused, another, count, letters, relettered
from frontend.edit.flow import expose, hide
from frontend.edit.legs import Spot, chain, is_open, length, refuse_special, where


def join(draft: Draft, one: str, other: str, kept: bool) -> None:
    """Puts two legs on one edge, in the innermost product where they can meet.

    An edge that is a batch stays one; legs that are on one edge are summed or kept anew.
    """
    mine, theirs = chain(draft, one), chain(draft, other)
    common = [(a, b) for a in mine for b in theirs if a.name == b.name]
    products = [(a, b) for a, b in common if isinstance(draft.lets.get(a.name), Let)]
    products = [(a, b) for a, b in products if isinstance(draft.maker(a.name), Diagram)]
    here, there = [*products, *common[-1:], (mine[-1], theirs[-1])][0]
    _refuse_lengths(draft, here, there)
    if common and not products:
        here, there = _itself(draft, here, there)
    elif not common:
        here, there = _together(draft, here, there)
    unite(draft, here, there, kept)


def _refuse_lengths(draft: Draft, here: Spot, there: Spot) -> None:
    a, b = length(draft, here), length(draft, there)
    for found in (here, there):
        refuse_special(draft, found)
    if a != b:
        one, two = f"`{here.letter}` of {where(draft, here)}", where(draft, there)
        said = f"{one} has length {a}, but `{there.letter}` of {two} has length {b}"
        raise Refused(f"{said}: only legs of one length can be joined")


def unite(draft: Draft, here: Spot, there: Spot, kept: bool) -> None:
    """Both letters become the first one, in a statement that has both."""
    name, letter = here.name, here.letter
    maker = draft.maker(name)
    assert isinstance(maker, Diagram)
    if letter == there.letter:
        if kept:
            expose(draft, name, letter)
        else:
            hide(draft, name, letter)
        return
    batch = any(
        (found,) in maker.output and count(maker, found) > 1 for found in (letter, there.letter)
    )
    hide(draft, name, there.letter)
    draft.put(name, relettered(draft.maker(name), {there.letter: letter}))
    draft.move({f"{name}:{there.letter}": f"{name}:{letter}"})
    if kept or batch:
        expose(draft, name, letter)
    else:
        hide(draft, name, letter)


# -- two values become one --------------------------------------------------------------------


def _itself(draft: Draft, here: Spot, there: Spot) -> tuple[Spot, Spot]:
    """Two legs of one value that is no product, in a product of it alone."""
    if here.letter == there.letter:
        raise Refused(f"these legs of {here.name} are one already")
    host = _alone(draft, here)
    return host, Spot(host.name, there.letter, 0, there.axis)


def _together(draft: Draft, here: Spot, there: Spot) -> tuple[Spot, Spot]:
    """Both legs in one product: one value takes in the other, or a new product takes in both."""
    free = [found for found in (here, there) if is_open(draft, found)]
    if not free:
        raise Refused(
            f"`{here.letter}` and `{there.letter}` are both summed, in different places: "
            "keep one of them first (Alt and drag)"
        )
    if len(free) == 1:
        host, guest = (there, here) if free[0] is here else (here, there)
        if draft.depends(guest.name, host.name):
            raise Refused(
                f"`{host.letter}` is summed before `{guest.letter}` is there: "
                "keep it first (Alt and drag)"
            )
        if not isinstance(draft.maker(host.name), Diagram):
            raise Refused(f"`{host.letter}` is gone after {where(draft, host)}")
    elif hosts := [found for found in (here, there) if is_product(draft, found.name)]:
        order = [*draft.lets]
        host = min(hosts, key=lambda found: order.index(found.name))
        guest = there if host is here else here
    else:
        host, guest = _alone(draft, here), there
    return host, take_in(draft, host.name, guest)


def is_product(draft: Draft, name: str) -> bool:
    """Whether a value is a plain product that nobody reads: others may become part of it."""
    if name not in draft.lets or draft.readers(name):
        return False
    maker = draft.maker(name)
    return isinstance(maker, Diagram) and maker.is_plain


def _alone(draft: Draft, found: Spot) -> Spot:
    """A new product of one value, which takes its place."""
    name = draft.fresh("Y")
    legs = draft.legs(found.name)
    loose = found.name in draft.sources and not draft.readers(found.name)
    used = bool(draft.readers(found.name))
    draft.put(name, Diagram((Node(found.name, axes(legs)),), axes(legs)))
    if not used:
        draft.follow(found.name, name)
    if loose:
        draft.move({found.name: f"{name}/0"})
    return Spot(name, found.letter, 0, found.axis)


def take_in(draft: Draft, host: str, guest: Spot) -> Spot:
    """A value becomes part of a product; its leg there."""
    if is_product(draft, guest.name) and not _confuses(draft, host, guest.name):
        return _merged(draft, host, guest)
    maker = draft.maker(host)
    assert isinstance(maker, Diagram)
    legs = draft.legs(guest.name)
    new = _apart(legs, letters(maker))
    place = len(maker.nodes)
    used = bool(draft.readers(guest.name))
    use = Node(guest.name, axes([new[leg] for leg in legs]))
    draft.put(host, replace(maker, nodes=(*maker.nodes, use)))
    if not used:
        draft.follow(guest.name, host)
    if guest.name in draft.sources and not used:
        draft.move({guest.name: f"{host}/{place}"})
    for leg in legs:
        expose(draft, host, new[leg])
    return Spot(host, new[guest.letter], place, guest.axis)


def _merged(draft: Draft, host: str, guest: Spot) -> Spot:
    """The nodes of one product go into the other."""
    maker, other = draft.maker(host), draft.maker(guest.name)
    assert isinstance(maker, Diagram)
    assert isinstance(other, Diagram)
    new = _apart(sorted(letters(other), key=other.edges.index), letters(maker))
    moved = relettered(other, new)
    assert isinstance(moved, Diagram)
    first = len(maker.nodes)
    del draft.lets[guest.name]
    scale = (*maker.scale, *moved.scale)
    draft.put(host, replace(maker, nodes=(*maker.nodes, *moved.nodes), scale=scale))
    draft.follow(guest.name, host)
    draft.move(
        {
            **{f"{guest.name}/{at}": f"{host}/{first + at}" for at in range(len(other.nodes))},
            **{f"{guest.name}:{old}": f"{host}:{name}" for old, name in new.items()},
            guest.name: host,
        }
    )
    for letter in flat(moved.output):
        expose(draft, host, letter)
    return Spot(host, new[guest.letter], first + max(guest.place, 0), guest.axis)


def _apart(own: Iterable[str], taken: set[str]) -> dict[str, str]:
    """Letters for a product in which these are taken."""
    found: dict[str, str] = {}
    own = list(own)
    for letter in own:
        others = {*taken, *found.values(), *(set(own) - {letter})}
        found[letter] = another(letter, others) if letter in taken else letter
    return found


def _confuses(draft: Draft, host: str, guest: str) -> bool:
    """Whether a factor of one product would read a letter of the other as its own."""
    one, two = draft.maker(host), draft.maker(guest)
    assert isinstance(one, Diagram)
    assert isinstance(two, Diagram)
    for mine, theirs in ((one, two), (two, one)):
        named = {dim for scalar in mine.scale for dim in scalar.size.dims}
        if (named - letters(mine)) & letters(theirs):
            return True
    return False
