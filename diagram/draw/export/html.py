"""A figure as one HTML file that asks nothing of any server: hover, legend, zoom, both themes."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from diagram.draw.export.tags import tagged
from diagram.draw.markup import element, safe
from diagram.draw.scene import Look, Scene

HINT = "Point at an edge or a dim. Drag or shift and arrows move, + and − zoom, 0 shows all."
MEETING = (Look.JUNCTION, Look.PLUS, Look.STAR)
"""Where the wires of one edge meet."""


def html(scene: Scene, screen: str, has_legend: bool) -> str:
    """The page around a figure in the colours of its page; its own legend where it has none.

    Nothing but the style and the script below may run or load, and no other page is asked
    (Content Security Policy, level 3).
    """
    title = f"Tensor diagram of {', '.join(scene.parts)}"
    style, script = _beside("page.css"), _beside("page.js")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src-elem '{_digest(style)}'; "
        "style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        element("title", [], safe(title)),
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        f"<main>\n{screen}</main>",
        "<footer>",
        *(() if has_legend else _legend(scene)),
        element("p", [("aria-live", "polite"), ("data-hint", HINT)], HINT),
        '<div class="views" role="group" aria-label="view">',
        '<button type="button" value="-" aria-label="zoom out">−</button>',
        '<button type="button" value="+" aria-label="zoom in">+</button>',
        '<button type="button" value="0">fit</button>',
        "</div>",
        "</footer>",
        f'<script type="application/json" id="edges">{_edges(scene)}</script>',
        f"<script>{script}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


@cache
def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _legend(scene: Scene) -> Iterator[str]:
    if not scene.dims:
        return
    yield '<ul aria-label="dims">'
    for dim, shown, length in scene.dims:
        text = tagged(shown) + safe(f" = {length}" if length else "")
        said = f"{dim} = {length}" if length else dim
        facts = [("type", "button"), ("data-dim", dim), ("aria-pressed", "false")]
        button = element("button", [*facts, ("aria-label", said)], text)
        yield element("li", [], button)
    yield "</ul>"


def _edges(scene: Scene) -> str:
    """The ids of each edge's wires and junctions, as JSON that no markup can end."""
    edge: dict[str, frozenset[str]] = {}
    for wire in scene.wires:
        ends = [end for end in wire.ends if end and scene.item[end].look in MEETING]
        whole = frozenset([wire.id]).union(*(edge.get(end, {end}) for end in ends))
        edge |= dict.fromkeys(whole, whole)
    found = sorted({tuple(sorted(whole)) for whole in edge.values()})
    return json.dumps(found).replace("<", r"\u003c")
