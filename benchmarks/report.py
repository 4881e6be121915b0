"""The table of benchmarks/README.md, from the results that were written last."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
README = HERE / "README.md"
START, END = "<!-- results -->", "<!-- end of results -->"


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Of each benchmark what is to be reached and what was found."""
    for file in sorted((HERE / "results").glob("*.json")):
        for row in json.loads(file.read_text(encoding="utf-8")).get("summary", []):
            yield file.stem, row["work"], row["reach"], row["found"]


def table() -> str:
    """All rows in Markdown."""
    lines = ["| benchmark | work | to reach | found |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows())])


def write() -> None:
    """Puts the table between its marks."""
    text = README.read_text(encoding="utf-8")
    made = f"{START}\n{table()}\n{END}"
    README.write_text(
        re.sub(f"{START}.*?{END}", lambda _: made, text, flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    write()
