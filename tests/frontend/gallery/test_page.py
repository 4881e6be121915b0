"""The gallery without a browser."""

from __future__ import annotations

import subprocess
import sys

from frontend.attention import state
from frontend.attention.state import Side
from frontend.document import current, example
from models import BLOCKS, WILD, ZOO


def test_every_program_stands_there_with_its_counts(studio, parts):
    app = studio("gallery")
    assert not app.error
    assert len(parts(app, "svg")) == len(ZOO) + len(BLOCKS) + len(WILD)
    assert any("1,048,576 parameters" in text.value for text in app.markdown)
    app.button("gallery.lossless.playground").click().run()
    assert not app.exception
    assert current(app.session_state) == example("lossless")


def test_no_picture_needs_torch():
    code = """
import sys
import frontend.gallery.page
from frontend import document, results
results.drawn(document.example("lossless").program, "lossless")
results.planned(document.example("lossless").good, {"n": 8, "b": 1})
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_program_is_compared(studio):
    app = studio("gallery")
    app.button("gallery.skip-left.attention").click().run()
    assert not app.exception
    assert state.model(app.session_state, Side.LEFT).name == "skip-left"
