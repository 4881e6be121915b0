"""What a component is told costs no import of tables."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from frontend.canvas import canvas
from frontend.figure import figure
from frontend.keeper import keeper
from frontend.pages import ROOMS
keeper(ROOMS["learn"])
figure("one", "<svg/>", "nothing")
canvas("two", "<svg/>", "nothing", [("n", "N", "= 3")], None)
import sys
assert "pandas" not in sys.modules
"""


def test_no_figure_needs_pandas():
    code = f"""
from streamlit.testing.v1 import AppTest
app = AppTest.from_string({SCRIPT!r}, default_timeout=120).run()
assert not app.exception, app.exception
assert len(app.get("bidi_component")) == 3
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
