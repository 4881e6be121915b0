"""Every op as an equation that runs is the op."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diagram import parse, show
from tests.notation.running import (
    close,
    interpreted,
    run_numpy,
)

OPS = {
    **{
        op: f"Y = {op}(X)"
        for op in ("relu", "gelu", "silu", "elu", "softplus", "tanh", "sigmoid", "exp", "square")
    },
    **{op: f"Y = {op}(X)" for op in ("recip", "cos", "sin")},
    "log": "Y = log(square(X))",
    "sqrt": "Y = sqrt(square(X))",
    "softmax": "Y = softmax[m](X)",
    "log_softmax": "Y = log_softmax[n](X)",
    "cumsum": "Y = cumsum[m](X)",
    "sort": "Y = sort[n](X, descending=1)",
    "layer_norm": "Y = layer_norm[n m](X)",
    "rms_norm": "Y = rms_norm[m](X, eps=0.01)",
    "unit": "Y = unit[b m](X)",
    "causal": "Y = causal[n m](X, window=2, shift=1)",
    "masked whole": "Y = softmax[m](causal[n m](X, window=1, shift=2))",
    "mask": "Y = mask(X, M)",
    "dropout": "Y = dropout(X, p=0.5)",
    "max": "Y[b] = max[n m](X)",
    "min": "Y[b m] = min[n](X)",
    "mean": "Y[m] = mean[b n](X)",
    "one_hot": "Y[b m] = one_hot[v](T)[b v] E[v m]",
    "concat": "Y[b n m] = concat[n](X, X[b n m])",
    "slice": "Y = slice[m](X, start=1, stop=3)",
    "max_pool": "Y = max_pool[n m](X, size=2, stride=1, pad=1)",
    "sum": "Y[b n m] = X - M[n m] + M[n m]",
    "number": "Y[b] = X[b n m] * n / sqrt(m)",
    "constants": "Y[b k] = X[b n m] keep[k] I[n k] row[m]",
}
HEAD = (
    "input X[b n m] M[n m]\nindex T[b] of v\nweight E[v m]\nconst keep[k:2] = (1 0)\n"
    "const I[n k:2] = eye\nconst row[m] = range\n"
)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("notation", ["einsum", "loops"])
def test_ops(name: str, notation: str):
    program = parse(f"{HEAD}{OPS[name]}\nreturn Y")
    random = np.random.default_rng(1)
    values: dict[str, Any] = {
        "X": random.standard_normal((2, 3, 4)),
        "M": np.array([[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 0]]) * 1.0,
        "T": np.array([1, 4]),
        "E": random.standard_normal((5, 4)),
    }
    expected = interpreted(program, values, {})
    found = run_numpy(program, show(program, notation, v=5), {**expected, **values})
    for let, value in found.items():
        close(value, expected[let], let)
