"""The ops: each says which legs it names, which values it takes, its options and its result's legs.

An op holds no numbers; only sources do. What torch calls for an op is in `runtime.kernels`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from diagram.errors import suggest


class Want(Enum):
    """What an option's value may be."""

    FLAG = "0 or 1"
    COUNT = "a whole number"
    NUMBER = "a number"
    SIZE = "a whole size"


@dataclass(frozen=True)
class Op:
    """An op that keeps the legs of its first value, elementwise unless it names legs.

    `names` are the roles of the legs it names, one each; `several` lets the last role repeat.
    """

    name: str
    names: tuple[str, ...] = ()
    several: bool = False
    values: tuple[int, int] = (1, 1)
    options: Mapping[str, Want] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    flops: int = 1
    """FLOPs per element of the result, as counted in plans."""

    def result(self, legs: Sequence[str], first: Sequence[str]) -> tuple[str, ...]:
        """The legs of the result, from the named legs and the first value's legs."""
        return tuple(first)

    def wanted(self, legs: Sequence[str], result: Sequence[str]) -> tuple[str, ...]:
        """The legs wanted of the first value so that the result has these."""
        return tuple(result)

    def leg_fault(self, legs: Sequence[str]) -> str | None:
        """Why the number of named legs is wrong."""
        most = 99 if self.several else len(self.names)
        if len(self.names) <= len(legs) <= most:
            return None
        if not self.names:
            return f"{self.name} names no legs; write {self.name}(...)"
        roles = " ".join(self.names) + (" ..." if self.several else "")
        return f"{self.name} names its legs in brackets: {self.name}[{roles}](...)"

    def value_fault(self, count: int) -> str | None:
        """Why the number of values is wrong."""
        least, most = self.values
        if least <= count <= most:
            return None
        takes = str(least) if least == most else f"{least} or more"
        return f"{self.name} takes {takes} value{'s' * (takes != '1')}, not {count}"

    def option_fault(self, name: str) -> str | None:
        """Why an option of this name cannot be."""
        if name in self.options:
            return None
        known = ", ".join(self.options) or "none"
        return f"{self.name} has no option `{name}`{suggest(name, self.options)} (options: {known})"


class Reduction(Op):
    """Its named legs vanish."""

    def result(self, legs: Sequence[str], first: Sequence[str]) -> tuple[str, ...]:
        return tuple(leg for leg in first if leg not in legs)

    def wanted(self, legs: Sequence[str], result: Sequence[str]) -> tuple[str, ...]:
        return (*result, *(leg for leg in legs if leg not in result))


class OneHot(Op):
    """Adds its named leg, last: 1 where the whole number is, 0 elsewhere."""

    def result(self, legs: Sequence[str], first: Sequence[str]) -> tuple[str, ...]:
        return (*first, *legs)

    def wanted(self, legs: Sequence[str], result: Sequence[str]) -> tuple[str, ...]:
        return tuple(leg for leg in result if leg not in legs)


class Resized(Op):
    """Keeps the legs but changes the length of those it names (concat, slice, max_pool)."""


class Sum(Op):
    """Adds its terms; a term that lacks a leg is repeated along it."""


NEVER = {
    **dict.fromkeys(
        ("scan", "rnn", "lstm", "gru", "mamba", "recurrent"),
        "recurrences and scans over a leg are not in the language",
    ),
    **dict.fromkeys(
        ("for", "while", "if", "where", "cond"), "loops and conditions are not in the language"
    ),
    "sum": "a sum needs no op: leave the leg out on the left side",
    **dict.fromkeys(
        ("einsum", "matmul", "mm", "bmm", "dot", "linear"),
        "a product is written with its legs: A[i j] B[j k]",
    ),
    **dict.fromkeys(
        ("transpose", "permute", "swapaxes", "movedim"),
        "the left side orders the legs: Y[j i] = X[i j]",
    ),
    **dict.fromkeys(
        ("reshape", "view", "flatten", "rearrange"),
        "a leg is split and legs are merged in bundles: Y[(i j)] = X[i j]",
    ),
    **dict.fromkeys(
        ("conv1d", "conv2d", "conv3d", "convolve"),
        "a product ends with the edges that it convolves: U[s x] K[t s x] corr x",
    ),
    **dict.fromkeys(
        ("avg_pool", "avg_pool2d"), "average pooling is a product with ones: U[x] K[x] corr x"
    ),
    "embedding": "a table is read by a product: one_hot[v](T)[n v] E[v f]",
}
"""What people ask for that is none of the language's, and what to say."""


def unknown_op(name: str, definitions: Collection[str] = ()) -> str:
    """Why there is no op of this name."""
    if name in definitions:
        return f"`{name}` is a def and is called in a line of its own: NAME = {name}(...)"
    if name.lower() in NEVER:
        return f"no op `{name}`: {NEVER[name.lower()]}"
    return f"no op `{name}`{suggest(name, [*OPS, *definitions], similar=True)}"


ELEMENTWISE = (
    *("relu", "gelu", "silu", "elu", "softplus", "tanh", "sigmoid"),
    *("exp", "log", "sqrt", "square", "recip", "cos", "sin"),
)
_EPS = {"eps": Want.NUMBER}

OPS: Mapping[str, Op] = {
    op.name: op
    for op in (
        *(Op(name) for name in ELEMENTWISE),
        Op("softmax", ("l",), flops=5),
        Op("log_softmax", ("l",), flops=5),
        Op("cumsum", ("l",)),
        Op("sort", ("l",), options={"descending": Want.FLAG}),
        Op("layer_norm", ("l",), several=True, options=_EPS, flops=7),
        Op("rms_norm", ("l",), several=True, options=_EPS, flops=4),
        Op("unit", ("l",), several=True, options=_EPS, flops=4),
        Op(
            "batch_norm",
            ("l",),
            several=True,
            values=(3, 3),
            options={**_EPS, "momentum": Want.NUMBER},
            flops=4,
        ),
        Op("causal", ("n", "m"), options={"window": Want.COUNT, "shift": Want.COUNT}),
        Op("mask", values=(2, 2)),
        Op("dropout", options={"p": Want.NUMBER}, required=("p",), flops=2),
        Reduction("max", ("l",), several=True),
        Reduction("min", ("l",), several=True),
        Reduction("mean", ("l",), several=True),
        OneHot("one_hot", ("v",), flops=0),
        Resized("concat", ("l",), values=(2, 99), flops=0),
        Resized("slice", ("l",), options={"start": Want.SIZE, "stop": Want.SIZE}, flops=0),
        Resized(
            "max_pool",
            ("l",),
            several=True,
            options={"size": Want.SIZE, "stride": Want.SIZE, "pad": Want.SIZE},
            required=("size",),
        ),
        Sum("+", values=(1, 10_000)),
    )
}
