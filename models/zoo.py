"""The zoo: every model by name, with its paper.

`ZOO` are the attentions that the slides draw, `BLOCKS` whole transformers, `WILD` the attentions of
transformers and torch, whose weights `models.wild` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagram import Program
from diagram.draw import Placement
from models import attention, blocks
from models.placements import PLACEMENTS
from models.wild import bert, bloom, deepseek, gpt2, llama, multihead, t5


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

_BLOCKS = (
    Example("minilm", "MiniLM encoder", blocks.encoder, blocks.DEVLIN),
    Example("gpt-2", "GPT-2 decoder", blocks.decoder, blocks.RADFORD),
)

_WILD = (
    Example("bert", "BERT", bert.self_attention, blocks.DEVLIN),
    Example("vit", "Vision transformer", bert.attention, bert.DOSOVITSKIY),
    Example("gpt-2 attention", "GPT-2", gpt2.attention, blocks.RADFORD),
    Example("llama", "Llama", llama.attention, llama.TOUVRON),
    Example("t5", "T5", t5.attention, t5.RAFFEL),
    Example("deepseek", "Multi-head latent attention", deepseek.sized, deepseek.DEEPSEEK),
    Example("bloom", "BLOOM (ALiBi)", bloom.attention, bloom.PRESS),
    Example("torch", "nn.MultiheadAttention", multihead.attention, attention.VASWANI),
)

ZOO: Mapping[str, Example] = {example.name: example for example in _EXAMPLES}
BLOCKS: Mapping[str, Example] = {example.name: example for example in _BLOCKS}
WILD: Mapping[str, Example] = {example.name: example for example in _WILD}
