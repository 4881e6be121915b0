"""torch.nn.MultiheadAttention in all its options against our programs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from diagram import DiagramError, interpret, parameters
from models import wild
from models.wild.multihead import Masked, Variant, from_torch

H, F = 3, 12
run: Callable[..., Mapping[str, Tensor]] = interpret
OPTIONS = list(itertools.product((False, True), repeat=5))
"""bias, add_bias_kv, add_zero_attn, batch_first, and widths of keys and values of their own."""
CALLS = [
    Variant(),
    Variant(causal=True, maps="mean"),
    Variant(keys=Masked.SEEN),
    Variant(keys=Masked.ADDED, maps="heads"),
    Variant(pairs=Masked.SEEN, maps="mean"),
    Variant(pairs=Masked.ADDED),
    Variant(pairs=Masked.SEEN, by_head=True),
    Variant(pairs=Masked.ADDED, by_head=True, maps="heads"),
    Variant(keys=Masked.SEEN, pairs=Masked.SEEN, maps="heads"),
    Variant(keys=Masked.ADDED, pairs=Masked.ADDED, by_head=True, maps="mean"),
    Variant(keys=Masked.SEEN, causal=True),
]


def drawn(bias: bool, extra: bool, zero: bool, first: bool, apart: bool) -> nn.MultiheadAttention:
    widths = {"kdim": 7, "vdim": 9} if apart else {}
    module = nn.MultiheadAttention(
        F, H, bias=bias, add_bias_kv=extra, add_zero_attn=zero, batch_first=first, **widths
    )
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.5)
    return module.double().eval()


def seen(*shape: int) -> Tensor:
    """Which keys are seen; the first always is."""
    found = torch.rand(shape) < 0.6
    found[..., 0] = True
    return found


def masks(of: Variant, b: int, n: int, m: int) -> tuple[list[Tensor], dict[str, Tensor | bool]]:
    """The masks as our program takes them, and as torch does."""
    ours: list[Tensor] = []
    theirs: dict[str, Tensor | bool] = {}
    shapes = ((of.keys, (b, m)), (of.pairs, (b * H, n, m) if of.by_head else (n, m)))
    for (kind, shape), name in zip(shapes, ("key_padding_mask", "attn_mask"), strict=True):
        if kind is Masked.SEEN:
            keep = seen(*shape)
            # A mask that is read through a bundle is taken as numbers.
            ours.append(keep.double() if len(shape) == 3 else keep)
            theirs[name] = ~keep
        elif kind is Masked.ADDED:
            ours.append(torch.randn(shape).double())
            theirs[name] = ours[-1]
    if of.causal:
        theirs |= {"attn_mask": torch.ones(n, m).triu(1).bool(), "is_causal": True}
    return ours, theirs


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "".join(str(int(x)) for x in o))
def test_every_option_of_the_module(options: tuple[bool, bool, bool, bool, bool]):
    *_, zero, first, apart = options
    number = OPTIONS.index(options)
    torch.manual_seed(number)
    module = drawn(*options)
    # Each module meets four of the ways to call it; all meet every way.
    for call in (CALLS[(number * 4 + i) % len(CALLS)] for i in range(4)):
        of = replace(call, zero=zero, batch_first=first)
        b, n, m = (random.Random(number).randint(1, 5) for _ in range(3))
        e, v = (7, 9) if apart else (F, F)
        given = [torch.randn(b, k, w).double() for k, w in ((n, F), (m, e), (m, v))]
        given = given if first else [x.transpose(0, 1) for x in given]
        ours, theirs = masks(of, b, n, m)
        mean = of.maps == "mean"
        maps = {"need_weights": bool(of.maps), "average_attn_weights": mean}
        expected = module(*given, **maps, **theirs)
        agree(from_torch(H, module.state_dict(), of), module, [*given, *ours], expected)


def agree(
    loaded: wild.Loaded,
    module: nn.Module,
    given: list[Tensor],
    expected: tuple[Tensor, Tensor | None],
) -> None:
    """Interpreted and compiled values agree, and so do the numbers of parameters."""
    values = run(loaded.program, *given, **loaded.weights)
    found = loaded.module()(*given)
    found = found if isinstance(found, tuple) else (found,)
    named = tuple(values[name] for name in loaded.program.outputs)
    for results in (found, named):
        for ours, theirs in zip(results, expected, strict=False):
            assert theirs is not None
            assert ours.shape == theirs.shape
            assert (ours - theirs).abs().max() <= 1e-12
    assert parameters(loaded.program).number == sum(p.numel() for p in module.parameters())


def test_a_query_that_sees_no_key_gives_the_bias_of_the_output():
    """Torch gives NaN there when it is asked for the weights, and the bias when it is not."""
    torch.manual_seed(0)
    module = drawn(True, False, False, True, False)
    x = torch.randn(2, 4, F).double()
    keep = torch.tensor([[True] * 4, [False] * 4])
    loaded = wild.read(module, padding=True)
    expected, _ = module(x, x, x, key_padding_mask=~keep, need_weights=True)
    assert expected[1].isnan().all()
    expected[1] = module.out_proj.bias
    found = loaded.module()(x, x, x, keep)
    assert (found - expected).abs().max() <= 1e-12
    assert (run(loaded.program, x, x, x, keep, **loaded.weights)["Y"] - found).abs().max() <= 1e-12
    added = from_torch(H, module.state_dict(), Variant(keys=Masked.ADDED))
    least = torch.zeros(2, 4).double().masked_fill(~keep, float("-inf"))
    assert (added.module()(x, x, x, least) - expected).abs().max() <= 1e-12


def test_the_first_dim_may_be_the_length():
    module = nn.MultiheadAttention(F, H)
    assert wild.read(module).program.sources[0].legs[0].name == "n"


@pytest.mark.parametrize(
    ("heads", "state", "message"),
    [
        (3, {}, "the state dict lacks `out_proj.weight`"),
        (5, {"out_proj.weight": (6, 6)}, "5 heads do not divide the 6 features"),
        (2, {"out_proj.weight": (6,)}, "`out_proj.weight` of the state dict has 1 legs, not 2"),
        (
            2,
            {"out_proj.weight": (6, 6), "in_proj_weight": (18, 6), "in_proj_bias": (18,)},
            "it lacks `out_proj.bias`",
        ),
    ],
)
def test_faults(heads: int, state: dict[str, tuple[int, ...]], message: str):
    with pytest.raises(DiagramError) as found:
        from_torch(heads, {name: torch.zeros(shape) for name, shape in state.items()})
    assert str(found.value).startswith(message)


def test_maps_are_of_two_kinds():
    with pytest.raises(DiagramError, match=r"maps are the `mean` over the heads or of all"):
        Variant(maps="all")
