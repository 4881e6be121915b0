"""What the tests share: hypothesis profiles, Chromium, and the running app."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import expect

from diagram.planner.folder import VARIABLE
from diagram.planner.rates import kept

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
STUDIO_FLAGS = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "server.address": "127.0.0.1",
}
START_SECONDS = 60

# What is awaited comes at once on a machine at rest, and late on one with other work.
expect.set_options(timeout=60_000)

settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "fuzz",
    max_examples=5_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as `browser` what uses the browser or the running app."""
    for item in items:
        if {"page", "browser", "studio_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one a test fails in CI, and is skipped elsewhere."""
    names = (os.environ.get("CHROMIUM", ""), *CHROMIUM_NAMES)
    path = next((path for name in names if name and (path := shutil.which(name))), None)
    if path is not None:
        return path
    reason = "no Chromium: install it (`make chromium` on Debian), or set CHROMIUM to its path"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept on disk goes where nothing of the user's is, and nothing of other runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for what is kept on disk, for one test: rates kept there are no other test's."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    kept.cache_clear()
    yield tmp_path / "cache"
    kept.cache_clear()


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, object], chromium: str
) -> dict[str, object]:
    """The installed Chromium in place of playwright's own, which would have to be downloaded."""
    return {**browser_type_launch_args, "executable_path": chromium, "args": [*CHROMIUM_FLAGS]}


@pytest.fixture(scope="session")
def studio_url() -> Iterator[str]:
    """The address of the app, which runs while the tests do."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    flags = {**STUDIO_FLAGS, "server.port": str(port)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += [f"--{name}={value}" for name, value in flags.items()]
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            if not _answers(server, f"{url}/_stcore/health"):
                log.seek(0)
                pytest.fail(f"the app did not start in {START_SECONDS} s:\n{log.read()}")
            yield url
        finally:
            _stop(server)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(server: subprocess.Popen[bytes], url: str) -> bool:
    """Whether the address answers before the server ends or the time is up."""
    end = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
