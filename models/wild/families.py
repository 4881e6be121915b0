"""`read`: an attention module as a program with weights, by the name of its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from diagram.errors import DiagramError, suggest
from models.wild import bert, bloom, deepseek, gpt2, llama, multihead, t5
from models.wild.settings import Settings
from models.wild.state import Loaded

if TYPE_CHECKING:
    from torch import Tensor, nn

Reader = Callable[["nn.Module", Mapping[str, "Tensor"], bool], Loaded]
"""Takes a module, its state dict, and whether there is a padding mask."""


def read(module: nn.Module, padding: bool = False) -> Loaded:
    """The attention of a module of transformers or torch; `FAMILIES` are the classes it knows.

    With `padding` the program takes a mask `M[b m]` too, 1 where a key is to be seen. The readers
    of each family, such as `multihead.from_torch`, have its further options, and need no module:
    a config and a state dict will do. DiagramError for other modules and options.

    >>> from torch import nn
    >>> read(nn.Linear(2, 2))
    Traceback (most recent call last):
        ...
    diagram.errors.DiagramError: Linear is no attention that is known here: BertSelfAttention, ...
    """
    name = type(module).__name__
    reader = FAMILIES.get(name)
    if reader is None:
        known = f"{suggest(name, FAMILIES, similar=True)}: {', '.join(FAMILIES)}"
        raise DiagramError(f"{name} is no attention that is known here{known}")
    return reader(module, module.state_dict(), padding)


def _bert(module: nn.Module, state: Mapping[str, Tensor], padding: bool) -> Loaded:
    return bert.from_bert(module.config, state, padding)


def _vit(module: nn.Module, state: Mapping[str, Tensor], padding: bool) -> Loaded:
    _refuse_padding(module, padding)
    return bert.from_vit(module.config, state)


def _gpt2(module: nn.Module, state: Mapping[str, Tensor], padding: bool) -> Loaded:
    return gpt2.from_gpt2(module.config, state, _layer(module), padding)


def _llama(module: nn.Module, state: Mapping[str, Tensor], padding: bool) -> Loaded:
    return llama.from_llama(module.config, state, _layer(module), padding)


def _t5(module: nn.Module, state: Mapping[str, Tensor], padding: bool) -> Loaded:
    inside = getattr(module, "SelfAttention", module)
    return t5.from_t5(inside.config, state, padding)


def _deepseek(module: nn.Module, state: Mapping[str, Tensor], padding: bool) -> Loaded:
    return deepseek.from_deepseek(module.config, state, padding)


def _bloom(module: nn.Module, state: Mapping[str, Tensor], padding: bool) -> Loaded:
    _refuse_padding(module, padding)
    sizes = Settings(module)
    f, h = sizes.whole("hidden_size"), sizes.whole("num_heads")
    return bloom.from_bloom({"hidden_size": f, "n_head": h}, state)


def _multihead(module: nn.Module, state: Mapping[str, Tensor], padding: bool) -> Loaded:
    found = cast("nn.MultiheadAttention", module)
    of = multihead.Variant(
        zero=found.add_zero_attn,
        batch_first=found.batch_first,
        keys=multihead.Masked.SEEN if padding else None,
    )
    return multihead.from_torch(found.num_heads, state, of)


def _layer(module: nn.Module) -> int:
    """Which layer it is, from 0."""
    layer = getattr(module, "layer_idx", 0)
    return layer if isinstance(layer, int) else 0


def _refuse_padding(module: nn.Module, padding: bool) -> None:
    if padding:
        raise DiagramError(f"{type(module).__name__} is read without a padding mask")


FAMILIES: Mapping[str, Reader] = {
    "BertSelfAttention": _bert,
    "ViTSelfAttention": _bert,
    "ViTAttention": _vit,
    "GPT2Attention": _gpt2,
    "LlamaAttention": _llama,
    "MistralAttention": _llama,
    "Qwen2Attention": _llama,
    "Qwen3Attention": _llama,
    "Gemma2Attention": _llama,
    "T5Attention": _t5,
    "T5LayerSelfAttention": _t5,
    "DeepseekV3Attention": _deepseek,
    "BloomAttention": _bloom,
    "MultiheadAttention": _multihead,
}
"""Readers by the name of the module's class, in transformers and in torch."""
