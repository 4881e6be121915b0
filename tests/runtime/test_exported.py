"""torch.export of every program: batch and lengths stay free, values are those of the module."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from diagram import DiagramError, SizeError, compile, parse
from diagram.runtime import DiagramModule
from diagram.runtime.exported import exported_program, free_axes
from diagram.runtime.samples import free_dims, random_inputs, small_sizes
from tests.runtime.collected import PROGRAMS, module_of
from tests.runtime.random_programs import Written, lengths, several

STRIDED = {
    "conv2d stride 2 pad 1 bias",
    "conv2d stride on one edge only",
    "group norm",
    "max pooling",
    "average pooling as a diagram",
    "ResNet block with down-sampling",
    "max-min (GroupSort 2)",
}
"""Those with lengths that follow from others: torch asks that they are not 1, for no reason."""


def several_values(result: object) -> list[Tensor]:
    return [x.detach() for x in (result if isinstance(result, tuple) else (result,))]


def same(found: object, expected: object) -> None:
    for one, other in zip(several_values(found), several_values(expected), strict=True):
        assert one.shape == other.shape
        if other.numel():
            assert (one - other).abs().max() <= 1e-5 * max(1.0, float(other.abs().max()))


def same_at_other_lengths(
    module: DiagramModule, check_guards: bool, count: int = 5, least: int = 1
) -> None:
    exported = exported_program(module)
    run = exported.module(check_guards=check_guards)
    draw = random.Random(0)
    for turn in range(count):
        spread = 6 if turn else 0
        sizes = small_sizes(module, {}, draw, least, spread)
        numbers = random_inputs(module, sizes, turn)
        same(run(*numbers), module(*numbers))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_at_other_lengths_than_traced(name: str):
    """Also where every length is 1."""
    same_at_other_lengths(module_of(name), check_guards=name not in STRIDED)


@settings(max_examples=15)
@given(several(), lengths())
def test_random_programs(written: Written, sizes: dict[str, int]):
    module = compile(parse(written.text), sizes).eval()
    same_at_other_lengths(module, check_guards=False, count=3)


def test_lengths_that_must_not_become_one_are_told():
    module = module_of("max pooling")
    exported = exported_program(module)
    numbers = random_inputs(module, dict.fromkeys(free_dims(module), 1), seed=0)
    with pytest.raises(AssertionError, match="Guard failed"):
        exported.module()(*numbers)
    same(exported.module(check_guards=False)(*numbers), module(*numbers))


def test_lengths_that_must_agree_are_checked():
    """Between inputs, and with the weights."""
    module = module_of("cross-attention")
    exported = exported_program(module)
    x, z = random_inputs(module, {"b": 3, "n": 4, "m": 5}, seed=0)
    same(exported.module()(x, z), module(x, z))
    for wrong in ((x, z[:2]), (x[..., :-1], z)):
        with pytest.raises(AssertionError, match="Guard failed"):
            exported.module()(*wrong)


def test_examples_say_the_dtypes():
    module = compile(parse("input X[b n] M[n]\nY = softmax[n](mask(X, M))\nreturn Y"))
    x, keep = torch.randn(2, 3, dtype=torch.float16), torch.tensor([True, False, True])
    exported = exported_program(module, x, keep)
    same(exported.module()(x[:, :2], keep[:2]), module(x[:, :2], keep[:2]))
    shapes = [node.meta["val"] for node in exported.graph.nodes if node.op == "placeholder"]
    assert [value.dtype for value in shapes] == [torch.float16, torch.bool]


def test_examples_that_do_not_fit():
    module = module_of("multi-head")
    with pytest.raises(SizeError, match="axis 2 of X has length 4"):
        exported_program(module, torch.ones(2, 3, 4))
    with pytest.raises(DiagramError, match="2 inputs were given; the module takes X"):
        exported_program(module, torch.ones(2, 3, 5), torch.ones(2))


def test_a_length_of_one_in_the_examples_is_fixed():
    module = module_of("multi-head")
    with pytest.raises(
        DiagramError, match=r"^torch cannot export this program with any other `b`$"
    ):
        exported_program(module, torch.ones(1, 3, 12))


def test_training_and_evaluation():
    module = compile(parse("input X[b n]\nY = dropout(X, p=0.5)\nreturn Y"))
    x = torch.ones(20, 30)
    assert torch.equal(exported_program(module.eval()).module()(x), x)
    assert not torch.equal(exported_program(module.train()).module()(x), x)


def test_parameters_keep_their_names_and_are_those_of_the_module():
    module = module_of("6 layers, weights of their own")
    exported = exported_program(module)
    assert list(exported.state_dict) == list(module.state_dict())
    (x,) = random_inputs(module, {"b": 2, "n": 3}, seed=0)
    before = module(x)
    same(exported.module()(x), before)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # inside torch, when it reads
def test_saved_and_loaded(tmp_path: Path):
    module = module_of("lossless")
    torch.export.save(exported_program(module), tmp_path / "lossless.pt2")
    loaded = torch.export.load(tmp_path / "lossless.pt2")
    (x,) = random_inputs(module, {"b": 1, "n": 7}, seed=0)
    same(loaded.module()(x), module(x))


def test_free_axes_are_those_that_are_told():
    program = parse(
        "dims k=3\ninput X[b e:(2*k) m:(2*n)] U[n k]\nweight W[k]\n"
        "Y[b m] = X[b e m] W[k] U[n k]\nreturn Y"
    )
    module = compile(program)
    assert free_axes(module) == [{0: "b", 2: "2*n"}, {0: "n"}]
    same_at_other_lengths(module, check_guards=True, least=2)
    with pytest.raises(AssertionError, match="Guard failed"):
        exported_program(module).module()(torch.ones(2, 6, 7), torch.ones(3, 3))


def test_a_module_proves_its_export():
    module = module_of("grouped-query")
    assert module.verify(exported_program(module).module()).values < 1e-5
