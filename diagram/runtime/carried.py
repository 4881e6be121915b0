"""Our own functions, classes and numbers that generated source calls, as text that goes with it."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from torch.nn import functional

from diagram.runtime.source import SCOPE

OURS = "diagram."
"""Modules whose text is carried; what they take from others is imported."""

IMPORTED = {
    "cache": "from functools import cache",
    "math": "import math",
    "NamedTuple": "from typing import NamedTuple",
    "Sequence": "from collections.abc import Sequence",
}


class Carried(NamedTuple):
    """Lines of imports, and the texts of what is called, each under a name that begins with `_`."""

    imports: tuple[str, ...]
    texts: tuple[str, ...]


def carried(body: str) -> Carried:
    """What the body calls of ours, and all that this needs in turn; numbers come first."""
    waiting = [
        SCOPE[word]
        for word in dict.fromkeys(re.findall(r"(?<![.\w])(_[a-z_]+)\(", body))
        if word in SCOPE
    ]
    found: dict[str, Any] = {}
    texts: list[str] = []
    numbers: dict[str, float] = {}
    imports: set[str] = set()
    while waiting:
        each = waiting.pop(0)
        name = each.__name__
        if name in found:
            assert found[name] is each, f"two of ours are called {name}"
            continue
        found[name] = each
        text, used = _written(each)
        texts.append(text)
        for other, value in used.items():
            if isinstance(value, int | float):
                assert numbers.setdefault(other, value) == value, f"two numbers are called {other}"
            elif _is_ours(value):
                waiting.append(value)
            elif other in IMPORTED:
                imports.add(IMPORTED[other])
    lines = [f"{_private(name)} = {value!r}" for name, value in numbers.items()]
    own = ["\n".join(lines)] if lines else []
    first = ("from __future__ import annotations", "") if imports else ()
    return Carried((*first, *sorted(imports)), (*own, *texts))


def _is_ours(value: object) -> bool:
    return str(getattr(value, "__module__", "")).startswith(OURS)


def _private(name: str) -> str:
    return name if name.startswith("_") else f"_{name}"


def _written(value: Any) -> tuple[str, dict[str, Any]]:
    """The text of a function or class with ours under private names, and the globals it uses."""
    text = inspect.getsource(value)
    tree = ast.parse(text).body[0]
    around = vars(sys.modules[value.__module__])
    names = dict(_globals(tree, around))
    edits = {(value.__name__, _place(tree, text, value.__name__)): _private(value.__name__)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            target = names[node.id]
            if target is functional:
                edits[node.id, (node.lineno, node.col_offset)] = "F"
            elif _is_ours(target) or isinstance(target, int | float):
                edits[node.id, (node.lineno, node.col_offset)] = _private(node.id)
    lines = text.splitlines(keepends=True)
    for (name, (line, column)), new in sorted(edits.items(), key=lambda edit: edit[0][1])[::-1]:
        old = lines[line - 1]
        lines[line - 1] = old[:column] + new + old[column + len(name) :]
    made = re.sub(r"  # (?:type: ignore|noqa).*", "", "".join(lines))
    return made, names


def _globals(tree: ast.stmt, around: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The names that are looked up in the module, and what they mean there."""
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    for node in names:
        if node.id in around and node.id not in bound:
            yield node.id, around[node.id]


def _place(tree: ast.stmt, text: str, name: str) -> tuple[int, int]:
    """Where the name stands in `def name` or `class name`, behind the decorators."""
    line = text.splitlines()[tree.lineno - 1]
    return tree.lineno, line.index(name, len("class" if isinstance(tree, ast.ClassDef) else "def"))
