"""Writes anew what the documents show: messages, pictures, tables. `make docs`.

What stands in them by hand stays; a test asks that nothing would change.
"""

from __future__ import annotations

from pathlib import Path

from scripts.catalogue import catalogue

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def read(name: str) -> str:
    """A document as it stands."""
    return (DOCS / name).read_text(encoding="utf-8")


def anew() -> dict[str, str]:
    """Every file under docs/ that is made, by its name."""
    return {"errors.md": catalogue(read("errors.md")).text}


def main() -> None:
    """Writes them."""
    for name, text in anew().items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
