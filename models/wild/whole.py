"""Whole models with their weights: BERT and GPT-2 of transformers, and the packaged MiniLM.

A layer's part of the reading is written once and repeated under the paths of each layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from diagram.errors import DiagramError
from models.blocks import decoder, encoder
from models.wild.settings import Settings
from models.wild.state import Loaded, load

if TYPE_CHECKING:
    from torch import Tensor

BERT = """
input embeddings.word_embeddings.weight[v f] embeddings.position_embeddings.weight[p f]
input embeddings.token_type_embeddings.weight[t f]
input embeddings.LayerNorm.weight[f] embeddings.LayerNorm.bias[f]
word[v f] = embeddings.word_embeddings.weight[v f]
place[p f] = embeddings.position_embeddings.weight[p f]
kind[t f] = embeddings.token_type_embeddings.weight[t f]
X.G[f] = embeddings.LayerNorm.weight[f]
X.B[f] = embeddings.LayerNorm.bias[f]
"""
BERT_LAYER = """
input AT.attention.self.query.weight[r:(h*d) f] AT.attention.self.query.bias[r:(h*d)]
input AT.attention.self.key.weight[r:(h*d) f] AT.attention.self.key.bias[r:(h*d)]
input AT.attention.self.value.weight[r:(h*d) f] AT.attention.self.value.bias[r:(h*d)]
input AT.attention.output.dense.weight[f r:(h*d)] AT.attention.output.dense.bias[f]
input AT.attention.output.LayerNorm.weight[f] AT.attention.output.LayerNorm.bias[f]
input AT.intermediate.dense.weight[k f] AT.intermediate.dense.bias[k]
input AT.output.dense.weight[f k] AT.output.dense.bias[f]
input AT.output.LayerNorm.weight[f] AT.output.LayerNorm.bias[f]
TO.heads.WQ[f h d] = AT.attention.self.query.weight[(h d) f]
TO.heads.WK[f h d] = AT.attention.self.key.weight[(h d) f]
TO.heads.WV[f h d] = AT.attention.self.value.weight[(h d) f]
TO.heads.BQ[h d] = AT.attention.self.query.bias[(h d)]
TO.heads.BK[h d] = AT.attention.self.key.bias[(h d)]
TO.heads.BV[h d] = AT.attention.self.value.bias[(h d)]
TO.heads.WO[h d f] = AT.attention.output.dense.weight[f (h d)]
TO.heads.BO[f] = AT.attention.output.dense.bias[f]
TO.mixed.G[f] = AT.attention.output.LayerNorm.weight[f]
TO.mixed.B[f] = AT.attention.output.LayerNorm.bias[f]
TO.inner.W1[f k] = AT.intermediate.dense.weight[k f]
TO.inner.B1[k] = AT.intermediate.dense.bias[k]
TO.inner.W2[k f] = AT.output.dense.weight[f k]
TO.inner.B2[f] = AT.output.dense.bias[f]
TO.Y.G[f] = AT.output.LayerNorm.weight[f]
TO.Y.B[f] = AT.output.LayerNorm.bias[f]
"""
GPT2 = """
input transformer.wte.weight[v f] transformer.wpe.weight[p f]
input transformer.ln_f.weight[f] transformer.ln_f.bias[f]
word[v f] = transformer.wte.weight[v f]
place[p f] = transformer.wpe.weight[p f]
N.G[f] = transformer.ln_f.weight[f]
N.B[f] = transformer.ln_f.bias[f]
"""
GPT2_LAYER = """
input AT.attn.c_attn.weight[f r:(3*h*d)] AT.attn.c_attn.bias[r:(3*h*d)]
input AT.attn.c_proj.weight[r:(h*d) f] AT.attn.c_proj.bias[f]
input AT.mlp.c_fc.weight[f k] AT.mlp.c_fc.bias[k] AT.mlp.c_proj.weight[k f] AT.mlp.c_proj.bias[f]
input AT.ln_1.weight[f] AT.ln_1.bias[f] AT.ln_2.weight[f] AT.ln_2.bias[f]
TO.heads.WQ[f h d] = slice[c](AT.attn.c_attn.weight[f (c h d)], start=0, stop=1)[f c h d]
TO.heads.WK[f h d] = slice[c](AT.attn.c_attn.weight[f (c h d)], start=1, stop=2)[f c h d]
TO.heads.WV[f h d] = slice[c](AT.attn.c_attn.weight[f (c h d)], start=2, stop=3)[f c h d]
TO.heads.BQ[h d] = slice[c](AT.attn.c_attn.bias[(c h d)], start=0, stop=1)[c h d]
TO.heads.BK[h d] = slice[c](AT.attn.c_attn.bias[(c h d)], start=1, stop=2)[c h d]
TO.heads.BV[h d] = slice[c](AT.attn.c_attn.bias[(c h d)], start=2, stop=3)[c h d]
TO.heads.WO[h d f] = AT.attn.c_proj.weight[(h d) f]
TO.heads.BO[f] = AT.attn.c_proj.bias[f]
TO.first.G[f] = AT.ln_1.weight[f]
TO.first.B[f] = AT.ln_1.bias[f]
TO.second.G[f] = AT.ln_2.weight[f]
TO.second.B[f] = AT.ln_2.bias[f]
TO.inner.W1[f k] = AT.mlp.c_fc.weight[f k]
TO.inner.B1[k] = AT.mlp.c_fc.bias[k]
TO.inner.W2[k f] = AT.mlp.c_proj.weight[k f]
TO.inner.B2[f] = AT.mlp.c_proj.bias[f]
"""
POOLER = ("pooler.dense.weight", "pooler.dense.bias", "embeddings.position_ids")
"""What BERT keeps beside its encoder."""
TIED = ("lm_head.weight", ".attn.bias", ".attn.masked_bias")
"""What GPT-2 keeps twice: the embedding, and masks in older versions."""


def from_bert_model(config: object, state: Mapping[str, Tensor], pooled: bool = False) -> Loaded:
    """BertModel without its pooler, from config and state dict; DiagramError for other kinds."""
    settings = Settings(config)
    _require(settings, {"hidden_act": "gelu", "layer_norm_eps": 1e-12, "is_decoder": False})
    layers = settings.whole("num_hidden_layers")
    program = encoder(
        layers,
        settings.whole("hidden_size"),
        settings.whole("num_attention_heads"),
        settings.whole("intermediate_size"),
        settings.whole("vocab_size"),
        settings.whole("max_position_embeddings"),
        settings.whole("type_vocab_size"),
        pooled,
    )
    reading = BERT + _repeated(BERT_LAYER, "encoder.layer", layers)
    return load(program, reading, state, POOLER)


def from_gpt2_model(config: object, state: Mapping[str, Tensor]) -> Loaded:
    """GPT2LMHeadModel from its config and state dict; DiagramError for other kinds."""
    settings = Settings(config)
    plain = {"layer_norm_epsilon": 1e-5, "scale_attn_weights": True}
    _require(settings, {**plain, "scale_attn_by_inverse_layer_idx": False})
    said = settings.word("activation_function", "gelu_new")
    if said not in ("gelu", "gelu_new"):
        raise DiagramError(
            f"the config says activation_function {said!r}; gelu or gelu_new is read"
        )
    layers, f = settings.whole("n_layer"), settings.whole("n_embd")
    program = decoder(
        layers,
        f,
        settings.whole("n_head"),
        settings.whole("n_inner", 4 * f),
        settings.whole("vocab_size"),
        settings.whole("n_positions"),
        exact=said == "gelu",
    )
    return load(program, GPT2 + _repeated(GPT2_LAYER, "transformer.h", layers), state, TIED)


def minilm(pooled: bool = False) -> Loaded:
    """all-MiniLM-L6-v2 from its Python package; FileError where it is not installed.

    >>> loaded = minilm()
    >>> sum(weight.numel() for weight in loaded.weights.values())
    22565376
    """
    from models.pretrained.config import config_beside
    from models.pretrained.file import tensor_file
    from models.pretrained.packaged import MINILM

    file = tensor_file(MINILM.file)
    state = {name: file.tensor(name) for name in file.entries()}
    return from_bert_model(config_beside(file), state, pooled)


def _repeated(reading: str, at: str, layers: int) -> str:
    """The reading of each layer: `AT` is where its tensors lie, `TO` the path of its weights."""
    paths = [f"Y.{number}" for number in range(layers)] if layers > 1 else ["Y"]
    return "".join(
        reading.replace("AT.", f"{at}.{number}.").replace("TO.", f"{path}.")
        for number, path in enumerate(paths)
    )


def _require(settings: Settings, plain: Mapping[str, object]) -> None:
    """A DiagramError where the config tells of another computation than the program's."""
    for name, value in plain.items():
        said = settings.get(name, value)
        if said != value:
            raise DiagramError(f"the config says {name} {said!r}; only {value!r} is read")
