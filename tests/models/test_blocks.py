"""Whole models: MiniLM and random BERT and GPT-2 of transformers; the same blocks from Python."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import pytest
import torch
from torch import Tensor

from diagram import DiagramError, Program, from_json, interpret, parameters, parse, to_json
from diagram import warnings as told
from models import blocks, built
from models.pretrained import MINILM
from models.wild import whole

run: Callable[..., Mapping[str, Tensor]] = interpret
SENTENCES = (
    "A cat sat on the mat.",
    "Tensors are drawn as nodes with legs, and what is summed is an edge between two of them.",
    "No.",
)


def transformers() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("transformers")


def drawn(module: Any) -> Any:
    """The module in float64 with random numbers in every parameter."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return module.double().eval()


def minilm() -> Any:
    return transformers().BertModel.from_pretrained(MINILM.file.parent).eval()


def tokens() -> tuple[Tensor, Tensor, Tensor]:
    """Tokens, kinds and mask of the sentences, padded to the longest."""
    read = transformers().AutoTokenizer.from_pretrained(MINILM.file.parent)
    found = read(list(SENTENCES), padding=True, return_tensors="pt")
    return found["input_ids"], found["token_type_ids"], found["attention_mask"]


@torch.no_grad()
def test_minilm_agrees_with_transformers():
    given, loaded = tokens(), whole.minilm()
    words = given[2].bool()
    module = minilm()
    expected = module(given[0], given[2], given[1]).last_hidden_state
    exact = module.double()(given[0], given[2], given[1]).last_hidden_state
    compiled = loaded.module()
    for found in (run(loaded.program, *given, **loaded.weights)["Y"], compiled(*given)):
        assert found.dtype == torch.float32
        # Where there is no token, float32 is 6e-5 away from float64 in transformers too.
        assert (found - expected)[words].abs().max() <= 1e-5
    assert (compiled.double()(*given) - exact).abs().max() <= 1e-11
    pooled = sum(p.numel() for p in module.pooler.parameters())
    assert parameters(loaded.program).number == sum(p.numel() for p in module.parameters()) - pooled


@torch.no_grad()
def test_what_minilm_says_of_a_sentence():
    given = tokens()
    states = minilm()(given[0], given[2], given[1]).last_hidden_state
    total = (states * given[2][..., None]).sum(1)
    expected = torch.nn.functional.normalize(total / given[2].sum(1, keepdim=True))
    loaded = whole.minilm(pooled=True)
    given = (given[0], given[1], given[2].float())
    assert (loaded.module()(*given) - expected).abs().max() <= 1e-6
    assert (run(loaded.program, *given, **loaded.weights)["Z"] - expected).abs().max() <= 1e-6


@pytest.mark.parametrize(
    ("layers", "h", "d", "k", "t"), [(1, 1, 4, 3, 1), (2, 3, 2, 12, 2), (3, 2, 5, 7, 3)]
)
@torch.no_grad()
def test_bert_of_any_size(layers: int, h: int, d: int, k: int, t: int):
    torch.manual_seed(layers)
    config = transformers().BertConfig(
        num_hidden_layers=layers,
        hidden_size=h * d,
        num_attention_heads=h,
        intermediate_size=k,
        vocab_size=30,
        max_position_embeddings=9,
        type_vocab_size=t,
    )
    module = drawn(transformers().BertModel(config, add_pooling_layer=False))
    loaded = whole.from_bert_model(config, module.state_dict())
    shape = (2, 4 + layers)
    given = torch.randint(30, shape), torch.randint(t, shape), torch.rand(shape) < 0.7
    given[2][:, 0] = True
    expected = module(given[0], given[2], given[1]).last_hidden_state
    agree(loaded.program, loaded.weights, given, expected)
    assert (loaded.module()(*given) - expected).abs().max() <= 1e-10
    assert parameters(loaded.program).number == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("activation", ["gelu", "gelu_new"])
@pytest.mark.parametrize(
    ("layers", "h", "d", "inner"), [(1, 1, 4, None), (2, 3, 2, 5), (4, 2, 5, None)]
)
@torch.no_grad()
def test_gpt2_of_any_size(layers: int, h: int, d: int, inner: int | None, activation: str):
    torch.manual_seed(layers)
    config = transformers().GPT2Config(
        n_layer=layers,
        n_embd=h * d,
        n_head=h,
        n_inner=inner,
        vocab_size=30,
        n_positions=9,
        activation_function=activation,
        bos_token_id=0,
        eos_token_id=0,
    )
    module = drawn(transformers().GPT2LMHeadModel(config))
    loaded = whole.from_gpt2_model(config, module.state_dict())
    given = (torch.randint(30, (2, 4 + layers)),)
    expected = module(*given).logits
    agree(loaded.program, loaded.weights, given, expected)
    assert (loaded.module()(*given) - expected).abs().max() <= 1e-10
    assert parameters(loaded.program).number == sum(p.numel() for p in module.parameters())


def agree(
    program: Program, weights: Mapping[str, Tensor], given: tuple[Tensor, ...], expected: Tensor
) -> None:
    found = run(program, *given, **weights)[program.outputs[0]]
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= 1e-10


def test_a_text_longer_than_the_positions_is_refused():
    module = whole.minilm().module()
    long = torch.zeros(1, 513, dtype=torch.long)
    with pytest.raises((DiagramError, ValueError), match="513"):
        module(long, long, torch.ones(1, 513))


SIZES = {"f": 12, "h": 3, "d": 4, "k": 20, "v": 30, "p": 9}


def test_what_is_built_from_python_equals_the_text():
    assert built.encoder(2, **SIZES, t=2) == blocks.encoder(2, 12, 3, 20, 30, 9, 2)
    assert built.decoder(2, **SIZES) == blocks.decoder(2, 12, 3, 20, 30, 9, exact=True)


@pytest.mark.parametrize(
    "program",
    [
        blocks.encoder(),
        blocks.encoder(pooled=True),
        blocks.encoder(layers=1),
        blocks.decoder(),
        blocks.decoder(exact=True),
    ],
)
def test_texts_and_documents_are_read_back(program: Program):
    assert parse(str(program)) == program
    assert from_json(to_json(program)) == program
    assert not told(program)


@pytest.mark.parametrize(
    ("read", "config", "message"),
    [
        (
            whole.from_bert_model,
            {"hidden_act": "relu"},
            "the config says hidden_act 'relu'; only 'gelu' is read",
        ),
        (
            whole.from_gpt2_model,
            {"activation_function": "relu"},
            "the config says activation_function 'relu'; gelu or gelu_new is read",
        ),
        (
            whole.from_gpt2_model,
            {},
            "the config says n_layer None; a whole number is wanted",
        ),
    ],
)
def test_other_kinds_of_model_are_refused(read: Any, config: dict[str, object], message: str):
    with pytest.raises(DiagramError) as found:
        read(config, {})
    assert str(found.value) == message


def test_all_that_lacks_is_told():
    sizes = {"hidden_size": 4, "num_attention_heads": 2, "intermediate_size": 3, "vocab_size": 5}
    more = {"num_hidden_layers": 2, "max_position_embeddings": 6, "type_vocab_size": 1}
    with pytest.raises(DiagramError) as found:
        whole.from_bert_model({**sizes, **more}, {})
    assert len(found.value.faults) == 5 + 2 * 16
