"""Embeddings: a one_hot value that meets a table is looked up, and gives what the product gives."""

from __future__ import annotations

import pytest
import torch

import diagram
from diagram import parse
from diagram.planner.steps import Lookup

HEAD = "dims v=7 f=3 h=2\nindex T[b n] of v\nweight E[v f] H[h v f] B[b v f]\n"
FOUND = {
    "Y[b n f] = one_hot[v](T)[b n v] E[v f]\nreturn Y": 1,
    "O = one_hot[v](T)\nY[n f b] = E[v f] O[b n v] / sqrt(f)\nreturn Y": 1,
    "Y[b n f h] = one_hot[v](T)[b n v] H[h v f]\nreturn Y": 1,
    "O = one_hot[v](T)\nX[b n f] = O[b n v] E[v f]\nY[b n v] = X[b n f] E[v f] O[b n v]\n"
    "return Y, X": 1,
    "Y[b m f] = one_hot[v](T)[b n v] E[v f] one_hot[w](T)[b m w] H[h w g]\nreturn Y": 2,
}
NONE = (
    "Y[b n v f] = one_hot[v](T)[b n v] E[v f]\nreturn Y",
    "Y[b n f] = one_hot[v](T)[b n v] E[v f] / v\nreturn Y",
    "Y[b n f] = one_hot[v](T)[b n v] B[b v f]\nreturn Y",
    "Y[b n f] = one_hot[v](T)[b n v] E[v f] E[v f]\nreturn Y",
)


def run(text: str) -> list[Lookup]:
    """The look-ups of a program, whose module gives what the interpreter gives, and gradients."""
    program = parse(HEAD + text)
    module = diagram.compile(program, b=2).double()
    index = torch.tensor([[0, 6, 3], [1, 1, 5]])
    weights = {name: weight.detach() for name, weight in module.named_parameters()}
    found = module(index)
    wanted = diagram.interpret(program, index, **weights)
    results = found if isinstance(found, tuple) else (found,)
    for name, result in zip(program.outputs, results, strict=True):
        torch.testing.assert_close(result, wanted[name], rtol=1e-12, atol=1e-12)
    results[0].square().sum().backward()
    given = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    loss = diagram.interpret(program, index, **given)[program.outputs[0]].square().sum()
    loss.backward()  # type: ignore[no-untyped-call]
    for name, weight in module.named_parameters():
        if given[name].grad is not None:
            torch.testing.assert_close(weight.grad, given[name].grad, rtol=1e-10, atol=1e-10)
    return [step.action for step in module.plan.steps if isinstance(step.action, Lookup)]


@pytest.mark.parametrize("text", FOUND)
def test_a_table_is_looked_up(text: str):
    assert len(run(text)) == FOUND[text]


@pytest.mark.parametrize("text", NONE)
def test_what_is_more_than_a_look_up_stays_a_product(text: str):
    assert run(text) == []


def test_a_large_table_costs_no_flops():
    text = "dims v=30522 f=384\nindex T[n] of v\nweight E[v f]\n"
    found = diagram.plan(parse(text + "Y[n f] = one_hot[v](T)[n v] E[v f]\nreturn Y"), n=128)
    assert (found.flops, found.peak) == (0, 128 * 384)
