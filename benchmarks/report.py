"""The tables of benchmarks/README.md and of the README, from the results that were written last."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ALL = HERE / "README.md"
FRONT = HERE.parent / "README.md"
PEERS = ("compiled", "hand-written", "packed", "nn.MultiheadAttention", "einops", "einsum")


def results() -> dict[str, Mapping[str, Any]]:
    """What each benchmark wrote, by its name."""
    files = sorted((HERE / "results").glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Of each benchmark what is to be reached and what was found."""
    for name, found in results().items():
        for row in found.get("summary", []):
            yield name, row["work"], row["reach"], row["found"]


def table() -> str:
    """All rows in Markdown."""
    lines = ["| benchmark | work | to reach | found |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows())])


def attention() -> str:
    """Multi-head attention: median milliseconds, in brackets ratios to the faster by hand."""
    lines = [f"| b, n, f, h, d | pass | {' | '.join(PEERS)} |", "|---" * (2 + len(PEERS)) + "|"]
    for each in results()["attention"]["results"]:
        if each["kind"] != "multi-head":
            continue
        sizes = ", ".join(str(number) for number in each["sizes"].values())
        for name, times in each["passes"].items():
            cells = [
                f"{times[who]['median_ms']:.3g} ({times[who]['ratio']:.2f})" if who in times else ""
                for who in PEERS
            ]
            lines.append(f"| {sizes} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def filled(text: str) -> str:
    """A text with the tables between their marks."""
    for mark, made in (("results", table), ("attention", attention)):
        if f"<!-- {mark} -->" in text:
            pattern = f"<!-- {mark} -->.*?<!-- end of {mark} -->"
            block = f"<!-- {mark} -->\n{made()}\n<!-- end of {mark} -->"
            text = re.sub(pattern, lambda _, block=block: block, text, flags=re.DOTALL)  # type: ignore[misc]
    return text


def write() -> None:
    """Fills both."""
    for path in (ALL, FRONT):
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
