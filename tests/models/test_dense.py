"""Keras' EinsumDense: shapes, counts and numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from diagram import DiagramError, compile, interpret, parameters, parse, types
from models.dense import einsum_dense

DATA = Path(__file__).parent.parent / "data"
CASES: list[dict[str, Any]] = json.loads(
    (DATA / "keras_einsum_dense.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["testcase_name"]))
def test_stored_case(case: dict[str, Any]):
    program = einsum_dense(
        case["equation"], case["input_shape"], case["output_shape"], case["bias_axes"] or ""
    )
    assert parse(str(program)) == program
    legs = types(program)
    shapes = {
        name: [leg.size.value(program.defaults) for leg in legs[name]]
        for name in [*program.source, "Y"]
    }
    assert shapes["X"] == case["input_shape"]
    assert shapes["kernel"] == case["expected_kernel_shape"]
    assert shapes.get("bias") == case["expected_bias_shape"]
    assert shapes["Y"] == case["expected_output_shape"]
    assert parameters(program).number == case["expected_params"]

    module = compile(program).double()
    held = {name: list(value.shape) for name, value in module.named_parameters()}
    assert held == {name: shapes[name] for name in shapes if name in ("kernel", "bias")}
    values: dict[str, Any] = {
        name: torch.randn(*shapes[name], dtype=torch.float64) for name in held
    }
    x = torch.randn(*shapes["X"], dtype=torch.float64)
    expected = np.einsum(case["equation"], x.numpy(), values["kernel"].numpy())
    if "bias" in values:
        expected = expected + values["bias"].numpy()
    module.load_state_dict(values)
    np.testing.assert_allclose(module(x).detach().numpy(), expected, rtol=1e-12, atol=1e-12)
    interpreted = interpret(program, x, **values)["Y"]
    np.testing.assert_allclose(interpreted.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ab->a", (2, 3), ()), 'ab->a: a dense layer is written "input,kernel->output"'),
        (("ab,bc", (2, 3), 4), 'ab,bc: a dense layer is written "input,kernel->output"'),
        (("ab,bz->a", (2, 3), ()), "ab,bz->a: `z` of the kernel has no length"),
        (("ab,bc->ac", (2, 3), (2, 4)), "the output shape (2, 4) should say the lengths of `c`"),
        (("ab,bc->abc", (2, 3), (4, 5)), "`b` is 3 in the input, 4 in the output"),
        (("ab,bc->ac", (2, 3), 4, "b"), "a bias along `b`, which the output lacks"),
    ],
)
def test_refused(arguments: tuple[Any, ...], message: str):
    with pytest.raises(DiagramError) as caught:
        einsum_dense(*arguments)
    assert str(caught.value) == message
