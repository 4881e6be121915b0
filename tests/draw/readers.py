"""Figures that are exported, and programs that read them."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from diagram.draw import Drawing, draw
from tests.draw.networks import everything

CASES = everything()


@cache
def drawn(name: str) -> Drawing:
    """The figure of a case; to lay it out takes longer than all that is done with it."""
    return draw(*CASES[name])


def reader(name: str) -> str:
    """The path of a program; without it a test fails in CI, and is skipped elsewhere."""
    found = shutil.which(name)
    if found is not None:
        return found
    reason = f"no {name}: `make readers` installs it on Debian"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def latex(text: str, folder: Path) -> Path:
    """The PDF that pdfLaTeX makes of a document."""
    command = [reader("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
    (folder / "figure.tex").write_text(text, encoding="ascii")
    done = subprocess.run(
        [*command, "figure.tex"], cwd=folder, capture_output=True, timeout=300, check=False
    )
    log = (folder / "figure.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-3000:]
    assert "Missing character" not in log
    return folder / "figure.pdf"
