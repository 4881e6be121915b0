"""Legal and unusual programs: compiled, copied as Python and interpreted, all agree."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import diagram
from diagram import DiagramError, SizeError, parse
from diagram.runtime.export import python_source

CASES: dict[str, tuple[str, dict[str, tuple[int, ...]]]] = {
    "a scale that names the softmax edge": (
        "dims m=7\ninput X[b n d] Z[b k d]\nS[b n m] = X[b n d] Z[b m d]\nA = softmax[m](S)\n"
        "Y[b n d] = A[b n m] Z[b m d] / m\nreturn Y",
        {"X": (2, 3, 4), "Z": (2, 5, 4)},
    ),
    "a scale of the softmax edge, no such dim": (
        "input X[b n d]\nS[b n m] = X[b n d] X[b m d]\nA = softmax[m](S)\n"
        "Y[b n d] = A[b n m] X[b m d] / sqrt(m)\nreturn Y",
        {"X": (2, 3, 4)},
    ),
    "keys of each query, causal": (
        "input Q[b n d] K[b n m d] V[b m w]\nS[b n m] = Q[b n d] K[b n m d]\n"
        "A = softmax[m](causal[n m](S))\nY[b n w] = A[b n m] V[b m w]\nreturn Y",
        {"Q": (2, 4, 3), "K": (2, 4, 4, 3), "V": (2, 4, 5)},
    ),
    "values of each query, causal": (
        "input Q[b n d] K[b m d] V[b n m w]\nS[b n m] = Q[b n d] K[b m d]\n"
        "A = softmax[m](causal[n m](S))\nY[b n w] = A[b n m] V[b n m w]\nreturn Y",
        {"Q": (2, 4, 3), "K": (2, 4, 3), "V": (2, 4, 4, 5)},
    ),
    "scales that are no whole numbers": (
        "input X[n]\nY[n] = X[n] / (n/2)\nZ[n] = X[n] * (1/n)\nU[n] = X[n] / sqrt(n/2)\n"
        "return Y, Z, U",
        {"X": (5,)},
    ),
    "scores that read a softmax": (
        "input Q[b n d] X[b m d] Z[b k d]\nS[b n m] = Q[b n d] X[b m d]\nA1 = softmax[m](S)\n"
        "S2[b n k] = A1[b n m] X[b m d] Z[b k d]\nA2 = softmax[k](S2)\n"
        "Y[b n d] = A2[b n k] Z[b k d]\nreturn Y",
        {"Q": (2, 3, 4), "X": (2, 5, 4), "Z": (2, 6, 4)},
    ),
    "scaled after the mask": (
        "input S[n m:n]\nU[n m] = causal[n m](S, shift=-1)[n m] * 0.5\nA = softmax[m](U)\nreturn A",
        {"S": (4, 4)},
    ),
    "two dropouts of nearly one name": (
        "input X[n]\nA_1 = dropout(X, p=0.1)\nA[n] = dropout(X, p=0.5)[n] A_1[n]\nreturn A",
        {"X": (3,)},
    ),
    "names that Python keeps": (
        "input self[n] lambda[n] None[n] mask[n] F[n] torch[n] X.1[n] X_1[n] X'[n] X_prime[n]\n"
        "unit[n] = self[n] lambda[n]\nF2[n] = relu(None) + mask + F + torch\n"
        "Y[n] = unit[n] F2[n] X.1[n] X_1[n] X'[n] X_prime[n]\n"
        "True[n m] = causal[n m](unit[n] mask[m])\n"
        "return Y, True",
        dict.fromkeys(
            ("self", "lambda", "None", "mask", "F", "torch", "X.1", "X_1", "X'", "X_prime"), (3,)
        ),
    ),
    "a constant alone": ("dims n=4\nconst I[n]=ones\nreturn I", {}),
    "equations read off legs": (
        "dims r = h*d\ninput X[n h d]\nY[n] = X[n h d] / r\nreturn Y",
        {"X": (2, 3, 4)},
    ),
    "an equation on a leg": (
        "dims r = h*d\ninput X[n r]\nY[n] = X[n r] / sqrt(r)\nreturn Y",
        {"X": (2, 6)},
    ),
    "numbers alone": (
        "c[] = 2\nd[] = 3\ne[] = c[] d[]\ng = sqrt(e)\nk = c + d\nreturn e, g, k",
        {},
    ),
    "a number masks": (
        "input S[n m]\nA = softmax[m](mask(S, 1))\nreturn A",
        {"S": (2, 3)},
    ),
    "doubled edges beside a softmax": (
        "input Q[b n d d'] K[b m d] V[b m m' w]\nS[b n m] = Q[b n d d] K[b m d]\n"
        "A = softmax[m](S)\nY[b n w] = A[b n m] V[b m m w]\nreturn Y",
        {"Q": (2, 3, 4, 4), "K": (2, 5, 4), "V": (2, 5, 5, 3)},
    ),
    "constants first": (
        "const P[n]=ones\ninput X[n f:2]\nweight W[f:2 k:3]=ones\n"
        "Y[n k] = X[n f] W[f k] P[n]\nreturn Y",
        {"X": (4, 2)},
    ),
}


def given(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {name: torch.randn(shape, dtype=torch.float64) for name, shape in shapes.items()}


def results(value: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("name", CASES)
def test_compiled_exported_and_interpreted_agree(name: str):
    text, shapes = CASES[name]
    program = parse(text)
    values = given(shapes)
    close = 1e-12 if shapes else 1e-6  # numbers alone are float32
    wanted = diagram.interpret(program, **values)
    module = diagram.compile(program).double().eval()
    scope: dict[str, object] = {}
    exec(python_source(program), scope)
    exported = scope["Module"]
    assert isinstance(exported, type)
    for run in (module, exported().double().eval()):
        found = results(run(*values.values()))
        for value, output in zip(found, program.outputs, strict=True):
            assert isinstance(value, Tensor)
            torch.testing.assert_close(
                value.double(), wanted[output].double(), rtol=close, atol=close
            )


def test_dropouts_keep_their_own_rates():
    module = diagram.compile(parse(CASES["two dropouts of nearly one name"][0]))
    rates = [part.p for part in module.modules() if isinstance(part, torch.nn.Dropout)]
    assert sorted(rates) == [0.1, 0.5]


def test_one_hot_alone_follows_the_dtype_of_the_module():
    module = diagram.compile(parse("index T[n] of v\nO = one_hot[v](T)\nreturn O"), v=3)
    assert module(torch.tensor([0, 2])).dtype == torch.float32
    assert module.double()(torch.tensor([0, 2])).dtype == torch.float64


def test_a_mask_does_not_choose_the_dtype():
    text = (
        "dims v=3 m=2\ninput M[m] X[n m]\nindex T[n] of v\nweight E[v m]=ones\n"
        "Y[n m] = softmax[m](mask(X, M)) + one_hot[v](T)[n v] E[v m]\nreturn Y"
    )
    module = diagram.compile(parse(text))
    keep = torch.tensor([True, False])
    assert module(keep, torch.zeros(2, 2), torch.tensor([0, 1])).tolist() == [[2, 1], [2, 1]]


@pytest.mark.parametrize("name", ["to", "forward", "plan", "type", "training", "_run"])
def test_a_weight_that_a_module_cannot_hold_is_refused(name: str):
    program = parse(f"input X[n f]\nweight {name}[f]\nY[n f] = X[n f] {name}[f]\nreturn Y")
    with pytest.raises(DiagramError, match=f"cannot hold `{name}`"):
        diagram.compile(program, f=2)


def test_a_path_and_its_parent_are_refused():
    program = parse("weight a[f] a.b[f]\nY[f] = a[f] a.b[f]\nreturn Y")
    with pytest.raises(DiagramError, match=r"cannot hold `a\.b`"):
        diagram.compile(program, f=2)


def test_nothing_in_a_note_becomes_code():
    text = 'input X[n]\n# """; raise SystemExit; """\nY[n] = X[n] * 2\nreturn Y'
    scope: dict[str, object] = {}
    exec(python_source(parse(text)), scope)
    assert "Module" in scope


@pytest.mark.parametrize(
    ("text", "shapes", "message"),
    [
        (
            "input X[n e:(d/2)] Z[n e:(d/2)]\nY[n e] = X[n e] Z[n e]\nreturn Y",
            {"X": (2, 7), "Z": (2, 1)},
            "d/2",
        ),
        (
            "dims r = h*d\ninput X[n h d] Z[n r]\nY[n] = X[n h d] Z[n r]\nreturn Y",
            {"X": (3, 2, 2), "Z": (3, 7)},
            "leg `r` of Z has length 7, but 4 is expected",
        ),
        (
            "input X[n] Z[e:(n//2)] U[e:((n+1)//2)]\nY[] = X[n] Z[e] U[e]\nreturn Y",
            {"X": (5,), "Z": (2,), "U": (3,)},
            "edge `e` of Y",
        ),
    ],
)
def test_lengths_that_follow_from_others_are_checked(text, shapes, message):
    module = diagram.compile(parse(text)).double()
    with pytest.raises(SizeError, match=message.replace("(", r"\(")):
        module(*given(shapes).values())


def test_what_no_input_tells_is_asked_for():
    with pytest.raises(
        SizeError, match=r"no input tells dim `t`; give it: compile\(program, t=8\)"
    ):
        diagram.compile(parse("dims t\ninput X[n]\nY[n] = X[n] / t\nreturn Y"))


def test_constants_are_not_rounded_twice():
    program = parse("input X[i:2]\nconst K[i:2]=(0.1 0.2)\nY[i] = X[i] K[i]\nreturn Y")
    found = diagram.compile(program).double()(torch.ones(2, dtype=torch.float64))
    assert found.tolist() == [0.1, 0.2]


def test_a_zero_scale_is_refused():
    with pytest.raises(SizeError, match="divided by d = 0"):
        diagram.compile(parse("input X[n]\nweight W[d]\nY[n] = X[n] W[d] / sqrt(d)\nreturn Y"), d=0)


def test_whole_numbers_are_not_floating():
    program = parse("input M[n m] X[m f]\nY[n f] = M[n m] X[m f]\nreturn Y")
    with pytest.raises(SizeError, match=r"input M holds torch\.bool; floating-point numbers"):
        diagram.compile(program)(torch.ones(2, 3, dtype=torch.bool), torch.ones(3, 4))
