"""Grids of interpolated attention: the bounds of their error, and what their features are."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from diagram.runtime.interpolated.features import features
from diagram.runtime.interpolated.fineness import Extent, holds
from diagram.runtime.interpolated.grid import Grid, beside, beyond, grid

REACHES = [1, 24, 130, 800]
ERRORS = [1e-2, 1e-4, 1e-6, 1e-10]


def numbers(reach: float) -> Tensor:
    """Some from end to end."""
    return math.sqrt(reach) * torch.linspace(-1, 1, 101, dtype=torch.float64)


def feature(u: Tensor, z: Tensor) -> Tensor:
    """By the definition."""
    return torch.exp2(u * z - z**2 / 2 - u**2 / 4)


def shares(of: Grid, reach: float) -> Tensor:
    """What the grid makes of 2^(q k), in units of it, for q and k from end to end."""
    z = numbers(reach)
    u = of.points().flatten()
    places = torch.exp2(of.step * torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)[:, None] * z)
    blocks = feature(torch.tensor(of.middles(), dtype=torch.float64)[:, None], z)
    assert len(u) == 3 * of.blocks
    both = torch.einsum("pq,bq,pb,pk,bk->qk", places, blocks, of.shares(), places, blocks)
    return both / torch.exp2(z[:, None] * z)


@pytest.mark.parametrize("reach", REACHES[:3])
@pytest.mark.parametrize("error", ERRORS)
def test_every_term_is_within_the_bound(reach: int, error: float):
    of = grid(reach, error)
    found, less = shares(of, reach), beyond(reach, of.step, of.blocks)
    slack = 1e-13 * (100 + reach)
    assert 1 - beside(of.step) - less - slack <= float(found.min())
    assert float(found.max()) <= 1 + beside(of.step) + slack
    middle = 1 - less / 2  # whatever all terms have in common changes no ratio of sums
    share = (beside(of.step) + less / 2) / middle
    assert share / (1 - share) <= error
    assert float((found / middle - 1).abs().max()) <= share + slack


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("error", ERRORS)
def test_no_smaller_grid_has_the_bound(reach: int, error: float):
    of = grid(reach, error)
    for step in torch.linspace(0.3, 2.9, 400).tolist():
        end = 3 * (of.blocks - 1) * step / 2
        if of.blocks > 1 and end - 2 * math.sqrt(reach) > 1.3:
            assert beside(step) + beyond(reach, step, of.blocks - 1) / 2 > 0.98 * error / (
                1 + error
            )


@pytest.mark.parametrize("tilt", [0.0, 3.0])
@pytest.mark.parametrize("blocks", [1, 6, 7])
def test_features_are_those_of_the_definition(blocks: int, tilt: float):
    of, z = Grid(1.5, blocks), numbers(20)
    found = features(z, of, 2, tilt)
    middles = torch.tensor(of.middles(), dtype=torch.float64)[:, None]
    expected = feature(middles, z) * torch.exp2(tilt * z)
    torch.testing.assert_close(found.blocks, expected, rtol=1e-12, atol=0)
    away = torch.tensor([-1.5, 0.0, 1.5], dtype=torch.float64)[:, None]
    torch.testing.assert_close(found.places, torch.exp2(away * z), rtol=1e-12, atol=0)
    every = found.places[:, None] * found.blocks / of.shares()[..., None]
    scale = every / feature(of.points()[..., None], z)  # the same for all z, but for the tilt
    torch.testing.assert_close(
        scale / scale[..., :1], (torch.exp2(tilt * (z - z[0]))).expand_as(scale), rtol=1e-9, atol=0
    )


def test_wide_extents_are_not_held():
    assert holds(Extent(-30.0, 45.0, 1.0), torch.float32)
    assert not holds(Extent(-30.0, 50.0, 1.0), torch.float32)
    assert not holds(Extent(-30.0, 45.0, 40.0), torch.float32)
    assert holds(Extent(-500.0, 500.0, 1.0), torch.float64)
    assert not holds(Extent(-600.0, 600.0, 1.0), torch.float64)
