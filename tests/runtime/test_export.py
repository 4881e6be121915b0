"""The exported file needs torch alone, and gives what the compiled module gives."""

from __future__ import annotations

import ast
import builtins
import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

from diagram import Program, compile, parse
from diagram.language.core import Kind
from diagram.runtime.export import plan_source, python_source
from models import ZOO, attention
from tests.models.cases import Case, load, numbers
from tests.runtime.random_programs import Written, lengths, several

MASKED = """
dims   f=6 h=2 d=3
input  X[b n f] M[b m:n]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f] G[f]=ones
buffer R[f]=range
const  E[n m:n]=eye T[n]=range F[f f']=eye
H[b n f] = layer_norm[f](X)[b n f] G[f] + R
S[b h n m] = H[b n f] WQ[f h d] H[b m g] WK[g h d] / sqrt(d)
A = softmax[m](mask(causal[n m](S, window=3), M))
V[b n f] = A[b h n m] H[b m g] WV[g h d] WO[h d f] + E[n a] T[a]
P[b n m] = softmax[m](causal[n m](H[b n f] H[b m f]))
D = dropout(P, p=0.5)
Y[b n g] = gelu(V)[b n f] F[f g] + D[b n m] X[b m g]
Z = rms_norm[g](unit[g](square(Y)))
return Y, Z
"""

EMBEDDED = """
dims v=7 f=4
index T[b n] of v
weight E[v f]=normal(0.02) U[f v]=orthogonal
X[b n f] = one_hot[v](T)[b n v] E[v f]
L[b n v] = sort[v](X[b n f] U[f v], descending=1)
return L
"""


def executed(text: str) -> type[nn.Module]:
    """The class of a file that is run with nothing but torch to import."""

    def only_torch(name: str, *args: Any, **kwargs: Any) -> Any:
        assert name.partition(".")[0] in ("torch", *sys.stdlib_module_names)
        return builtins.__import__(name, *args, **kwargs)

    scope: dict[str, Any] = {
        "__builtins__": {**vars(builtins), "__import__": only_torch},
        "__name__": "exported",
    }
    exec(builtins.compile(text, "exported.py", "exec"), scope)
    found: type[nn.Module] = scope["Module"]
    assert issubclass(found, nn.Module)
    return found


def same(program: Program, inputs: list[Tensor], **sizes: int) -> None:
    """Exported = compiled with the same state: state dict's names and shapes, values, gradients."""
    module = compile(program, sizes).double()
    other = executed(python_source(program, "Module", **sizes))().double()
    assert {k: v.shape for k, v in other.state_dict().items()} == {
        k: v.shape for k, v in module.state_dict().items()
    }
    assert [name for name, _ in other.named_parameters()] == [
        name for name, _ in module.named_parameters()
    ]
    other.load_state_dict(module.state_dict())
    for training in (False, True):
        results = []
        for each in (module.train(training), other.train(training)):
            torch.manual_seed(0)
            y = each(*inputs)
            results.append(y if isinstance(y, tuple) else (y,))
        for found, expected in zip(*reversed(results), strict=True):
            assert torch.equal(found, expected)


@pytest.mark.parametrize("model", ZOO)
def test_zoo(model: str):
    case = Case(model, 1)
    values = numbers(case.program, case.sizes)
    same(case.program, [values[s.name] for s in case.program.sources if s.kind == "input"])


@pytest.mark.parametrize("model", ZOO)
def test_initial_numbers_are_drawn_alike(model: str):
    """With the same seed the exported module starts from the numbers of the compiled one."""
    program = Case(model, 1).program
    torch.manual_seed(5)
    module = compile(program)
    torch.manual_seed(5)
    other = executed(python_source(program))()
    for name, value in module.state_dict().items():
        assert torch.allclose(other.state_dict()[name], value, atol=1e-6)


def test_masks_norms_buffers_constants_and_dropout():
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    same(parse(MASKED), [x, torch.tensor([[0, 1, 1, 1, 1], [1, 1, 1, 0, 0]])])


def test_indices():
    same(parse(EMBEDDED), [torch.randint(0, 7, (2, 3))])


def test_names_with_primes_and_dots():
    text = "input X'[n f]\nweight Y.0.W[f g] W'[g]\nZ[n] = X'[n f] Y.0.W[f g] W'[g]\nreturn Z"
    same(parse(text), [torch.randn(3, 2, dtype=torch.float64)], f=2, g=4)


@settings(max_examples=30)
@given(several(), lengths())
def test_random_programs(written: Written, sizes: dict[str, int]):
    values = {k: torch.from_numpy(v) for k, v in written.numbers(sizes, 0).items()}
    same(parse(written.text), [values[name] for name in written.inputs], **sizes)


def test_the_name_of_the_class():
    text = python_source(parse(MASKED), "Block")
    assert "class Block(nn.Module):" in text
    assert "class Module" not in text


@pytest.mark.parametrize("program", [*(Case(name, 1).program for name in ZOO), parse(MASKED),
                                     parse(EMBEDDED)],
                         ids=[*ZOO, "masked", "embedded"])  # fmt: skip
def test_text_is_clean(program: Program):
    """It parses, imports torch alone, holds no trailing space, and says which program it is."""
    text = python_source(program)
    tree = ast.parse(text)
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= {"torch", "torch.nn"}
    assert "require(" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.endswith("\n")
    assert ast.get_docstring(tree) is not None
    comments = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    assert comments == str(program).splitlines()


def test_same_program_same_text():
    assert python_source(parse(MASKED)) == python_source(parse(MASKED))


@pytest.mark.slow
def test_types_are_right(tmp_path: Path):
    """mypy finds nothing in the exported files."""
    programs = {name: Case(name, 1).program for name in ZOO}
    programs |= {"masked": parse(MASKED), "embedded": parse(EMBEDDED)}
    files = []
    for name, program in programs.items():
        files.append(tmp_path / f"{name.replace('-', '_')}.py")
        files[-1].write_text(python_source(program), encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file=",
            f"--cache-dir={tmp_path / 'cache'}",
            *files,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_runs_in_a_process_that_has_not_loaded_this_library(tmp_path: Path):
    program = attention.multi_head(f=6, h=2, d=3)
    module = compile(program)
    (tmp_path / "exported.py").write_text(python_source(program), encoding="utf-8")
    x = torch.randn(2, 4, 6)
    torch.save(
        {"state": module.state_dict(), "x": x, "y": module(x).detach()}, tmp_path / "data.pt"
    )
    script = (
        "import sys, torch\nsys.path[:] = [p for p in sys.path if p] + ['.']\n"
        "from exported import Module\ndata = torch.load('data.pt')\nmodule = Module()\n"
        "module.load_state_dict(data['state'])\nassert torch.equal(module(data['x']), data['y'])\n"
        "assert 'diagram' not in sys.modules\nprint('equal')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "equal\n", done.stderr


def test_copies_of_an_exported_module():
    program = attention.lossless(f=4, r=3)
    module = executed(python_source(program))()
    x = torch.randn(1, 2, 4)
    assert torch.equal(copy.deepcopy(module)(x), module(x))


def test_loads_the_state_of_pretrained_weights():
    """The parameters are declared with the program's names and shapes, biases and all."""
    program = attention.multi_head(f=6, h=2, d=3, bias=True)
    values = numbers(program, {"f": 6, "h": 2, "d": 3, "b": 1, "n": 4})
    module = load(executed(python_source(program))().double(), values)
    expected = load(compile(program).double(), values)
    assert torch.equal(module(values["X"]), expected(values["X"]))
    assert set(module.state_dict()) == {s.name for s in program.sources if s.kind is Kind.WEIGHT}


@pytest.mark.parametrize("causal", [False, True])
def test_interpolated_attention_goes_with_it(causal: bool):
    """With a tolerance the file holds the whole kernel, and its gradients."""
    text = str(attention.lossless(8, 6))
    if causal:
        text = text.replace("softmax[m](S)", "softmax[m](causal[n m](S))")
    module = compile(parse(text), tolerance=1e-3)
    text = plan_source(module.plan)
    assert "_interpolated(" in text.rpartition("class Module")[2]
    written = executed(text)()
    written.load_state_dict(module.state_dict())
    x = 3 * torch.randn(1, 1500, 8)
    values = [run(x) for run in (module, written)]
    assert torch.equal(*values)
    gradients = [
        torch.autograd.grad(value.square().sum(), run.get_parameter("WQ"))[0]
        for value, run in zip(values, (module, written), strict=True)
    ]
    assert torch.equal(*gradients)
