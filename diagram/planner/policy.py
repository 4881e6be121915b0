"""What a plan is to be good at: the objective, the limits, and what a person chose by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never, get_args

from diagram.errors import DiagramError, Fault, suggest
from diagram.language.core import Program
from diagram.language.count import checked, dim_names
from diagram.planner.bytes import bytes_of
from diagram.planner.price import ELEMENTS, FLOPS, Price
from diagram.planner.rates import DEFAULT, Rates, Seconds

Objective = Literal["flops", "time", "memory", "measure"]
Optimizer = str | Callable[..., Any]
"""A search of opt_einsum by name, or anything with the signature of its path functions."""

Pairs = Sequence[tuple[int, int]]
Order = Literal["written"] | Pairs | Mapping[str, Pairs]


@dataclass(frozen=True, slots=True)
class ByName:
    """An order that a person gave, by the names of lets, as a value that can be a key."""

    pairs: tuple[tuple[object, object], ...]


@dataclass(frozen=True)
class Policy:
    """How orders are judged, and within which limits.

    `memory` bounds intermediate values, in bytes; `train` counts the gradients too; `fold` takes
    products of weights alone as made once; `tolerance` lets attention with scalar queries be
    interpolated with this error; `order` is a person's, by the names of lets.
    """

    objective: Objective = "flops"
    memory: int | None = None
    train: bool = False
    fold: bool = False
    tolerance: float | None = None
    optimizer: Optimizer | None = None
    order: object = None
    rates: Rates = DEFAULT

    @property
    def price(self) -> Price:
        """What a search pays for a merge."""
        match self.objective:
            case "flops":
                return FLOPS
            case "memory":
                return ELEMENTS
            case "time" | "measure":
                return Seconds(self.rates, self.train)
            case never:
                assert_never(never)


DEFAULTS = Policy()


def policy(  # noqa: PLR0913 - each is an option that people write
    objective: object = "flops",
    *,
    memory: object = None,
    train: object = False,
    fold: object = False,
    tolerance: object = None,
    optimizer: object = None,
    order: object = None,
    rates: Rates = DEFAULT,
) -> Policy:
    """The policy that these options say; DiagramError with all that is wrong with them.

    >>> policy("time", train=True).train
    True
    """
    faults: list[Fault] = []
    if objective not in get_args(Objective):
        hint = suggest(str(objective), get_args(Objective)) or f"; take one of {_listed()}"
        faults.append(Fault(f"no objective {objective!r}{hint}"))
    faults += [
        Fault(f"{name} is {flag!r}; True or False is expected")
        for name, flag in (("train", train), ("fold", fold))
        if not isinstance(flag, bool)
    ]
    if train is True and fold is True:
        faults.append(Fault("fold is for inference: weights that are trained cannot be merged"))
    if tolerance is not None and not _is_fraction(tolerance):
        faults.append(Fault(f"tolerance is {tolerance!r}; a number between 0 and 1 is expected"))
    if optimizer is not None and not (isinstance(optimizer, str) or callable(optimizer)):
        kind = type(optimizer).__name__
        faults.append(Fault(f"an optimizer is a name or a function, not {kind}"))
    limit: int | None = None
    try:
        limit = None if memory is None else bytes_of(memory)
    except DiagramError as error:
        faults += error.faults
    if faults:
        raise DiagramError(faults, of="with the options")
    return Policy(objective, limit, train, fold, tolerance, optimizer, _frozen(order), rates)  # type: ignore[arg-type]


def _listed() -> str:
    return ", ".join(repr(name) for name in get_args(Objective))


def _frozen(order: object) -> object:
    """An order given by hand as a value that can be a key."""
    if isinstance(order, Mapping):
        return ByName(tuple((name, _frozen(pairs)) for name, pairs in order.items()))
    if isinstance(order, Sequence) and not isinstance(order, str):
        return tuple(_frozen(pair) for pair in order)
    return order


def _is_fraction(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 < value < 1


def given(**options: object) -> dict[str, object]:
    """The options that are not as they are by themselves."""
    return {
        name: value for name, value in options.items() if value is not None and value is not False
    }


def sizes_of(
    program: Program,
    dims: Mapping[str, int] | None,
    sizes: Mapping[str, int],
    options: Mapping[str, object],
) -> dict[str, int]:
    """The numbers for dims, from a mapping and from keywords; `options` are those that were given.

    DiagramError for a dim that is given twice, or that has an option's name and no mapping says
    which of the two is meant.
    """
    known = dim_names(program)
    given = dict(dims or {})
    faults = [Fault(f"dim `{name}` is given twice") for name in sizes if name in given]
    if dims is None:
        faults += [
            Fault(
                f"`{name}` is a dim of this program and an option; give dims as a mapping: "
                f"{{'{name}': 8}}"
            )
            for name in options
            if name in known
        ]
    if faults:
        raise DiagramError(faults, of="with the sizes that were given")
    return checked(program, {**given, **sizes})
