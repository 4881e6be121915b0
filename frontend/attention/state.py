"""What the reader has chosen: each side's text is the truth, and every field shows what it says."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from diagram import DiagramError, Program
from frontend.programs import Store, fault, read, sized
from models import WILD, ZOO

MODELS = {**ZOO, **WILD}
"""What can be compared: attention as it is drawn and as it is found."""

FREE = ("b", "n", "m")
"""Dims that the page sets for both sides: batch, queries, keys."""


class Side(StrEnum):
    """One of the two models."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT

    def key(self, *parts: str) -> str:
        """The name of something of this side in the session state."""
        return ".".join((self, *parts))


FIRST: Mapping[Side, str] = {Side.LEFT: "multi-head", Side.RIGHT: "lossless"}

LINKS: Mapping[str, tuple[str, ...]] = {"R = H": ("h",), "R = H·D": ("h", "d"), "R free": ()}
"""What R may follow: the product of these dims of the other side, or nothing."""


@dataclass(frozen=True)
class Model:
    """One side's program, the text that says it, and the example of the zoo that it is, if any."""

    side: Side
    text: str
    program: Program
    name: str | None
    base: str

    @property
    def title(self) -> str:
        title = MODELS[self.base].title
        return title if self.name else f"{title}, edited"

    @property
    def dims(self) -> Mapping[str, int | None]:
        """The dims with a field of their own, and their numbers."""
        program = self.program
        numbers = program.defaults
        shown = [d for d in program.dim_order if d not in program.equations]
        return {d: numbers.get(d) for d in shown if d in numbers or d not in FREE}

    def sizes(self, n: int, b: int) -> dict[str, int]:
        """The page's numbers for those dims that the text leaves open."""
        given = {"b": b, "n": n, "m": n}
        open_dims = set(self.program.dim_order) - self.program.defaults.keys()
        return {d: given[d] for d in given if d in open_dims - self.program.equations.keys()}


@lru_cache(maxsize=256)
def _is(program: Program, name: str) -> bool:
    example = MODELS[name]
    wanted = inspect.signature(example.build).parameters
    given = {d: number for d, number in program.defaults.items() if d in wanted}
    built = example.program(**given)
    return program in (built, sized(built, program.defaults))


def start(store: Store) -> None:
    """Fill in what a new visitor sees."""
    if "attention" in store:
        return
    store.update({"n": 1024, "b": 1, "share": True, "marks": True})
    for side, name in FIRST.items():
        store[side.key("model")] = name
        store[side.key("link")] = "R = H"
        _set_text(store, side, str(MODELS[name].program()))
    settle(store)
    store["attention"] = True


def keep(store: Store) -> None:
    """Hold what fields say while another page is shown: Streamlit forgets fields that are gone."""
    for key in (*(side.key("model") for side in Side), "share", "marks", "listing"):
        if key in store:
            store[key] = store[key]


def model(store: Store, side: Side) -> Model:
    """What one side shows: the last text that could be read."""
    text, base = str(store[side.key("text")]), str(store[side.key("model")])
    program = read(text)
    return Model(side, text, program, base if _is(program, base) else None, base)


def field(store: Store, side: Side, *what: str) -> str:
    """The key of a field, a new one whenever something else gives it a value.

    A browser sends what all its fields show, also one that has not heard yet of its new value, or
    that is gone: taken for an edit, it would undo the change. What an old key says is passed over.
    """
    return side.key(*what, str(store.get(side.key(*what, "age"), 0)))


def _renew(store: Store, side: Side, *what: str, by: str) -> None:
    if field(store, side, *what) != by:
        store[side.key(*what, "age")] = store.get(side.key(*what, "age"), 0) + 1


def _set_text(store: Store, side: Side, text: str, by: str = "") -> None:
    """Another text, from the field with the key `by` or from elsewhere."""
    before = read(str(store.get(side.key("text"), text))).defaults
    after = read(text).defaults
    store[side.key("text")] = store[side.key("draft")] = text
    store[side.key("note")] = ""
    _renew(store, side, "draft", by=by)
    for dim in {**before, **after}:
        had_fault = store.pop(side.key(dim, "fault"), "")
        if had_fault or before.get(dim) != after.get(dim):
            for kind in ("number", "slider"):
                _renew(store, side, dim, kind, by=by)


# -- what the reader does ---------------------------------------------------------------------


def choose(store: Store, side: Side) -> None:
    """Another model: dims that the two have in common keep their numbers."""
    build = MODELS[str(store[side.key("model")])].build
    known = [name for name, p in inspect.signature(build).parameters.items() if _is_dim(p)]
    numbers = read(str(store[side.key("text")])).defaults
    built = build(**{d: numbers[d] for d in known if d in numbers})
    if not known:
        built = sized(built, {d: numbers[d] for d in built.defaults if d in numbers})
    _set_text(store, side, str(built))
    settle(store, side)


def _is_dim(parameter: inspect.Parameter) -> bool:
    return type(parameter.default) is int


def resize(store: Store, side: Side, dim: str, key: str) -> None:
    """A slider or a number field was moved: the text takes the number, or a note says why not."""
    if key not in (field(store, side, dim, "number"), field(store, side, dim, "slider")):
        return
    value = store[key]
    reason = fault(dim, value)
    if reason or not isinstance(value, int):
        store[side.key(dim, "fault")] = reason
        return
    _set_number(store, side, dim, value, by=key)
    store[side.key(dim, "fault")] = ""
    if dim == "f" and store["share"] and "f" in model(store, side.other).program.defaults:
        _set_number(store, side.other, dim, value)
    settle(store, side)


def rewrite(store: Store, side: Side, key: str) -> None:
    """The text was edited: it is taken if it can be read, else the note says what is wrong."""
    if key != field(store, side, "draft"):
        return
    draft = str(store[key] or "")
    store[side.key("draft")] = draft
    try:
        read(draft)
    except DiagramError as error:
        store[side.key("note")] = str(error)
        return
    _set_text(store, side, draft, by=key)
    settle(store, side)


def restore(store: Store, side: Side) -> None:
    """Back to the last text that could be read, or to the model as it was chosen."""
    if store[side.key("note")]:
        _set_text(store, side, str(store[side.key("text")]))
    else:
        choose(store, side)


def tie(store: Store, side: Side) -> None:
    """Another thing for R to follow."""
    store[side.key("link")] = store[side.key("link", "field")]
    settle(store, side.other)


def measure(store: Store, dim: str) -> None:
    """Another sequence length or batch."""
    value = store[f"{dim}.number"]
    reason = fault(dim, value)
    store[f"{dim}.fault"] = reason
    if not reason:
        store[dim] = value


def settle(store: Store, changed: Side = Side.LEFT) -> None:
    """Let what follows another number follow it: a shared F, an R that is H or H·D."""
    one, two = model(store, changed), model(store, changed.other)
    if store["share"] and {"f"} <= one.program.defaults.keys() & two.program.defaults.keys():
        _set_number(store, changed.other, "f", one.program.defaults["f"])
    for side in Side:
        followed = link(store, side)
        if followed:
            numbers = model(store, side.other).program.defaults
            _set_number(store, side, "r", math.prod(numbers[d] for d in followed))


def link(store: Store, side: Side) -> tuple[str, ...]:
    """The dims of the other side whose product this side's R is now; none if R is free."""
    wanted = LINKS[str(store.get(side.key("link")) or "R free")]
    return wanted if wanted in links(store, side).values() else ()


def links(store: Store, side: Side) -> Mapping[str, tuple[str, ...]]:
    """What this side's R may follow, as things are."""
    if "r" not in model(store, side).program.defaults:
        return {}
    numbers = model(store, side.other).program.defaults
    return {label: dims for label, dims in LINKS.items() if numbers.keys() >= set(dims)}


def _set_number(store: Store, side: Side, dim: str, number: int, by: str = "") -> None:
    text = str(store[side.key("text")])
    program = read(text)
    if program.defaults.get(dim) != number:
        _set_text(store, side, str(sized(program, {dim: number})), by=by)
