"""Predicted times: those that the search pays, added up over the steps of a plan."""

from __future__ import annotations

import pytest

import diagram
import models
from diagram import SizeError
from diagram.planner.predict import seconds
from diagram.planner.steps import Convolve

CP = """
input X[b s x y]
weight P[r s] Q[r t] H[r x:3] V[r y:3]
Y[b t x y] = X[b s x y] P[r s] H[r x] V[r y] Q[r t] corr x y (pad=same)
return Y
"""


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("r", [2, 30, 300])
def test_no_objective_predicts_less_time_than_time(r: int, train: bool):
    program, sizes = diagram.parse(CP), {"b": 8, "s": 64, "t": 64, "x": 28, "y": 28, "r": r}
    found = {
        objective: seconds(diagram.plan(program, sizes, objective=objective, train=train))
        for objective in ("time", "flops", "memory")
    }
    assert min(found.values()) == found["time"]


@pytest.mark.parametrize("name", models.ZOO)
def test_more_rows_take_longer_and_training_longer_still(name: str):
    program = models.ZOO[name].program()
    free = {d for s in program.sources for leg in s.legs for d in leg.size.dims}
    free -= program.defaults.keys()
    few, many = (dict.fromkeys(free, n) for n in (16, 256))
    assert seconds(diagram.plan(program, few)) < seconds(diagram.plan(program, many))
    assert seconds(diagram.plan(program, many)) < seconds(diagram.plan(program, many, train=True))


def test_what_is_made_once_takes_no_time():
    text = "weight V[f k] W[k g]\nY[f g] = V[f k] W[k g]\nreturn Y"
    program, sizes = diagram.parse(text), {"f": 9, "k": 9, "g": 9}
    assert seconds(diagram.plan(program, sizes, fold=True)) == 0
    assert seconds(diagram.plan(program, sizes)) > 0


def test_time_needs_numbers():
    with pytest.raises(SizeError, match="has no number; give one to predict the time"):
        seconds(diagram.plan(diagram.parse(CP)))


RESHAPED = """
dims i=4 j=4 k=4 l=4 m=4 n=4
input U[b s:(i*j*k) x y]
weight A[p:r l i] D[p:r q:r m j] E[q:r r n k] C[r x:3 y:3]
Y[b (l m n) x y] = U[b (i j k) x y] A[p l i] D[p q m j] E[q r n k] C[r x y] corr x y (pad=same)
return Y
"""


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("r", [3, 15, 34])
def test_few_channels_over_many_images_are_not_convolved(r: int, train: bool):
    """At rank 3 factor after factor has a fifth of the FLOPs, and takes seven times as long."""
    program, sizes = diagram.parse(RESHAPED), {"b": 16, "x": 28, "y": 28, "r": r}
    found = diagram.plan(program, sizes, objective="time", train=train)
    (kernel,) = (s.action.right for s in found.steps if isinstance(s.action, Convolve))
    assert {*kernel.edges} == {*"ijklmnxy"}
