"""The rooms of the project: imports run one way, and `import diagram` is light."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("diagram", "models", "frontend")
HEAVY = ("torch", "streamlit", "opt_einsum", "networkx", "graphviz", "altair", "pandas")


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """import-linter in a tree; PYTHONPATH puts that tree before an installed project."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and the contracts, to be spoilt."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def test_contracts_hold():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("diagram/language", "import diagram.planner", "inside diagram"),
        ("diagram/planner", "import diagram.runtime", "inside diagram"),
        ("diagram/draw", "import diagram.planner", "draw does not know the planner"),
        ("diagram/language", "from diagram import draw", "inside diagram"),
        ("diagram/draw", "import models", "frontend -> models -> diagram"),
        ("models", "import frontend", "frontend -> models -> diagram"),
        ("models", "import app", "nobody imports the script"),
        ("diagram/planner", "import torch", "torch only"),
        ("diagram/language", "import torch.nn", "torch only"),
        ("models", "import torch", "torch only"),
        ("frontend", "from torch import nn", "torch only"),
        ("frontend", "import safetensors.torch", "torch only"),
        ("diagram/planner", "import opt_einsum", "opt_einsum only"),
        ("diagram/runtime", "import opt_einsum.contract", "opt_einsum only"),
        ("diagram/language", "import networkx", "networkx and graphviz only"),
        ("frontend", "import graphviz", "networkx and graphviz only"),
        ("models", "import streamlit", "streamlit and what comes with it"),
        ("diagram/draw", "import altair", "streamlit and what comes with it"),
    ],
)
def test_a_planted_import_is_seen(copy: Path, room: str, line: str, contract: str):
    (copy / room / "planted.py").write_text(f"{line}\n")
    result = lint_imports(copy)
    broken = [row for row in result.stdout.splitlines() if " BROKEN" in row]
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(row.startswith(contract) for row in broken), result.stdout
    assert ".planted" in result.stdout


def test_a_module_of_diagram_has_a_place(copy: Path):
    (copy / "diagram" / "planted.py").touch()
    result = lint_imports(copy)
    assert result.returncode == 1
    assert "diagram.planted" in result.stdout


def imported(path: Path) -> Iterator[str]:
    """The top-level names that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module):
                yield (module or "").partition(".")[0]


def test_the_script_only_shows_the_frontend():
    ours = set(imported(ROOT / "app.py")) - set(sys.stdlib_module_names)
    assert ours <= {"frontend", "streamlit"}


@pytest.mark.parametrize(
    "package", ["diagram", "diagram.draw", "diagram.equality", "diagram.language", "models"]
)
def test_imports_are_light(package: str):
    command = f"import sys, {package}; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    allowed = {"networkx", "graphviz"} if package == "diagram.draw" else set()
    assert not (set(HEAVY) - allowed) & set(modules)


def test_every_public_name_is_there():
    # draw twice, and after its room: the submodule of that name must not hide the function.
    command = (
        "import diagram, diagram.draw, models\n"
        "for name in (*diagram.__all__, *diagram.__all__):\n"
        "    assert callable(getattr(diagram, name)) or name == 'ops', name"
    )
    subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=True)
