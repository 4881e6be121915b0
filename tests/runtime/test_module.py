"""The module is an ordinary one: state, copies, dtypes, free lengths, names, several outputs."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from diagram import DiagramError, Program, SizeError, compile, interpret, parse
from diagram.runtime import DiagramModule
from models import ZOO, attention
from tests.models.cases import Case, load, numbers

SMALL = {name: Case(name, 1) for name in ZOO}


def made(model: str, seed: int = 0) -> tuple[DiagramModule, list[Tensor]]:
    """A small model in float64 with random numbers, and its inputs."""
    case = SMALL[model]
    module = compile(case.program).double()
    values = numbers(case.program, case.sizes, seed)
    load(module, values)
    return module, [
        values[source.name] for source in case.program.sources if source.kind == "input"
    ]


def same(module: nn.Module, other: nn.Module, inputs: list[Tensor]) -> None:
    with torch.no_grad():
        assert torch.equal(module(*inputs), other(*inputs))


# -- state and copies -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", ZOO)
def test_state_goes_round(model: str):
    module, inputs = made(model)
    assert list(module.state_dict()) == [
        s.name for s in module.program.sources if s.kind == "weight"
    ]
    assert dict(module.named_parameters()).keys() == module.state_dict().keys()
    stored = io.BytesIO()
    torch.save(module.state_dict(), stored)
    stored.seek(0)
    other = compile(SMALL[model].program).double()
    other.load_state_dict(torch.load(stored, weights_only=True))
    same(module, other, inputs)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))],
                         ids=["deepcopy", "pickle"])  # fmt: skip
@pytest.mark.parametrize("model", ZOO)
def test_copies_give_the_same_and_share_nothing(
    model: str, copied: Callable[[DiagramModule], DiagramModule]
):
    module, inputs = made(model)
    other = copied(module)
    same(module, other, inputs)
    assert other.code == module.code
    assert other.program == module.program
    with torch.no_grad():
        before = module(*inputs)
        other.get_parameter("WO").zero_()
        assert torch.equal(module(*inputs), before)
        assert (other(*inputs) == 0).all()


def test_a_module_with_dropout_and_buffers_is_copied_whole():
    program = parse(
        "input X[n f]\nweight W[f g]\nbuffer R[g]=ones\nconst E[g g']=eye\n"
        "D = dropout(X, p=0.5)\nY[n k] = D[n f] W[f g] R[g] E[g k]\nreturn Y"
    )
    module = compile(program, f=3, g=4).eval()
    other = pickle.loads(pickle.dumps(module))
    same(module, other, [torch.randn(2, 3)])
    assert not other.training
    torch.manual_seed(1)
    first = module.train()(torch.ones(50, 3))
    torch.manual_seed(1)
    assert torch.equal(other.train()(torch.ones(50, 3)), first)


# -- dtypes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ZOO)
def test_bfloat16_and_half(model: str):
    module, inputs = made(model)
    with torch.no_grad():
        expected = module(*inputs)
        for kind, tolerance in ((torch.bfloat16, 0.1), (torch.float16, 0.02)):
            low = copy.deepcopy(module).to(kind)
            y = low(*(x.to(kind) for x in inputs))
            assert y.dtype == kind
            assert (y.double() - expected).abs().max() <= tolerance * expected.abs().max()


def test_constants_made_when_the_module_runs_have_the_dtype_of_the_input():
    program = parse(
        "input X[n f]\nconst E[n m:n]=eye Z[n]=ones\nY[m f] = X[n f] E[n m] Z[n]\nreturn Y"
    )
    module = compile(program)
    for kind in (torch.float32, torch.float64, torch.bfloat16):
        for n in (1, 2, 5):
            x = torch.arange(3.0 * n).reshape(n, 3).to(kind)
            y = module(x)
            assert y.dtype == kind
            assert torch.equal(y, x)


def test_a_rectangular_eye_of_free_length():
    """Positions: the first n rows of a table, written as a diagram."""
    program = parse(
        "dims p=7\ninput X[b n f]\nweight P[p f]\nconst I[n p]=eye\n"
        "E[n f] = I[n p] P[p f]\nY[b n f] = X + E\nreturn Y"
    )
    module = compile(program, f=3).double()
    for n in (1, 4, 7):
        x = torch.randn(2, n, 3, dtype=torch.float64)
        expected = x + module.get_parameter("P")[:n]
        assert torch.equal(module(x), expected)
        assert torch.equal(interpret(program, x, P=module.get_parameter("P"))["Y"], expected)


def test_kept_constants_follow_the_module_and_stay_out_of_its_state():
    program = parse("input X[f]\nweight W[f]\nconst E[f f']=eye\nY[g] = X[f] W[f] E[f g]\nreturn Y")
    module = compile(program, f=3)
    assert list(module.state_dict()) == ["W"]
    assert module.double().get_buffer("E").dtype == torch.float64
    assert module(torch.ones(3, dtype=torch.float64)).dtype == torch.float64


def test_buffers_are_in_the_state_but_not_learned():
    program = parse("input X[f]\nbuffer B[f]=(1 2 3)\nY[f] = X[f] B[f]\nreturn Y")
    module = compile(program, f=3)
    assert list(module.state_dict()) == ["B"]
    assert not list(module.parameters())
    assert module(torch.ones(3)).tolist() == [1, 2, 3]


def test_embedding_by_index():
    program = parse(
        "dims v=11\nindex T[b n] of v\nweight E[v f]\n"
        "X[b n f] = one_hot[v](T)[b n v] E[v f]\nreturn X"
    )
    module = compile(program, f=3)
    tokens = torch.randint(0, 11, (2, 5))
    assert torch.equal(module(tokens), module.get_parameter("E")[tokens])
    module = module.double()
    assert module(tokens).dtype == torch.float64
    module(tokens).sum().backward()
    gradient = module.get_parameter("E").grad
    assert gradient is not None
    counts = torch.bincount(tokens.flatten(), minlength=11).double()
    assert torch.equal(gradient, counts[:, None].expand(11, 3))


# -- free lengths ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ZOO)
def test_batch_and_length_are_free(model: str):
    """One module at many lengths, and its hints of them change nothing but the plan."""
    module, _ = made(model)
    program, sizes = module.program, SMALL[model].sizes
    weights = dict(module.named_parameters())
    for b, n, m in ((1, 1, 1), (2, 7, 3), (3, 2, 9), (1, 33, 20)):
        here = sizes | {"b": b, "n": n} | ({"m": m} if "m" in sizes else {})
        values = numbers(program, here, seed=b)
        inputs = [values[s.name] for s in program.sources if s.kind == "input"]
        expected = interpret(program, *inputs, **weights)["Y"]
        hinted = compile(program, b=4, n=5).double()
        hinted.load_state_dict(module.state_dict())
        for each in (module, hinted):
            y = each(*inputs)
            assert y.shape == expected.shape == (b, n, sizes["f"])
            assert (y - expected).abs().max() <= 1e-12


@pytest.mark.parametrize("model", ZOO)
def test_no_tokens_and_no_batch(model: str):
    module, inputs = made(model)
    none = [x[:0] for x in inputs]
    assert module(*none).shape == (0, *inputs[0].shape[1:])


def test_lengths_that_follow_from_others_when_the_module_runs():
    """Squares, sums, exact quotients and floors of a dim that only the input tells."""
    program = parse(
        "input X[n]\n"
        "const A[k:(n*n)]=range B[k:(3*n + 2)]=ones C[k:(n*(n+1)/2)]=range D[k:(n//2)]=ones\n"
        "const E[k:(n*n*n - n)]=ones\n"
        "a[] = A[k]\nb[] = B[k]\nc[] = C[k]\nd[] = D[k]\ne[] = E[k]\n"
        "m[n] = X[n] / sqrt(n*n)\n"
        "h = slice[n](X, start=n//2)\n"
        "return a, b, c, d, e, m, h"
    )
    module = compile(program)
    for n in (1, 2, 3, 4, 7):
        x = torch.randn(n, dtype=torch.float64)
        *sums, m, h = module(x)
        k, half = n * n, n * (n + 1) // 2
        expected = [k * (k - 1) // 2, 3 * n + 2, half * (half - 1) // 2, n // 2, n**3 - n]
        assert [value.item() for value in sums] == expected
        assert (m - x / n).abs().max() <= 1e-12
        assert torch.equal(h, x[n // 2 :])
        oracle = interpret(program, x)
        assert [oracle[name].item() for name in "abcde"] == expected
        assert torch.equal(oracle["h"], h)


def test_inputs_need_not_be_contiguous():
    module, (x,) = made("multi-head")
    strided = x.transpose(0, 1).contiguous().transpose(0, 1)
    assert not strided.is_contiguous()
    with torch.no_grad():
        assert (module(strided) - module(x)).abs().max() <= 1e-12


def test_inputs_are_not_changed():
    for model in ZOO:
        module, inputs = made(model)
        before = [x.clone() for x in inputs]
        module(*inputs)
        assert all(torch.equal(x, y) for x, y in zip(inputs, before, strict=True))


# -- calling it -----------------------------------------------------------------------------------


def test_called_by_name_and_in_order():
    module, (x, z) = made("cross-attention")
    expected = module(x, z)
    assert torch.equal(module(X=x, Z=z), expected)
    assert torch.equal(module(Z=z, X=x), expected)
    assert torch.equal(module(x, Z=z), expected)


def test_given_constants_come_after_the_inputs():
    program = parse(
        "const C[f g]=given\ninput X[n f]\ninput Z[g]\nY[n] = X[n f] C[f g] Z[g]\nreturn Y"
    )
    module = compile(program)
    x, z, c = torch.ones(2, 3), torch.ones(4), torch.full((3, 4), 2.0)
    assert module(x, z, c).tolist() == module(X=x, Z=z, C=c).tolist() == [24, 24]


def test_several_outputs_in_their_order():
    program = parse("input A[i j]\nB[j i] = A[i j]\nC[i] = A[i j]\nD[] = A[i j]\nreturn D, B, A, C")
    a = torch.arange(6.0).reshape(2, 3)
    d, b, again, c = compile(program)(a)
    assert d.item() == 15
    assert torch.equal(b, a.T)
    assert torch.equal(again, a)
    assert torch.equal(c, a.sum(1))


def test_order_of_legs_of_what_is_returned():
    """A contraction that stands twice is made once, and returned in both orders."""
    program = parse(
        "input A[i j] B[j k]\nC[i k] = A[i j] B[j k]\nD[k i] = A[i j] B[j k]\nreturn D, C"
    )
    a, b = torch.randn(2, 3), torch.randn(3, 5)
    d, c = compile(program)(a, b)
    assert torch.equal(d, c.T)
    assert torch.allclose(c, a @ b)


def test_names_with_primes_and_dots():
    program = parse(
        "input X'[n f]\nweight Y.0.W[f g] W'[g]\nZ'[n] = X'[n f] Y.0.W[f g] W'[g]\nreturn Z'"
    )
    module = compile(program, f=2, g=3)
    assert sorted(module.state_dict()) == ["W'", "Y.0.W"]
    x = torch.randn(4, 2)
    expected = x @ module.get_parameter("Y.0.W") @ module.get_parameter("W'")
    assert torch.allclose(module(x), expected)
    assert torch.allclose(module(X_prime=x), expected)


def test_a_weight_used_twice_is_one_parameter():
    program = parse("input X[n f]\nweight W[f f']\nY[n g] = X[n f] W[f a] W[a g]\nreturn Y")
    module = compile(program, f=3).double()
    x = torch.randn(2, 3, dtype=torch.float64)
    w = module.get_parameter("W")
    assert len(list(module.parameters())) == 1
    assert (module(x) - x @ w @ w).abs().max() < 1e-12
    assert torch.autograd.gradcheck(lambda w: torch.func.functional_call(module, {"W": w}, (x,)), w)


def test_several_programs_do_not_share_numbers():
    program = attention.multi_head(f=4, h=2, d=2)
    first, second = compile(program), compile(program)
    assert not torch.equal(first.get_parameter("WQ"), second.get_parameter("WQ"))


# -- the source that runs -------------------------------------------------------------------------

FUSED = [name for name in ZOO if name != "skip-right" and not name.startswith("linear")]


@pytest.mark.parametrize("model", ZOO)
def test_code_is_what_runs(model: str):
    """Run alone, with a module for its `self`, the text gives the same numbers."""
    from diagram.runtime.source import SCOPE

    module, inputs = made(model)
    scope = dict(SCOPE)
    exec(module.code, scope)
    with torch.no_grad():
        assert torch.equal(scope["forward"](module, *inputs), module(*inputs))
    assert module.code.startswith("def forward(self, X")


@pytest.mark.parametrize("model", ZOO)
def test_code_is_read_when_it_runs(model: str):
    """The graph that is shown computes the same as the module."""
    module, inputs = made(model)
    with torch.no_grad():
        shown = torch.fx.GraphModule(module, module.graph)(*inputs)
        assert torch.equal(shown, module(*inputs))


@pytest.mark.parametrize("model", ZOO)
def test_code_attends_where_softmax_stands_between_two_contractions(model: str):
    code = compile(ZOO[model].program(), b=1, n=256).code
    assert code.count("F.scaled_dot_product_attention(") == (model in FUSED)
    assert ("softmax(" in code.replace("F.scaled_dot", "")) == (model == "skip-right")


@pytest.mark.parametrize(
    "text",
    [
        "input S[n m]\nA = softmax[m](S)\nreturn A",
        "input S[n m] V[m]\nA = softmax[n](S)\nY[n] = A[n m] V[m]\nreturn Y",
        "input X[n f] W[f m]\nS[n m] = X[n f] W[f m]\nA = softmax[m](S)\nreturn A",
        "input X[n f] W[f m]\nS[n m] = X[n f] W[f m]\nA = softmax[m](tanh(S))\n"
        "Y[n f] = A[n m] W[f m]\nreturn Y",
        "input X[n f] W[f m]\nS[n m] = X[n f] W[f m]\nA = softmax[m](S)\n"
        "Y[n m] = A[n m] W[f m]\nreturn Y",
    ],
)
def test_softmax_elsewhere_stays_softmax(text: str):
    code = compile(parse(text)).code
    assert "scaled_dot_product_attention" not in code
    assert "softmax(" in code


def test_letters_do_not_matter_for_fusing():
    text = (
        "input α[ζ η θ]\nweight A[θ κ λ] B[θ κ λ] C[θ κ λ] D[κ λ θ]\n"
        "σ[ζ κ μ η] = B[ρ κ λ] α[ζ μ ρ] α[ζ η θ] A[θ κ λ] / sqrt(λ)\n"
        "τ = softmax[μ](σ)\n"
        "ω[ζ η θ] = D[κ λ θ] C[ρ κ λ] τ[ζ κ μ η] α[ζ μ ρ]\nreturn ω"
    )
    sizes = {"θ": 6, "κ": 2, "λ": 3}
    module = compile(parse(text), sizes).double()
    assert "F.scaled_dot_product_attention(" in module.code
    plain = compile(attention.multi_head(f=6, h=2, d=3)).double()
    names = dict(zip(("WQ", "WK", "WV", "WO"), "ABCD", strict=True))
    plain.load_state_dict({name: module.state_dict()[greek] for name, greek in names.items()})
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    assert (module(x) - plain(x)).abs().max() <= 1e-12


# -- what does not fit ----------------------------------------------------------------------------

TWO = parse(
    "dims f=4\ninput X[b n f] Z[b m f]\nweight W[f g:3]\n"
    "Y[b n m] = X[b n f] W[f g] Z[b m k] W[k g]\nreturn Y"
)
GOOD = (torch.ones(2, 3, 4), torch.ones(2, 5, 4))


def refused(program: Program, *inputs: object, **named: object) -> str:
    with pytest.raises(DiagramError) as raised:
        compile(program)(*inputs, **named)
    return str(raised.value)


@pytest.mark.parametrize(
    ("inputs", "named", "message"),
    [
        ((), {}, "input X, Z is not given; the module takes X, Z"),
        (GOOD[:1], {}, "input Z is not given; the module takes X, Z"),
        ((*GOOD, GOOD[0]), {}, "3 inputs were given; the module takes X, Z"),
        (GOOD[:1], {"Y": GOOD[1]}, "`Y` is not an input; the module takes X, Z"),
        (GOOD[:1], {"X": GOOD[0]}, "`X` is given twice; the module takes X, Z"),
        (GOOD[:1], {"W": GOOD[1]}, "`W` is not an input; the module takes X, Z"),
    ],
)
def test_wrong_count_and_names(inputs, named, message: str):
    assert refused(TWO, *inputs, **named) == message


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            (torch.ones(2, 3, 5), GOOD[1]),
            "axis 2 of X has length 5, but 4 is expected; its shape is (2, 3, 5)",
        ),
        ((GOOD[0], torch.ones(3, 5, 4)), "dim `b` is 3 in Z, but 2 in X"),
        ((torch.ones(3, 4), GOOD[1]), "X[b n 4] has 3 legs, but its shape is (3, 4)"),
        ((torch.ones(()), GOOD[1]), "X[b n 4] has 3 legs, but its shape is ()"),
        (([1.0], GOOD[1]), "input X is of type list; a torch tensor is expected"),
        ((None, GOOD[1]), "input X is of type NoneType; a torch tensor is expected"),
        ((GOOD[0], 2.0), "input Z is of type float; a torch tensor is expected"),
        (
            (torch.ones(3, 4), torch.ones(2, 5, 9)),
            "2 problems with the inputs:\n"
            "  X[b n 4] has 3 legs, but its shape is (3, 4)\n"
            "  axis 2 of Z has length 9, but 4 is expected; its shape is (2, 5, 9)",
        ),
    ],
)
def test_wrong_shapes_and_kinds(inputs, message: str):
    assert refused(TWO, *inputs) == message
    with pytest.raises(SizeError):
        compile(TWO)(*inputs)


def test_weights_need_numbers():
    program = parse("input X[n f]\nweight W[f g]\nY[n g] = X[n f] W[f g]\nreturn Y")
    with pytest.raises(SizeError) as raised:
        compile(program)
    assert str(raised.value) == (
        "the weights need numbers for `f`, `g`: compile(program, f=8, g=8)"
    )
    with pytest.raises(DiagramError) as unknown:
        compile(program, f=3, g=2, h=4)
    assert str(unknown.value) == "`h` is no dim of this program"


def test_weights_that_no_machine_holds():
    program = parse("input X[f]\nweight W[f g]\nY[g] = X[f] W[f g]\nreturn Y")
    with pytest.raises(
        SizeError, match=r"^the weights and constants have .* entries, .* GiB, more than the"
    ):
        compile(program, f=10**8, g=10**8)


INTERPRETED = "dims f=4\ninput X[b n f]\nweight W[f g]\nY[b n g] = X[b n f] W[f g]\nreturn Y"


@pytest.mark.parametrize(
    ("inputs", "named", "message"),
    [
        (
            (),
            {},
            "2 problems with the values that were given:\n"
            "  input `X` is not given: pass X=...\n"
            "  weight `W` is not given: pass W=...",
        ),
        (
            (torch.ones(1, 2, 4), torch.ones(2)),
            {"W": torch.ones(4, 3)},
            "2 inputs were given, but the program has 1: X",
        ),
        (
            (torch.ones(1, 2, 4),),
            {"W": torch.ones(4, 3), "X": torch.ones(1, 2, 4)},
            "`X` was given twice, by position and by name",
        ),
        (
            (torch.ones(1, 2, 4),),
            {"W": torch.ones(4, 3), "WQ": torch.ones(4, 3)},
            "`WQ` is no source and no dim; did you mean `W`?",
        ),
        (
            (torch.ones(1, 2, 4),),
            {"W": torch.ones(4)},
            "W[f g] has 2 legs, but was given the shape (4,)",
        ),
        (
            (torch.ones(1, 2, 4),),
            {"W": torch.ones(5, 3)},
            "leg `f` of W has length 5, but 4 is expected (f is 4 from leg `f` of X)",
        ),
    ],
)
def test_interpreter_refuses(inputs, named, message: str):
    with pytest.raises(DiagramError) as raised:
        interpret(parse(INTERPRETED), *inputs, **named)
    assert str(raised.value) == message
