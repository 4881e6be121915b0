"""The zoo: every model by name, with its paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagram import Program
from diagram.draw import Placement
from models import attention
from models.placements import PLACEMENTS


@dataclass(frozen=True)
class Example:
    """A model of the zoo; `program(**dims)` builds it, `dims` not given keep their defaults."""

    name: str
    title: str
    build: Callable[..., Program]
    paper: str

    def program(self, **dims: int) -> Program:
        """The program with these dims."""
        return self.build(**dims)

    @property
    def placement(self) -> Placement | None:
        """Where the published figure puts its nodes, for `draw`."""
        return PLACEMENTS.get(self.name)

    @property
    def summary(self) -> str:
        """The first line of the model's docstring."""
        return (self.build.__doc__ or "").strip().partition("\n")[0]


_EXAMPLES = (
    Example("single-head", "Single-head", attention.single_head, attention.VASWANI),
    Example("multi-head", "Multi-head", attention.multi_head, attention.VASWANI),
    Example("lossless", "Lossless multi-head", attention.lossless, attention.HUANG),
    Example("tunable-head", "Tunable-head (THSA)", attention.tunable_head, attention.TUFORMER),
    Example("skip-left", "Skip-left", attention.skip_left, attention.TUFORMER),
    Example("skip-right", "Skip-right", attention.skip_right, attention.TUFORMER),
    Example("cross-attention", "Cross-attention", attention.cross_attention, attention.VASWANI),
    Example("grouped-query", "Grouped-query", attention.grouped_query, attention.AINSLIE),
    Example("multi-query", "Multi-query", attention.multi_query, attention.SHAZEER),
    Example(
        "linear-quadratic",
        "Linear attention, scores first",
        attention.linear_quadratic,
        attention.KATHAROPOULOS,
    ),
    Example(
        "linear-factored",
        "Linear attention, factored",
        attention.linear_factored,
        attention.KATHAROPOULOS,
    ),
)

ZOO: Mapping[str, Example] = {example.name: example for example in _EXAMPLES}
