"""What weights alone make is made once, and anew when they change."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import diagram
import models
from diagram.runtime import DiagramModule
from diagram.runtime.folded import Folded

CP = """
input X[b s x y]
weight S[r s] T[r t] H[r x:3] V[r y:3]
Y[b t x y] = X[b s x y] S[r s] H[r x] V[r y] T[r t] corr x y (pad=same)
return Y
"""


def whole(module: DiagramModule) -> None:
    """Fills the weights with whole numbers: every order gives exactly the same."""
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randint(-3, 4, weight.shape))


def pair() -> tuple[DiagramModule, Tensor]:
    program = diagram.parse(CP)
    module = diagram.compile(program, s=3, t=4, r=50, b=2, x=6, y=5, fold=True).double()
    whole(module)
    return module, torch.randint(-3, 4, (2, 3, 6, 5)).double()


def expected(module: DiagramModule, x: Tensor) -> Tensor:
    found = diagram.interpret(module.program, x, **dict(module.named_parameters()))
    return found["Y"]


def runs(module: DiagramModule) -> list[object]:
    """What is added to each time that the weights' own part is run, from now on."""
    kept = module.get_submodule("_folded")
    assert isinstance(kept, Folded)
    found: list[object] = []
    run = kept._run

    def counted(*args: object) -> tuple[object, ...]:
        found.append(args)
        return run(*args)

    kept._run = counted
    return found


def test_the_kernel_is_rebuilt_once_and_the_signal_meets_nothing_else():
    module, x = pair()
    assert module.code.count("conv2d") == 1
    made = runs(module)
    with torch.no_grad():
        for _ in range(3):
            assert torch.equal(module(x), expected(module, x))
    assert len(made) == 1


CHANGES: dict[str, Callable[[DiagramModule], object]]
CHANGES = {
    "in place": lambda m: m.get_parameter("S").mul_(2),
    "by an optimizer": lambda m: torch.optim.SGD([m.get_parameter("T")], lr=1.0).step(),
    "one anew": lambda m: setattr(m, "H", nn.Parameter(torch.ones(50, 3).double())),
    "loaded": lambda m: m.load_state_dict({k: v + 1 for k, v in m.state_dict().items()}),
    "in another dtype": lambda m: m.float(),
    "other data": lambda m: setattr(m.get_parameter("S"), "data", m.get_parameter("S") * 2),
    "unseen by torch, and told": lambda m: (m.get_parameter("S").data.mul_(2), m.eval()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_made_anew_when_a_weight_changes(change: str):
    module, x = pair()
    with torch.no_grad():
        module(x)
        weight = module.get_parameter("T")
        weight.grad = torch.ones_like(weight)
        CHANGES[change](module)
        x = x.to(module.get_parameter("S").dtype)
        assert torch.equal(module(x), expected(module, x))


def test_gradients_flow_where_they_are_wanted():
    module, x = pair()
    with torch.no_grad():
        module(x)
    torch.autograd.backward(module(x).sum())
    plain = diagram.compile(module.program, s=3, t=4, r=50).double()
    plain.load_state_dict(module.state_dict())
    torch.autograd.backward(plain(x).sum())
    for name, weight in module.named_parameters():
        torch.testing.assert_close(weight.grad, plain.get_parameter(name).grad, rtol=0, atol=0)


def test_inputs_have_gradients_while_weights_are_frozen():
    module, x = pair()
    module.requires_grad_(False)
    with torch.inference_mode():
        module(x)
    x.requires_grad_()
    made = runs(module)
    module(x).sum().backward()
    assert x.grad is not None
    assert not made  # kept from before


def test_weights_of_an_inference_are_never_kept():
    with torch.inference_mode():
        module, x = pair()
        made = runs(module)
        for _ in range(2):
            assert torch.equal(module(x), expected(module, x))
            module.get_parameter("S").mul_(2)
    assert len(made) == 2


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_keeps_its_own(copied):
    module, x = pair()
    with torch.no_grad():
        module(x)
        other = copied(module)
        other.get_parameter("S").mul_(2)
        assert torch.equal(other(x), expected(other, x))
        assert torch.equal(module(x), expected(module, x))


def test_many_weights_at_once():
    module, x = pair()
    weights = {k: torch.stack([v, v + 1]) for k, v in module.state_dict().items()}

    def call(given: dict[str, Tensor]) -> Tensor:
        found: Tensor = torch.func.functional_call(module, given, x)
        return found

    with torch.no_grad():
        module(x)
        both = torch.func.vmap(call)(weights)
        for place in range(2):
            own = {k: v[place] for k, v in weights.items()}
            assert torch.equal(both[place], diagram.interpret(module.program, x, **own)["Y"])


@pytest.mark.parametrize("name", models.ZOO)
def test_the_zoo_folded_gives_the_same(name: str):
    program = models.ZOO[name].program()
    plain, folded = diagram.compile(program), diagram.compile(program, fold=True)
    folded.load_state_dict(plain.state_dict())
    assert folded.state_dict().keys() == plain.state_dict().keys()
    sizes = {d: 3 for s in program.sources for leg in s.legs for d in leg.size.dims}
    inputs = [
        torch.randn([leg.size.value({**sizes, **plain.plan.numbers}) for leg in s.legs])
        for s in program.sources
        if s.kind.value == "input"
    ]
    with torch.no_grad():
        for _ in range(2):
            assert torch.allclose(folded(*inputs), plain(*inputs), atol=1e-4)


def test_a_weight_may_have_the_name_of_what_is_kept():
    text = "input X[n f]\nweight folded[f h] V[h k]\nY[n k] = X[n f] folded[f h] V[h k]\nreturn Y"
    module = diagram.compile(diagram.parse(text), n=9, f=4, h=4, k=4, fold=True).double()
    whole(module)
    x = torch.ones(9, 4).double()
    with torch.no_grad():
        assert torch.equal(module(x), expected(module, x))


def test_torch_compiles_it_whole():
    module, x = pair()
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    with torch.no_grad():
        assert torch.equal(compiled(x), expected(module, x))
        module.get_parameter("S").mul_(2)
        assert torch.equal(compiled(x), expected(module, x))
