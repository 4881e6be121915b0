"""`module.verify()`: it passes what is right, and names every value and gradient that is not."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from diagram import DiagramError, compile, parse
from diagram.runtime import DiagramModule
from diagram.runtime.samples import free_dims
from tests.runtime.collected import PROGRAMS, module_of

ATTENTION = """
dims   f=6 h=2 d=3
input  X[b n f] M[m:n]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f] B[f]=zeros
A[b h n m] = softmax[m](mask(X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d), M))
Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f] + B
Z[b f] = max[n](Y)
return Y, Z
"""


@pytest.fixture
def attention() -> DiagramModule:
    torch.manual_seed(0)
    return compile(parse(ATTENTION))


@pytest.mark.parametrize("name", PROGRAMS)
def test_right_modules(name: str):
    module = module_of(name)
    state = {key: value.clone() for key, value in module.state_dict().items()}
    found = module.verify()
    assert found.values < 1e-12
    assert found.gradients is None or found.gradients < 1e-12
    for sizes in found.sizes:
        assert list(sizes) == list(free_dims(module))
    assert all(torch.equal(value, state[key]) for key, value in module.state_dict().items())
    assert not module.training


def test_several_sizes_are_tried_and_first_ones(attention: DiagramModule):
    found = attention.verify()
    assert found.sizes[0] == {"b": 1, "n": 1}
    assert len({tuple(sizes.items()) for sizes in found.sizes}) > 3
    assert found == attention.verify()
    assert found != attention.verify(seed=1)
    assert str(found).startswith("agrees with the interpreter at b=1 n=1; b=")


def test_sizes_that_are_asked_for(attention: DiagramModule):
    assert {sizes["n"] for sizes in attention.verify(sizes={"n": 11}).sizes} == {11}
    with pytest.raises(DiagramError, match="dim `f` is 6 in this module, not 7"):
        attention.verify(sizes={"f": 7})
    with pytest.raises(DiagramError, match="`q` is no dim of this program"):
        attention.verify(sizes={"q": 7})


def test_lengths_that_a_program_can_have():
    text = "input U[b (2*g) x]\nweight K[x:5]\n".replace("(2*g)", "s")
    text += "Y[b (i g) x] = U[b (g i) x] K[x] corr x (stride=2)\nreturn Y"
    program = parse(f"dims i=4\n{text}")
    found = compile(program).verify()
    assert all(sizes["s"] % 4 == 0 and sizes["x"] >= 5 for sizes in found.sizes)
    with pytest.raises(DiagramError, match=r"^b=1, s=6, x=9 do not fit the program$"):
        compile(program).verify(sizes={"b": 1, "s": 6, "x": 9})
    with pytest.raises(DiagramError, match=r"^no small numbers for `b`, `x` fit the program; "):
        compile(program).verify(sizes={"s": 6})


# -- what is wrong --------------------------------------------------------------------------------


def told(module: DiagramModule, compiled: Callable[..., Any] | None = None) -> list[str]:
    """The values and gradients that are said to differ, in order, each once."""
    with pytest.raises(DiagramError) as raised:
        module.verify(compiled)
    places = [re.findall(r"[^`]*`\w+`", fault.message)[0] for fault in raised.value.faults]
    return list(dict.fromkeys(places))


def altered(module: DiagramModule, old: str, new: str) -> DiagramModule:
    """A module that runs another code than it should."""

    class Altered(DiagramModule):
        def _build(self) -> None:
            super()._build()
            assert old in self._source
            scope: dict[str, Any] = dict(self._run.__globals__)
            exec(self._source.replace(old, new), scope)
            self._run = scope["forward"]

    return Altered(module.plan)


def test_a_wrong_value_is_named(attention: DiagramModule):
    wrong = altered(attention, "torch.amax(Y", "torch.amin(Y")
    assert told(wrong)[:2] == ["`Z`", "the gradient of `X`"]
    with pytest.raises(DiagramError, match=r"^\d problems with the compiled module:\n  at b="):
        wrong.verify()


def test_what_is_forgotten_is_found_though_it_starts_as_zeros(attention: DiagramModule):
    """The bias is 0 at first, and so is what is added here, with its gradient."""
    wrong = altered(attention, "addmm(self.B", "addmm(self.B + (self.B * self.B).detach()")
    assert told(wrong)[0] == "`Y`"


class Twice(torch.autograd.Function):
    """Itself, with a gradient that is twice too large."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Tensor:
        return upstream[0] * 2


def twice(x: Tensor) -> Tensor:
    return Twice.apply(x)  # type: ignore[no-untyped-call, no-any-return]


def test_a_wrong_gradient_is_named(attention: DiagramModule):
    """Values are right, and so are the gradients of what comes later."""
    assert told(attention, lambda x, m: attention(twice(x), m)) == ["the gradient of `X`"]


class Lost(torch.nn.Module):
    """One of the weights has no gradient."""

    def __init__(self, module: DiagramModule) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor, m: Tensor) -> Any:
        wanted = {name: p.detach() if name == "WV" else p for name, p in self.state.items()}
        return torch.func.functional_call(self.module, wanted, (x, m))

    @property
    def state(self) -> dict[str, Tensor]:
        return dict(self.module.named_parameters())


def test_a_gradient_that_is_lost_is_named(attention: DiagramModule):
    assert told(attention, Lost(attention)) == ["the gradient of `WV`"]


def test_what_is_not_tied_to_the_weights_is_compared_without_their_gradients(
    attention: DiagramModule,
):
    copied = copy.deepcopy(attention)
    assert attention.verify(copied).gradients is not None
    with torch.no_grad():
        copied.get_parameter("WV").mul_(1.1)
    assert "`Y`" in told(attention, copied)

    def values_alone(x: Tensor, m: Tensor) -> tuple[Tensor, ...]:
        return tuple(value.detach() for value in attention(x, m))

    assert attention.verify(values_alone).gradients is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda y, z: (y, z[0]),
        lambda y, z: (y, z.unsqueeze(0)),
        lambda y, z: (y, 3.0),
        lambda y, z: (y, z / 0),
        lambda y, z: (y, z * float("nan")),
    ],
)
def test_other_shapes_and_what_is_not_finite(attention: DiagramModule, wrong: Callable[..., Any]):
    with pytest.raises(
        DiagramError, match="`Z` without gradients differs from the interpreter's i"
    ):
        attention.verify(lambda x, m: wrong(*attention(x, m)))


@pytest.mark.parametrize("wrong", [lambda y, z: y, lambda y, z: (y, z, z)])
def test_other_numbers_of_values(attention: DiagramModule, wrong: Callable[..., Any]):
    with pytest.raises(DiagramError, match="the number of values without gradients differs"):
        attention.verify(lambda x, m: wrong(*attention(x, m)))


def test_the_mode_of_a_module_is_kept(attention: DiagramModule):
    attention.train()
    attention.verify()
    with pytest.raises(DiagramError):
        attention.verify(lambda x, m: x)
    assert all(part.training for part in attention.modules())


def test_low_precision_allows_its_own_rounding(attention: DiagramModule):
    for dtype, most in ((torch.float32, 1e-5), (torch.bfloat16, 0.05), (torch.float16, 0.01)):
        attention.to(dtype)
        assert attention.verify().values < 1e-12  # a copy in float64
        assert 1e-9 < attention.verify(attention.forward).values < most


def test_a_module_without_numbers(attention: DiagramModule):
    with pytest.raises(DiagramError, match="holds no numbers to compare"):
        attention.to("meta").verify()


def test_frozen_weights_and_no_grad(attention: DiagramModule):
    attention.get_parameter("WQ").requires_grad_(False)
    with torch.no_grad():
        assert attention.verify().gradients is not None
