"""The server imports what pages need as it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from streamlit.web.server.app_discovery import discover_asgi_app

from frontend.pages import ROOMS

ROOT = Path(__file__).parents[2]

SERVER = """
import asyncio, sys, threading
from app import app
from frontend.warm import ready

async def start():
    async with ready(app):
        for thread in threading.enumerate():
            if thread is not threading.main_thread():
                await asyncio.to_thread(thread.join)

asyncio.run(start())
print(app.script_path, *sys.modules, sep="\\n")
"""


def test_the_server_imports_the_pages_and_not_torch():
    path, *modules = subprocess.run(
        [sys.executable, "-c", SERVER], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert Path(path) == ROOT / "app.py"
    assert {f"frontend.{name}.page" for name in ROOMS} <= set(modules)
    assert "torch" not in modules


def test_streamlit_finds_the_server_in_the_script():
    assert discover_asgi_app(ROOT / "app.py").import_string == "app:app"
