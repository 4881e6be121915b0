"""Writes anew what the documents show: messages, pictures, tables. `make docs`.

What stands in them by hand stays; a test asks that nothing would change.
"""

from __future__ import annotations

from pathlib import Path

from scripts.catalogue import catalogue
from scripts.reference import pictures, reference

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def read(name: str) -> str:
    """A document as it stands."""
    return (DOCS / name).read_text(encoding="utf-8")


def main() -> None:
    """Writes them, and removes pictures that no document shows."""
    language = reference(read("language.md"))
    made = {"errors.md": catalogue(read("errors.md")).text, "language.md": language}
    made |= dict(pictures(language))
    for old in (DOCS / "pictures").glob("*.svg"):
        if old.relative_to(DOCS).as_posix() not in made:
            old.unlink()
    for name, text in made.items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
