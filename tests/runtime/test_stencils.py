"""Stencils of interpolated attention: the bounds that its cuts rest on."""

from __future__ import annotations

import math

import pytest
import torch

from diagram.runtime.interpolated.stencils import (
    GROWTH,
    POINTS,
    chebyshev,
    coefficient,
    nearby,
    reading_step,
    spline,
    spline_step,
)

T = torch.linspace(-0.5, 0.5, 201, dtype=torch.float64)


@pytest.mark.parametrize("order", [3, 4, 5, 6])
@pytest.mark.parametrize("error", [1e-2, 1e-4, 1e-6])
def test_splines_carry_exponentials_within_the_bound(order: int, error: float):
    weights = T.unsqueeze(1) ** torch.arange(order) @ spline(order)
    assert float(weights.min()) >= -1e-15
    torch.testing.assert_close(weights.sum(1), torch.ones_like(T))
    z = spline_step(order, error)
    points = torch.arange(order) - (order - 1) / 2
    found = (weights * torch.exp(z * (points - T.unsqueeze(1)))).sum(1)
    off = found / (math.sinh(z / 2) / (z / 2)) ** order - 1
    assert 0.5 * error < float(off.abs().max()) <= error  # the bound holds, and is near


@pytest.mark.parametrize("degree", [3, 4])
def test_the_numbers_of_the_reading_bound(degree: int):
    powers = T.unsqueeze(1) ** torch.arange(degree)
    assert float((powers @ nearby(degree, POINTS)).abs().sum(1).max()) <= GROWTH
    at = chebyshev(degree)
    points = torch.arange(POINTS) - (POINTS - 1) / 2
    assert float((at.unsqueeze(1) - points).prod(1).abs().max()) <= 43.1
    interpolant = powers @ torch.linalg.inv(at.unsqueeze(1) ** torch.arange(degree))
    assert float(interpolant.abs().sum(1).max()) <= 1.85
    least = min(1 / (u**degree * math.cos(u)) for u in torch.linspace(0.5, 1.56, 999).tolist())
    assert least <= coefficient(degree) <= 1.02 * least


@pytest.mark.parametrize("degree", [3, 4])
@pytest.mark.parametrize("error", [1e-2, 1e-4, 1e-6])
def test_the_steepest_f_is_read_within_the_bound(degree: int, error: float):
    step = reading_step(degree, error)  # two keys: f is tanh, with poles nearest of all
    middle = torch.linspace(-3, 3, 61, dtype=torch.float64)
    points = middle.unsqueeze(1) + step * (torch.arange(POINTS) - (POINTS - 1) / 2)
    read = torch.tanh(points) @ nearby(degree, POINTS).mT @ (T ** torch.arange(degree).unsqueeze(1))
    expected = torch.tanh(middle.unsqueeze(1) + step * T)
    assert float((read - expected).abs().max()) <= error
