"""Forward reads the weights that the module has now, whoever put them there."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from diagram import compile, parse
from diagram.runtime import DiagramModule

LAYER = parse("input X[n f]\nweight W[f g] B[g]=zeros\nY[n g] = X[n f] W[f g] + B\nreturn Y")
NESTED = parse(
    "def layer(X[n f])\n  weight W[f g:f]\n  Y[n g] = X[n f] W[f g]\n  return Y\n\n"
    "input X[n f]\nY = layer^2(X)\nreturn Y"
)

X = torch.arange(6.0).reshape(2, 3)
NEW = torch.arange(6.0).reshape(3, 2)


def swapped(module: DiagramModule) -> nn.Module:
    module.get_parameter("W").data = NEW.clone()
    return module


def assigned(module: DiagramModule) -> nn.Module:
    module.W = nn.Parameter(NEW.clone())
    return module


def loaded(module: DiagramModule) -> nn.Module:
    module.load_state_dict({"W": NEW, "B": torch.zeros(2)}, assign=True)
    return module


def shallow(module: DiagramModule) -> nn.Module:
    """The copy has the same table of parameters."""
    other = copy.copy(module)
    assigned(other)
    return module


def replicated(module: DiagramModule) -> nn.Module:
    """As DataParallel does it: the replica's weights are attributes, its table is empty."""
    replica: DiagramModule = module._replicate_for_data_parallel()  # type: ignore[no-untyped-call]
    replica.__dict__ |= {"W": NEW, "B": torch.zeros(2)}
    return replica


def sharded(module: DiagramModule) -> nn.Module:
    """As FSDP does it: a weight leaves the table and is an attribute."""
    del module._parameters["W"]
    module.__dict__["W"] = NEW
    return module


WAYS = (swapped, assigned, loaded, shallow, replicated, sharded)


@pytest.mark.parametrize("way", WAYS)
def test_new_weights_are_read(way: Callable[[DiagramModule], nn.Module]):
    module = compile(LAYER, f=3, g=2)
    module(X)
    assert torch.equal(way(module)(X), X @ NEW)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_have_weights_of_their_own(again: Callable[[DiagramModule], DiagramModule]):
    module = compile(LAYER, f=3, g=2)
    before, other = module(X), again(module)
    assigned(other)
    assert torch.equal(other(X), X @ NEW)
    assert torch.equal(module(X), before)


def test_layers_that_are_replaced_are_read():
    module = compile(NESTED, f=3)
    layer = nn.Module()
    layer.W = nn.Parameter(torch.eye(3))
    kept: Tensor = module.Y[1].W
    module.Y[0] = layer
    assert torch.equal(module(X), X @ kept)
