"""Attention of transformers against our programs: values, parameter counts, masks, faults."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from diagram import DiagramError, from_json, interpret, parameters, parse, to_json
from diagram import warnings as told
from diagram.language.core import Kind
from models import BLOCKS, WILD, ZOO, wild
from models.wild import bert, deepseek, gpt2, lines, llama, t5
from models.wild.rope import PLAIN, Rotation, rotary


def modeling(name: str) -> Any:
    """The file of transformers with the modules of a family."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(f"transformers.models.{name}.modeling_{name}")


SEEDS = range(10)
EXACT, SINGLE = 1e-12, 1e-6
"""In float64; where transformers computes positions or softmax in float32."""


run: Callable[..., Mapping[str, Tensor]] = interpret


def drawn(kind: Any, config: Any, seed: int, *arguments: Any) -> Any:
    """A module of float64 with random numbers in every parameter, gains and biases too."""
    torch.manual_seed(seed)
    config._attn_implementation = "eager"
    module: nn.Module = kind(config, *arguments).double().eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)
    return module


def sample(seed: int, features: int) -> Tensor:
    chosen = random.Random(seed)
    shape = (chosen.randint(1, 3), chosen.randint(1, 9), features)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


def hidden(seen: Tensor) -> Tensor:
    """The mask of transformers: 0 where a key is seen, the least number elsewhere."""
    return torch.zeros(seen.shape).double().masked_fill(~seen, torch.finfo(torch.float64).min)


def earlier(x: Tensor, window: int | None = None) -> Tensor:
    n = torch.arange(x.shape[1])
    away = n[:, None] - n[None, :]
    return (away >= 0) & (away < (window or len(n)))


def agree(
    loaded: wild.Loaded,
    module: nn.Module,
    given: tuple[Tensor, ...],
    expected: Any,
    tolerance: float,
) -> None:
    """Interpreted and compiled values agree, and so do the numbers of parameters."""
    with torch.no_grad():
        ours = run(loaded.program, *given, **loaded.weights)[loaded.program.outputs[0]]
        compiled = loaded.module()
        theirs = expected[0] if isinstance(expected, tuple) else expected
        for found in (ours, compiled(*given)):
            assert found.shape == theirs.shape
            assert (found - theirs).abs().max() <= tolerance
    count = sum(p.numel() for p in module.parameters())
    assert parameters(loaded.program).number == count
    assert sum(p.numel() for p in compiled.parameters()) == count


@pytest.mark.parametrize("seed", SEEDS)
def test_bert(seed: int):
    h, d = random.Random(seed).choice([(1, 6), (2, 3), (3, 4), (4, 1), (5, 8)])
    config = modeling("bert").BertConfig(hidden_size=h * d, num_attention_heads=h)
    module = drawn(modeling("bert").BertSelfAttention, config, seed)
    x = sample(seed, h * d)
    agree(wild.read(module), module, (x,), module(x), EXACT)
    seen = torch.rand(x.shape[:2], generator=torch.Generator().manual_seed(seed)) < 0.6
    seen[:, 0] = True
    expected = module(x, attention_mask=hidden(seen)[:, None, None])
    agree(wild.read(module, padding=True), module, (x, seen), expected, EXACT)


def test_version_4_of_vit_is_bert_with_or_without_biases():
    linear = nn.Linear(6, 6).double()
    state = {f"{part}.weight": linear.weight for part in ("query", "key", "value")}
    config = {"hidden_size": 6, "num_attention_heads": 2}
    loaded = bert.from_bert(config, state)
    assert [s.name for s in loaded.program.sources] == ["X", "WQ", "WK", "WV"]
    assert torch.equal(loaded.weights["WK"], linear.weight.T.reshape(6, 2, 3))


@pytest.mark.parametrize("seed", SEEDS)
def test_vit(seed: int):
    h, d = random.Random(seed).choice([(1, 6), (2, 3), (3, 4), (5, 8)])
    config = modeling("vit").ViTConfig(
        hidden_size=h * d, num_attention_heads=h, qkv_bias=seed % 2 == 0
    )
    module = drawn(modeling("vit").ViTAttention, config, seed)
    x = sample(seed, h * d)
    agree(wild.read(module), module, (x,), module(x), SINGLE)


@pytest.mark.parametrize("seed", SEEDS)
def test_gpt2(seed: int):
    chosen = random.Random(seed)
    h, d = chosen.choice([(1, 6), (2, 3), (3, 4), (5, 8)])
    config = modeling("gpt2").GPT2Config(
        hidden_size=h * d,
        num_attention_heads=h,
        scale_attn_weights=chosen.random() < 0.5,
        scale_attn_by_inverse_layer_idx=chosen.random() < 0.5,
    )
    module = drawn(modeling("gpt2").GPT2Attention, config, seed, False, chosen.randrange(4))
    x = sample(seed, h * d)
    expected = module(x, attention_mask=hidden(earlier(x)))
    agree(wild.read(module), module, (x,), expected, EXACT)


FAMILIES: dict[str, dict[str, tuple[Any, ...]]] = {
    "Llama": {"attention_bias": (False, True)},
    "Mistral": {"sliding_window": (None, 1, 2, 3)},
    "Qwen2": {
        "use_sliding_window": (False, True),
        "sliding_window": (2, 3),
        "max_window_layers": (0, 1),
    },
    "Qwen3": {"attention_bias": (False, True), "rms_norm_eps": (1e-6, 1e-3)},
    "Gemma2": {
        "attn_logit_softcapping": (None, 0.5, 50.0),
        "sliding_window": (2, 3),
        "query_pre_attn_scalar": (5, 256),
    },
}
"""The options of each that are drawn."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_llama_and_its_relatives(family: str, seed: int):
    its = modeling(family.lower())
    chosen = random.Random(seed)
    config = getattr(its, f"{family}Config")(
        hidden_size=chosen.choice([8, 12]),
        num_attention_heads=4,
        num_key_value_heads=(4, 2, 1)[seed % 3],
        head_dim=chosen.choice([2, 6]),
        num_hidden_layers=4,
        rope_parameters={"rope_type": "default", "rope_theta": chosen.choice([100.0, 10000.0])},
        **{name: chosen.choice(values) for name, values in FAMILIES[family].items()},
    )
    module = drawn(getattr(its, f"{family}Attention"), config, seed, chosen.randrange(4))
    x = sample(seed, config.hidden_size)
    rotation = getattr(its, f"{family}RotaryEmbedding")(config)
    positions = rotation(x, torch.arange(x.shape[1])[None])
    window = (
        config.sliding_window if family == "Mistral" else getattr(module, "sliding_window", None)
    )
    seen = earlier(x, window)[None, None]
    expected = module(x, position_embeddings=positions, attention_mask=hidden(seen))
    agree(wild.read(module), module, (x,), expected, SINGLE)
    keys = torch.rand(x.shape[:2], generator=torch.Generator().manual_seed(seed)) < 0.6
    row = (seen & keys[:, None, None]).any(-1)[:, 0]
    expected = module(
        x, position_embeddings=positions, attention_mask=hidden(seen & keys[:, None, None])
    )[0]
    loaded = wild.read(module, padding=True)
    bias = loaded.weights.get("BO", torch.zeros(x.shape[2]).double())
    expected = torch.where(row[..., None], expected, bias)
    agree(loaded, module, (x, keys), expected, SINGLE)


@pytest.mark.parametrize("layer", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_t5(seed: int, layer: bool):
    chosen = random.Random(seed)
    config = modeling("t5").T5Config(
        d_model=chosen.choice([6, 10]),
        d_kv=chosen.choice([3, 4]),
        num_heads=chosen.choice([1, 2, 3]),
        relative_attention_num_buckets=(count := chosen.choice([4, 8, 32])),
        relative_attention_max_distance=(furthest := chosen.choice([20, 128])),
        is_decoder=(causal := chosen.random() < 0.5),
    )
    relative = chosen.random() < 0.7
    kind = modeling("t5").T5LayerSelfAttention if layer else modeling("t5").T5Attention
    module = drawn(kind, config, seed, relative, 0)
    x = sample(seed, config.d_model)
    mask = hidden(earlier(x)[None, None]) if causal else None
    expected = module(x, **{"attention_mask" if layer else "mask": mask})
    found = torch.from_numpy(t5.buckets(x.shape[1], count, furthest, causal))
    given = (x, found) if relative else (x,)
    agree(wild.read(module), module, given, expected, SINGLE if layer else EXACT)


@pytest.mark.parametrize("layer", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_t5_with_padding(causal: bool, layer: bool):
    config = modeling("t5").T5Config(d_model=6, d_kv=3, num_heads=2, is_decoder=causal)
    kind = modeling("t5").T5LayerSelfAttention if layer else modeling("t5").T5Attention
    module = drawn(kind, config, 0, True, 0)
    x, keys = torch.randn(2, 5, 6).double(), torch.tensor([[1, 1, 0, 1, 0], [0, 0, 1, 1, 1]])
    seen = keys.bool()[:, None, None] & (earlier(x) if causal else torch.ones(5, 5).bool())
    found = module(x, **{"attention_mask" if layer else "mask": hidden(seen)})[0]
    # The first two queries of the second text see no key, where earlier ones only are seen.
    expected = torch.where(seen.any(-1)[:, 0, :, None], found, x if layer else 0.0)
    given = (x, torch.from_numpy(t5.buckets(5, causal=causal)), keys)
    loaded = wild.read(module, padding=True)
    agree(loaded, module, given, expected, SINGLE if layer else EXACT)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("count", "furthest"), [(32, 128), (8, 20), (16, 100), (32, 64), (4, 16)])
def test_buckets_of_t5(count: int, furthest: int, causal: bool):
    n = torch.arange(300)
    away = n[None, :] - n[:, None]
    expected = modeling("t5").T5Attention._relative_position_bucket(
        away, not causal, count, furthest
    )
    assert t5.buckets(300, count, furthest, causal).tolist() == expected.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_deepseek(seed: int):
    chosen = random.Random(seed)
    h = chosen.choice([1, 2, 4])
    config = modeling("deepseek_v3").DeepseekV3Config(
        hidden_size=chosen.choice([8, 12]),
        num_attention_heads=h,
        num_key_value_heads=h,
        q_lora_rank=(None, 5)[seed % 2],
        kv_lora_rank=chosen.choice([3, 7]),
        qk_nope_head_dim=chosen.choice([2, 3]),
        qk_rope_head_dim=chosen.choice([2, 4]),
        v_head_dim=chosen.choice([3, 5]),
        attention_bias=chosen.random() < 0.5,
        rope_interleave=chosen.random() < 0.5,
    )
    module = drawn(modeling("deepseek_v3").DeepseekV3Attention, config, seed, 0)
    x = sample(seed, config.hidden_size)
    rotation = modeling("deepseek_v3").DeepseekV3RotaryEmbedding(config)
    positions = rotation(x, torch.arange(x.shape[1])[None])
    expected = module(
        x, position_embeddings=positions, attention_mask=hidden(earlier(x)[None, None])
    )
    agree(wild.read(module), module, (x,), expected, SINGLE)


STRETCHED: list[dict[str, Any]] = [
    {"rope_type": "linear", "factor": 4.0},
    {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
    {"rope_type": "yarn", "factor": 4.0},
    {"rope_type": "yarn", "factor": 40.0, "mscale": 1.0, "mscale_all_dim": 0.7, "beta_fast": 8},
    {"rope_type": "yarn", "factor": 3.0, "attention_factor": 0.8, "truncate": False},
]


@pytest.mark.parametrize("kind", ["llama", "deepseek_v3"])
@pytest.mark.parametrize("rope", STRETCHED, ids=lambda rope: rope["rope_type"])
def test_stretched_positions(kind: str, rope: dict[str, Any]):
    its, name = modeling(kind), {"llama": "Llama", "deepseek_v3": "DeepseekV3"}[kind]
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 12}
    latent = {"qk_rope_head_dim": 12, "qk_nope_head_dim": 3, "kv_lora_rank": 4, "q_lora_rank": 5}
    config = getattr(its, f"{name}Config")(
        hidden_size=8,
        rope_parameters={"rope_theta": 100.0, "original_max_position_embeddings": 64, **rope},
        **{**heads, **(latent if kind == "deepseek_v3" else {})},
    )
    module = drawn(getattr(its, f"{name}Attention"), config, 1, 0)
    x = torch.randn(2, 9, 8).double()
    positions = getattr(its, f"{name}RotaryEmbedding")(config)(x, torch.arange(9)[None])
    expected = module(
        x, position_embeddings=positions, attention_mask=hidden(earlier(x)[None, None])
    )
    agree(wild.read(module), module, (x,), expected, SINGLE)


@pytest.mark.parametrize("h", [1, 2, 3, 4, 6, 7, 8])
def test_bloom(h: int):
    config = modeling("bloom").BloomConfig(hidden_size=4 * h, n_head=h)
    module = drawn(modeling("bloom").BloomAttention, config, h, 0)
    x = sample(h, 4 * h)
    alibi = modeling("bloom").build_alibi_tensor(torch.ones(x.shape[:2]), h, torch.float64)
    mask = hidden(earlier(x)[None, None])
    expected = module(x, torch.zeros_like(x), alibi, mask)
    agree(wild.read(module), module, (x,), expected, SINGLE)


def masked(loaded: wild.Loaded) -> Tensor:
    """What a compiled program of one sentence says where no key is seen."""
    x = sample(3, loaded.program.defaults["f"])
    seen = torch.zeros(x.shape[:2], dtype=torch.bool)
    given = (x, seen)
    ours = run(loaded.program, *given, **loaded.weights)["Y"]
    theirs = loaded.module()(*given)
    assert torch.equal(ours, theirs)
    return ours


def test_where_no_key_is_seen_attention_is_zero():
    """Transformers takes the average of all values there; the output's bias is added as ever."""
    bert_config = modeling("bert").BertConfig(hidden_size=6, num_attention_heads=2)
    module = drawn(modeling("bert").BertSelfAttention, bert_config, 0)
    assert not masked(wild.read(module, padding=True)).any()
    theirs = module(torch.ones(1, 3, 6).double(), attention_mask=hidden(torch.zeros(3).bool()))[0]
    assert theirs.any()
    gpt2_config = modeling("gpt2").GPT2Config(hidden_size=6, num_attention_heads=2)
    loaded = wild.read(drawn(modeling("gpt2").GPT2Attention, gpt2_config, 0), padding=True)
    found = masked(loaded)
    assert torch.equal(found, loaded.weights["BO"].expand_as(found))
    latent = deepseek.Sizes(8, 2, 4, 2, 3, 5, 6)
    program = deepseek.attention(latent, padding=True)
    weights = {
        s.name: torch.randn([leg.size.value(program.defaults) for leg in s.legs]).double()
        for s in program.sources
        if s.kind is Kind.WEIGHT
    }
    assert not masked(wild.Loaded(program, weights)).any()


def test_modules_without_a_padding_mask_say_so():
    config = modeling("vit").ViTConfig(hidden_size=4, num_attention_heads=2)
    with pytest.raises(DiagramError, match="ViTAttention is read without a padding mask"):
        wild.read(modeling("vit").ViTAttention(config), padding=True)


def test_rotations_of_both_pairings_turn_by_the_angle():
    turns = lines.program(
        "dims d=4", "input X[n d]", rotary("d", Rotation(100.0)), "return angle, R"
    )
    made = interpret(turns, torch.zeros(7, 4).double())
    positions = torch.arange(7).double()
    angle = torch.stack([positions, positions * 0.1], 1)
    assert (made["angle"] - angle).abs().max() < 1e-12
    pair = torch.stack([torch.cos(angle), torch.sin(angle), -torch.sin(angle), torch.cos(angle)], 2)
    assert (made["R"] - pair.reshape(7, 2, 2, 2)).abs().max() < 1e-12


BUILT = {
    **{name: example.program() for name, example in {**BLOCKS, **WILD}.items()},
    "bert, padded": bert.self_attention(8, 2, 4, padding=True),
    "gpt-2, padded": gpt2.attention(8, 2, 4, padding=True),
    "llama, all": llama.attention(
        8, 2, 2, 4, llama.Variant(PLAIN, True, True, 1e-6, 3, 50.0, 5.0, True)
    ),
    "t5, all": t5.attention(8, 2, 4, 6, t5.Variant(True, 1e-6, True, True)),
    "deepseek, all": deepseek.attention(deepseek.Sizes(8, 2, 4, 2, 3, 5), bias=True, padding=True),
}


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_is_read_back(name: str):
    assert parse(str(BUILT[name])) == BUILT[name]
    assert from_json(to_json(BUILT[name])) == BUILT[name]
    assert not told(BUILT[name])


@pytest.mark.parametrize("name", [*BLOCKS, *WILD])
def test_examples_say_what_they_are(name: str):
    example = {**BLOCKS, **WILD}[name]
    assert example.name == name
    assert example.summary.endswith((".", "`"))
    assert example.paper[-1] == ")" or example.paper[-1].isdigit()


@pytest.mark.parametrize("name", [*ZOO, *WILD])
def test_examples_are_built_with_other_dims(name: str):
    example = {**ZOO, **WILD}[name]
    dim = example.program().dims[0].name
    assert example.program(**{dim: 24}).defaults[dim] == 24


def test_faults_of_a_state_dict_are_told_at_once():
    state = {
        "query.weight": torch.zeros(6, 6),
        "key.weigth": torch.zeros(6, 6),
        "value.weight": torch.zeros(6, 6),
    }
    config = {"hidden_size": 6, "num_attention_heads": 2}
    with pytest.raises(DiagramError) as found:
        bert.from_bert(config, state)
    assert str(found.value) == (
        "2 problems with the state dict:\n"
        "  it lacks `key.weight`; did you mean `key.weigth`?\n"
        "  `key.weigth` is not read here: the program has no such weight"
    )
    state = {f"{part}.weight": torch.zeros(6, 5) for part in ("query", "key", "value")}
    with pytest.raises(DiagramError, match=r"leg `f` of query.weight has length 5, but 6 is"):
        bert.from_bert(config, state)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "the config says hidden_size None; a whole number is wanted"),
        (
            {"hidden_size": 6, "num_attention_heads": 4, "num_key_value_heads": 3},
            "3 key heads do not divide the 4 heads",
        ),
        (
            {
                "hidden_size": 8,
                "num_attention_heads": 4,
                "rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4},
            },
            "rotary positions of type `dynamic` are not read "
            "(known: default, linear, llama3, yarn)",
        ),
    ],
)
def test_faults_of_a_config(config: dict[str, Any], message: str):
    with pytest.raises(DiagramError) as found:
        llama.from_llama(config, {})
    assert str(found.value) == message
