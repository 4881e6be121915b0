"""The attention models: compiled = interpreted = written by hand, and what relates them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from diagram import Program, compile, interpret, parameters, parse
from diagram.language.core import Kind
from models import ZOO, attention
from tests.models.by_hand import BY_HAND, softmax
from tests.models.cases import BUILD, CASES, Case, load, numbers

SOFTMAX_MODELS = [name for name in BUILD if not name.startswith("linear")]


def inputs_of(program: Program) -> list[str]:
    return [source.name for source in program.sources if source.kind is Kind.INPUT]


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    """Equal within the tolerance, relative to the largest entry where that is above 1."""
    assert found.shape == expected.shape
    assert torch.isfinite(found).all()
    largest = max(1.0, expected.abs().max().item()) if expected.numel() else 1.0
    difference = (found.double() - expected.double()).abs().max().item() if found.numel() else 0.0
    assert difference <= tolerance * largest


def with_gradients(run, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The result of `run(leaves)` as `Y`, and the gradient of its weighed sum by each value."""
    leaves = {name: value.clone().requires_grad_() for name, value in values.items()}
    y = run(leaves)
    weighing = torch.linspace(-1, 2, y.numel(), dtype=y.dtype).reshape(y.shape)
    gradients = torch.autograd.grad((y * weighing).sum(), list(leaves.values()))
    return {"Y": y.detach()} | dict(zip(leaves, gradients, strict=True))


def by_hand(case: Case, values: Mapping[str, Tensor]) -> Tensor:
    return BY_HAND[case.model](values, *(values[name] for name in inputs_of(case.program)))


def compiled(module: torch.nn.Module, names: list[str], values: Mapping[str, Tensor]) -> Tensor:
    parameters = {name: value for name, value in values.items() if name not in names}
    result = torch.func.functional_call(module, parameters, tuple(values[n] for n in names))
    assert isinstance(result, Tensor)
    return result


def interpreted(program: Program, values: Mapping[str, Tensor]) -> Tensor:
    return interpret(program, **values)[program.outputs[0]]


# -- compiled = interpreted = by hand -------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients(case: Case):
    program = case.program
    names = inputs_of(program)
    values = numbers(program, case.sizes)
    module = compile(program)
    expected = with_gradients(lambda v: by_hand(case, v), values)
    for run in (lambda v: interpreted(program, v), lambda v: compiled(module, names, v)):
        found = with_gradients(run, values)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name].dtype == torch.float64
            close(found[name], value)
    single = {name: value.float() for name, value in values.items()}
    for run in (lambda v: interpreted(program, v), lambda v: compiled(module, names, v)):
        found = with_gradients(run, single)
        for name, value in expected.items():
            assert found[name].dtype == torch.float32
            close(found[name], value, 1e-5)


@pytest.mark.parametrize("model", BUILD)
def test_parameters_of_the_module_receive_the_gradients(model: str):
    case = Case(model, 1)
    program = case.program
    values = numbers(program, case.sizes)
    names = inputs_of(program)
    module = load(compile(program).double(), values)
    y = module(*(values[name] for name in names))
    (y * torch.linspace(-1, 2, y.numel(), dtype=y.dtype).reshape(y.shape)).sum().backward()
    expected = with_gradients(lambda v: by_hand(case, v), values)
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None
        close(parameter.grad, expected[name])


@pytest.mark.parametrize("model", BUILD)
def test_gradcheck(model: str):
    case = Case(model, 3)
    program = case.program
    names = inputs_of(program)
    values = numbers(program, {**case.sizes, "b": 1, "n": 2}, seed=1)
    module = compile(program)
    leaves = tuple(value.requires_grad_() for value in values.values())
    assert torch.autograd.gradcheck(
        lambda *given: compiled(module, names, dict(zip(values, given, strict=True))), leaves
    )


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("f", "h", "b", "n"), [(12, 3, 2, 5), (8, 1, 1, 1), (10, 5, 3, 7)])
def test_multi_head_is_torch_multihead_attention(bias: bool, f: int, h: int, b: int, n: int):
    d = f // h
    program = attention.multi_head(f=f, h=h, d=d, bias=bias)
    values = numbers(program, {"f": f, "h": h, "d": d, "b": b, "n": n})
    peer = torch.nn.MultiheadAttention(f, h, bias=bias, batch_first=True, dtype=torch.float64)
    state = {
        "in_proj_weight": torch.cat([values[w].reshape(f, f).T for w in ("WQ", "WK", "WV")]),
        "out_proj.weight": values["WO"].reshape(f, f).T,
    }
    if bias:
        state["in_proj_bias"] = torch.cat([values[v].flatten() for v in ("BQ", "BK", "BV")])
        state["out_proj.bias"] = values["BO"]
    peer.load_state_dict(state)
    x = values["X"]
    expected, maps = peer(x, x, x, average_attn_weights=False)
    close(load(compile(program).double(), values)(x), expected)
    found = interpret(program, **values)
    close(found["Y"], expected)
    close(found["A"], maps)


# -- counts ---------------------------------------------------------------------------------------

FORMULAS = {
    "single-head": "4 f d",
    "multi-head": "4 f h d",
    "multi-head with biases": "4 f h d + 3 h d + f",
    "lossless": "4 f r",
    "tunable-head": "4 f r + r^2",
    "skip-left": "4 f h d + 2 d",
    "skip-right": "4 f h d + h^2",
    "cross-attention": "2 f h d + 2 e h d",
    "grouped-query": "2 f k g d + 2 f k d",
    "multi-query": "2 f h d + 2 f d",
    "linear-quadratic": "4 f h d",
    "linear-factored": "4 f h d",
}


def evaluated(formula: str, dims: Mapping[str, int]) -> int:
    """A formula of this table as a number: `4 f r + r^2` is `4*f*r + r**2`."""
    total = 0
    for term in formula.split(" + "):
        product = 1
        for factor in term.split():
            base, _, power = factor.partition("^")
            product *= (int(base) if base.isdigit() else dims[base]) ** int(power or 1)
        total += product
    return total


def test_every_model_of_the_zoo_is_tested():
    assert set(ZOO) < set(FORMULAS) == set(BUILD) == set(BY_HAND)


@pytest.mark.parametrize("model", FORMULAS)
def test_parameter_formulas(model: str):
    assert set(parameters(BUILD[model]()).formula.split(" + ")) == set(FORMULAS[model].split(" + "))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_counted_parameters_are_those_of_the_module(case: Case):
    program = case.program
    held = sum(p.numel() for p in compile(program).parameters())
    assert parameters(program).number == held == evaluated(FORMULAS[case.model], case.dims)


def test_headline_counts():
    many = parameters(attention.multi_head(512, 8, 64)).number
    few = parameters(attention.lossless(512, 8)).number
    assert (many, few) == (1_048_576, 16_384)
    assert parameters(attention.lossless(512, 512)).number == many


# -- identities (Liu et al. 2022; Huang 2021) -----------------------------------------------------

F, H, D, B, N = 7, 3, 4, 2, 6
R = H * D
SIZES = {"f": F, "h": H, "d": D, "r": R, "b": B, "n": N}
MULTI = attention.multi_head(f=F, h=H, d=D)
CORE = torch.kron(torch.eye(H), torch.ones(D, D)).double()


@pytest.fixture(scope="module")
def values() -> dict[str, Tensor]:
    return numbers(MULTI, SIZES, seed=4)


def flat(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of multi-head with h and d as one leg r, h major."""
    return {
        "X": values["X"],
        **{name: values[name].reshape(F, R) for name in ("WQ", "WK", "WV")},
        "WO": values["WO"].reshape(R, F),
    }


def both(program: Program, values: Mapping[str, Tensor]) -> Tensor:
    """The result, interpreted and compiled, which must agree."""
    names = inputs_of(program)
    module = load(compile(program).double(), values)
    with torch.no_grad():
        y = module(*(values[name] for name in names))
    close(y, interpreted(program, values))
    assert isinstance(y, Tensor)
    return y


def far(found: Tensor, expected: Tensor) -> bool:
    return bool((found - expected).norm() > 1e-3 * expected.norm())


def test_tunable_head_with_scaled_core_is_multi_head(values: dict[str, Tensor]):
    tunable = attention.tunable_head(f=F, r=R)
    y = both(tunable, {**flat(values), "C": math.sqrt(H) * CORE})
    close(y, both(MULTI, values))


def test_tunable_head_with_plain_core_is_not_multi_head(values: dict[str, Tensor]):
    tunable = attention.tunable_head(f=F, r=R)
    assert far(both(tunable, {**flat(values), "C": CORE}), both(MULTI, values))


def test_tunable_head_with_the_other_order_of_the_core_is_not_multi_head(
    values: dict[str, Tensor],
):
    tunable = attention.tunable_head(f=F, r=R)
    core = math.sqrt(H) * torch.kron(torch.ones(D, D), torch.eye(H)).double()
    assert far(both(tunable, {**flat(values), "C": core}), both(MULTI, values))


def test_core_of_multi_head_has_stable_rank_h():
    norms = torch.linalg.svdvals(CORE)
    assert (norms.square().sum() / norms[0] ** 2).item() == pytest.approx(H, abs=1e-12)


def test_lossless_is_multi_head_of_width_one():
    lossless = attention.lossless(f=F, r=R)
    found = numbers(lossless, SIZES, seed=5)
    wide = {name: found[name].unsqueeze(-1) for name in ("WQ", "WK", "WV")}
    wide |= {"X": found["X"], "WO": found["WO"].unsqueeze(1)}
    close(both(lossless, found), both(attention.multi_head(f=F, h=R, d=1), wide))


def test_lossless_is_tunable_head_with_the_scaled_identity():
    lossless = attention.lossless(f=F, r=R)
    found = numbers(lossless, SIZES, seed=6)
    core = math.sqrt(R) * torch.eye(R, dtype=torch.float64)
    tunable = attention.tunable_head(f=F, r=R)
    close(both(tunable, {**found, "C": core}), both(lossless, found))


def test_skip_left_with_ones_is_multi_head(values: dict[str, Tensor]):
    ones = torch.ones(D, dtype=torch.float64)
    y = both(attention.skip_left(f=F, h=H, d=D), {**values, "C2": ones, "C3": ones})
    close(y, both(MULTI, values))


def test_skip_left_is_tunable_head_with_a_structured_core(values: dict[str, Tensor]):
    c2, c3 = torch.randn(2, D, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    core = math.sqrt(H) * torch.kron(torch.eye(H).double(), torch.outer(c2, c3))
    y = both(attention.skip_left(f=F, h=H, d=D), {**values, "C2": c2, "C3": c3})
    close(y, both(attention.tunable_head(f=F, r=R), {**flat(values), "C": core}))
    assert far(y, both(MULTI, values))


def test_skip_right_with_the_identity_is_multi_head(values: dict[str, Tensor]):
    eye = torch.eye(H, dtype=torch.float64)
    close(both(attention.skip_right(f=F, h=H, d=D), {**values, "C1": eye}), both(MULTI, values))


def test_skip_right_is_tunable_head_with_a_structured_core(values: dict[str, Tensor]):
    mixing = torch.randn(H, H, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    core = math.sqrt(H) * torch.kron(mixing, torch.ones(D, D).double())
    y = both(attention.skip_right(f=F, h=H, d=D), {**values, "C1": mixing})
    close(y, both(attention.tunable_head(f=F, r=R), {**flat(values), "C": core}))
    assert far(y, both(MULTI, values))


def test_both_orders_of_linear_attention_agree(values: dict[str, Tensor]):
    quadratic = attention.linear_quadratic(f=F, h=H, d=D)
    factored = attention.linear_factored(f=F, h=H, d=D)
    close(both(quadratic, values), both(factored, values))


@pytest.mark.parametrize("model", ["single-head", "multi-head", "lossless", "skip-right"])
def test_softmax_over_the_queries_is_another_function(model: str):
    case = Case(model, 5)
    wrong = parse(str(case.program).replace("softmax[m]", "softmax[n]"))
    found = numbers(case.program, case.sizes)
    assert far(both(wrong, found), by_hand(case, found))


@pytest.mark.parametrize(("model", "leg"), [("multi-head", "h"), ("lossless", "r")])
def test_softmax_over_the_heads_is_another_function(model: str, leg: str):
    case = Case(model, 5)
    wrong = parse(str(case.program).replace("softmax[m]", f"softmax[{leg}]"))
    found = numbers(case.program, case.sizes)
    assert far(both(wrong, found), by_hand(case, found))


# -- what every attention does --------------------------------------------------------------------


@pytest.mark.parametrize("model", BUILD)
def test_tokens_in_another_order_give_results_in_that_order(model: str):
    case = Case(model, 10)
    program = case.program
    found = numbers(program, case.sizes)
    order = torch.randperm(case.sizes["n"], generator=torch.Generator().manual_seed(3))
    y = both(program, found)
    moved = both(program, {**found, "X": found["X"][:, order]})
    close(moved, y[:, order])
    assert far(moved, y)


def test_keys_of_cross_attention_in_another_order_change_nothing():
    case = Case("cross-attention", 10)
    found = numbers(case.program, case.sizes)
    y = both(case.program, found)
    close(both(case.program, {**found, "Z": found["Z"].flip(1)}), y)


@pytest.mark.parametrize("model", BUILD)
def test_entries_of_a_batch_do_not_meet(model: str):
    case = Case(model, 10)
    found = numbers(case.program, case.sizes)
    y = both(case.program, found)
    alone = {
        name: value[1:2] if name in inputs_of(case.program) else value
        for name, value in found.items()
    }
    close(both(case.program, alone), y[1:2])


@pytest.mark.parametrize("model", SOFTMAX_MODELS)
def test_attention_maps_are_positive_and_sum_to_one_over_the_keys(model: str):
    case = Case(model, 11)
    found = interpret(case.program, **numbers(case.program, case.sizes))["A"]
    assert (found > 0).all()
    close(found.sum(-1), torch.ones(found.shape[:-1], dtype=torch.float64))
    assert far(found.sum(-2), torch.ones_like(found.sum(-2)))


@pytest.mark.parametrize("model", SOFTMAX_MODELS)
def test_constant_values_come_through_unchanged(model: str):
    """Maps that sum to 1 carry a constant: with X the same everywhere, Y is X WV WO."""
    case = Case(model, 9)
    found = numbers(case.program, case.sizes)
    for name in inputs_of(case.program):
        found[name] = found[name][:, :1].expand_as(found[name])
    y = both(case.program, found)
    close(y, y[:, :1].expand_as(y))


def causal(program: Program) -> Program:
    """The program with a causal mask under its softmax."""
    text = str(program).replace("softmax[m](S)", "softmax[m](causal[n m](S))")
    assert text != str(program)
    return parse(text)


@pytest.mark.parametrize(
    "model", [name for name in SOFTMAX_MODELS if name not in ("cross-attention",)]
)
def test_causal_attention_does_not_see_later_tokens(model: str):
    case = Case(model, 11)
    program = causal(case.program)
    found = numbers(program, case.sizes)
    y = both(program, found)
    for seen in (1, 9):
        later = found["X"].clone()
        later[:, seen:] = torch.randn(
            later[:, seen:].shape, generator=torch.Generator().manual_seed(seen), dtype=later.dtype
        )
        moved = both(program, {**found, "X": later})
        close(moved[:, :seen], y[:, :seen])
        assert far(moved[:, seen:], y[:, seen:])
        prefix = both(program, {**found, "X": found["X"][:, :seen]})
        close(prefix, y[:, :seen])


@pytest.mark.parametrize("seed", range(5))
def test_a_component_of_lossless_attends_to_two_keys_at_most(seed: int):
    program = attention.lossless(f=5, r=8)
    found = numbers(program, {"f": 5, "r": 8, "b": 3, "n": 20}, seed)
    strongest = interpret(program, **found)["S"].argmax(-1)
    for maps in strongest.flatten(0, 1):
        assert maps.unique().numel() <= 2


def test_one_head_of_width_two_attends_to_every_key():
    """Keys on a circle: what lossless attention cannot do with one map, one head can."""
    angles = torch.arange(6, dtype=torch.float64) * (2 * math.pi / 6)
    circle = torch.stack([angles.cos(), angles.sin()], -1)
    eye = torch.eye(2, dtype=torch.float64)
    values = {"X": circle.unsqueeze(0), **dict.fromkeys(("WQ", "WK", "WV", "WO"), eye)}
    maps = interpret(attention.single_head(f=2, d=2), **values)["A"]
    assert maps.argmax(-1).tolist() == [[0, 1, 2, 3, 4, 5]]


def test_softmax_by_hand_is_that_of_torch():
    x = torch.randn(3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    close(softmax(x), torch.softmax(x, -1))
    close(softmax(x, 0), torch.softmax(x, 0))
