"""Long kernels by Fourier transforms: what torch's convolution gives, where that is quicker."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

import diagram
from diagram.planner.rates import DEFAULT
from diagram.runtime.kernels import long_conv

LENGTHS = st.integers(1, 40)


@settings(max_examples=60)
@given(
    st.tuples(*[st.integers(1, 3)] * 4),
    st.tuples(LENGTHS, LENGTHS),
    st.integers(0, 3),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_it_is_torchs_convolution(
    sides: tuple[int, ...], lengths: tuple[int, int], padding: int, stride: int, dilation: int
):
    b, g, s, c = sides
    taps, more = lengths
    n = (taps - 1) * dilation + more
    x = torch.randn(b, g * s, n, dtype=torch.float64, requires_grad=True)
    w = torch.randn(g * c, s, taps, dtype=torch.float64, requires_grad=True)
    found = long_conv(x, w, (padding,), (stride,), (dilation,), g)
    expected = functional.conv1d(x, w, None, stride, padding, dilation, g)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-11 * taps * s)
    upstream = torch.randn_like(expected)
    ours = torch.autograd.grad(found, (x, w), upstream)
    theirs = torch.autograd.grad(expected, (x, w), upstream)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10 * n * g)


TEXT = """
input  X[b c n]
weight K[c k:{taps}]
Y[b c n] = X[b c n] K[c n] {rule} n ({options})
return Y
"""


def long(taps: int, rule: str = "corr", options: str = "pad=full") -> diagram.Program:
    text = TEXT.format(taps=taps, rule=rule, options=options)
    return diagram.parse(text.replace("K[c k:", "K[c n:"))


@pytest.mark.parametrize("rule", ["corr", "conv"])
@pytest.mark.parametrize(
    "options", ["pad=full", "pad=same", "pad=circular", "stride=3, pad=(7, 2)"]
)
def test_a_compiled_program_is_what_it_means(
    rule: str, options: str, monkeypatch: pytest.MonkeyPatch
):
    program = long(301, rule, options)
    slow = replace(DEFAULT, conv=1e9, depthwise=1e9)
    monkeypatch.setattr("diagram.runtime.module.kept", lambda *_: slow)
    module = diagram.compile(program, b=8, c=16, n=2048).double()
    assert "_long_conv(" in module.code
    x = torch.randn(2, 16, 400, dtype=torch.float64)
    expected = diagram.interpret(program, x, **module.state_dict())["Y"]
    torch.testing.assert_close(module(x), expected, rtol=0, atol=1e-10)


def test_short_kernels_stay_direct():
    module = diagram.compile(long(5), b=8, c=16, n=2048)
    assert "F.conv" in module.code
    assert "_long_conv(" not in module.code


def test_the_exported_file_has_it():
    from diagram.runtime.export import python_source

    program = long(301)
    scope: dict[str, object] = {}
    exec(python_source(program, b=8, c=16, n=2048), scope)
    module = scope["Module"]()  # type: ignore[operator]
    x = torch.randn(2, 16, 400)
    expected = diagram.interpret(program, x, **module.state_dict())["Y"]
    torch.testing.assert_close(module(x), expected, rtol=1e-3, atol=1e-3)


def test_half_precision_is_computed_in_single():
    x, w = torch.randn(2, 4, 100).bfloat16(), torch.randn(4, 1, 60).bfloat16()
    found = long_conv(x, w, groups=4)
    assert found.dtype == torch.bfloat16
    expected = functional.conv1d(x.double(), w.double(), groups=4)
    torch.testing.assert_close(found.double(), expected, rtol=0.02, atol=0.1)
