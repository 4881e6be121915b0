"""The studio in Chromium: how soon a page is there, and how soon it answers.

    python benchmarks/studio.py [--rounds 15]

Visits are those of new visitors, in turn with visits to a Streamlit page of a title and nothing
else: what that takes is the framework's and the browser's. Answers are timed in the browser, from
the event to the frame in which the page shows what comes of it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.timing import machine

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results" / "studio.json"
ROOMS = {"attention": "", "playground": "playground", "plan": "plan", "gallery": "gallery"}
"""Pages and their addresses."""
TITLE, FIGURE, ANSWER = 1.5, 2.5, 0.3
"""Seconds to reach: the title, the first figure, and the median of an answer."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
LONGEST = 60_000

Samples = Mapping[str, Sequence[float]]


@contextmanager
def server(script: Path = ROOT / "app.py") -> Iterator[str]:
    """The app, or another one with its settings, just started."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    quiet = subprocess.DEVNULL
    running = subprocess.Popen(command, cwd=ROOT, env=_compiled(), stdout=quiet, stderr=quiet)
    try:
        url = f"http://127.0.0.1:{port}"
        while not _answers(f"{url}/_stcore/health"):
            time.sleep(0.05)
        yield url
    finally:
        running.terminate()
        running.wait(10)


def _compiled() -> dict[str, str]:
    """The environment, with modules compiled once, as Python does unless it is told not to."""
    held = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "tensor-diagrams"), **held}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


# -- visits -----------------------------------------------------------------------------------


def visit(browser: Browser, url: str, has_figure: bool = True) -> tuple[float, float]:
    """Seconds until a new visitor sees the title of a page, and its first figure."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    _shown(page, "h1")
    titled = time.perf_counter() - start
    if has_figure:
        _shown(page, "svg [data-path], .still svg")
    drawn = time.perf_counter() - start
    context.close()
    return titled, drawn


def visits(browser: Browser, rounds: int) -> dict[str, list[float]]:
    """The first visit after the start of a server, and later ones to each page in turn."""
    found: dict[str, list[float]] = {}
    for _ in range(max(1, rounds // 5)):
        with server() as url:
            _add(found, "first visit", visit(browser, url))
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text('import streamlit\n\nstreamlit.title("Empty")\n')
        with server() as url, server(empty) as other:
            for turn in range(rounds + 1):
                seen = {
                    "a bare Streamlit page: title": [visit(browser, other, has_figure=False)[0]]
                }
                for room, path in ROOMS.items():
                    _add(seen, room, visit(browser, f"{url}/{path}"))
                for name, seconds in seen.items() if turn else ():
                    found.setdefault(name, []).extend(seconds)
    return found


def _add(found: dict[str, list[float]], what: str, seconds: tuple[float, float]) -> None:
    for name, each in zip(("title", "figure"), seconds, strict=True):
        found.setdefault(f"{what}: {name}", []).append(each)


# -- answers ----------------------------------------------------------------------------------


def answers(browser: Browser, rounds: int) -> dict[str, list[float]]:
    """Seconds from a click or a key until the page shows what comes of it."""
    found: dict[str, list[float]] = {}
    with server() as url:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        for name, measure in MEASURES.items():
            found[name] = measure(page, url, rounds)
        context.close()
    return found


SEEN = """
(selectors, text) => {
    const among = (root) => [
        ...root.querySelectorAll(selectors),
        ...[...root.querySelectorAll("*")]
            .filter((each) => each.shadowRoot)
            .flatMap((each) => among(each.shadowRoot)),
    ];
    return among(document).some((each) => each.textContent.includes(text));
}
"""
"""Whether something that matches is in the page, also where a component keeps its own."""

WAIT = f"([selectors, text]) => ({SEEN})(selectors, text)"

TIME = f"""
([selectors, text, event, most]) => {{
    const seen = {SEEN};
    window.answered = new Promise((resolve, reject) => {{
        let start = null;
        const end = performance.now() + most;
        const begin = () => (start = performance.now());
        window.addEventListener(event, begin, {{ capture: true, once: true }});
        const look = () => {{
            if (start !== null && seen(selectors, text)) resolve(performance.now() - start);
            else if (performance.now() > end) reject(new Error(`no ${{selectors}}`));
            else requestAnimationFrame(look);
        }};
        look();
    }});
}}
"""
"""From now on, look each frame for what an event brings."""


def _shown(page: Page, selectors: str, text: str = "") -> None:
    """Looks each frame; playwright's own waiting looks in ever longer steps."""
    page.wait_for_function(WAIT, arg=[selectors, text], timeout=LONGEST, polling="raf")


def _timed(page: Page, act: Callable[[], object], event: str, selectors: str, text: str) -> float:
    page.evaluate(TIME, [selectors, text, event, LONGEST])
    act()
    milliseconds: float = page.evaluate("window.answered")
    return milliseconds / 1e3


def _selecting(page: Page, url: str, rounds: int) -> list[float]:
    page.goto(f"{url}/playground")
    names = {"S/1": "WQ", "S/3": "WK"}
    found = []
    for turn in range(rounds + 1):
        path, name = list(names.items())[turn % 2]
        thing = page.locator(f'.figure [data-path="{path}"]')
        thing.wait_for(timeout=LONGEST)
        box = thing.locator("circle, rect, path").first.bounding_box()
        assert box
        at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        click = partial(page.mouse.click, *at)
        found.append(_timed(page, click, "pointerdown", ".inspector h4", name))
    return found[1:]


def _stepping(page: Page, url: str, rounds: int) -> list[float]:
    page.goto(f"{url}/plan")
    page.get_by_role("heading", name="Step 1 of 7").wait_for(timeout=LONGEST)
    found = []
    at, way = 1, 1
    for _ in range(rounds + 12):
        way = 1 if at == 1 else -1 if at == 7 else way
        at += way
        key = "ArrowRight" if way > 0 else "ArrowLeft"
        press = partial(page.get_by_role("slider", name="Step").press, key)
        found.append(_timed(page, press, "keydown", "h1, h2, h3, h4, h5", f"Step {at} of 7"))
    return found[12:]


def _writing(page: Page, url: str, rounds: int) -> list[float]:
    page.goto(f"{url}/playground")
    area = page.get_by_role("textbox", name="Text of the diagram")
    area.wait_for(timeout=LONGEST)
    found = []
    for turn in range(rounds + 1):
        dim = f"x{turn}"
        text = f"input A[i {dim}] B[{dim} k]\nC[i k] = A[i {dim}] B[{dim} k]\nreturn C"
        area.click()
        page.keyboard.press("Control+a")
        write = partial(page.keyboard.insert_text, text)
        found.append(_timed(page, write, "beforeinput", f'.td-wire[data-dim="{dim}"]', ""))
    return found[1:]


MEASURES: Mapping[str, Callable[[Page, str, int], list[float]]] = {
    "select a node": _selecting,
    "step the plan": _stepping,
    "write, to the picture (with a pause of 300 ms)": _writing,
}


# -- results ----------------------------------------------------------------------------------


def summary(found: Samples) -> list[dict[str, str]]:
    """What was to be reached, and the medians."""
    rows = []
    for part, most, work in (
        ("title", TITLE, "seconds to the title of a page"),
        ("figure", FIGURE, "seconds to its first figure"),
    ):
        visits = [(name, s) for name, s in found.items() if name.endswith(f": {part}")]
        said = ", ".join(f"{name.partition(':')[0]} {_median(s):.2f}" for name, s in visits)
        rows.append({"work": f"studio, {work}", "reach": f"<= {most}", "found": said})
    said = ", ".join(f"{name} {1e3 * _median(found[name]):.0f} ms" for name in MEASURES)
    rows.append({"work": "studio, from a click to its answer", "reach": "<= 300 ms", "found": said})
    return rows


def _median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="samples of each (default 15)")
    parser.add_argument("--quick", action="store_true", help="few rounds; writes nothing")
    given = parser.parse_args(arguments)
    rounds = 2 if given.quick else given.rounds
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        found = {**visits(browser, rounds), **answers(browser, rounds)}
        browser.close()
    for name, samples in found.items():
        print(f"{name:<28}{1e3 * _median(samples):>9.0f} ms, at best {1e3 * min(samples):.0f}")
    if not given.quick:
        results = {name: [round(1e3 * each, 1) for each in s] for name, s in found.items()}
        about = machine() | {"rounds": rounds}
        written = {"machine": about, "summary": summary(found), "milliseconds": results}
        RESULTS.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
