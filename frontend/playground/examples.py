"""Texts to begin with: the zoo, whole transformers, and what the documents show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from frontend.document import Document, example
from models import BLOCKS, WILD, ZOO

DOCS = Path(__file__).parents[2] / "docs" / "language.md"
"""There in a checkout; a package has only the zoo."""

SHOWN = re.compile(r"^## (?P<title>[^\n]+)$|^```td\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
GROUPS = {"zoo": ZOO, "block": BLOCKS, "in the wild": WILD}


@cache
def examples() -> Mapping[str, Document]:
    """Every example by the title under which it is offered."""
    found = {
        f"{made.title} ({group})": example(name)
        for group, models in GROUPS.items()
        for name, made in models.items()
    }
    return {**found, **_documented(DOCS.read_text(encoding="utf-8") if DOCS.exists() else "")}


def _documented(text: str) -> dict[str, Document]:
    """The examples of the language's reference, by the heading that each stands under.

    >>> list(_documented("## Trace\\n```td\\ninput A[i j]\\nreturn A\\n```\\n"))
    ['Trace (language)']
    """
    found: dict[str, Document] = {}
    title = ""
    for part in SHOWN.finditer(text):
        title = part["title"] or title
        if part["text"]:
            count = sum(key.startswith(f"{title} ") for key in found)
            numbered = f"{title} {count + 1}" if count else title
            found[f"{numbered} (language)"] = Document(part["text"], part["text"])
    return found
