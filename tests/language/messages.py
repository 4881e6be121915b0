"""Every message that the library can tell, read off its source: f-strings turned into patterns.

A message is what is given to an error, or to a function with a parameter called `message` or
`*messages`; names are followed to what was assigned to them, calls to what the functions return.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HOLE = "\0"
"""Stands in a wording for what is only known when the message is made."""
ERRORS = ("DiagramError", "SizeError", "FileError", "Fault")
PIECES = ("suggest", "shown", "said", "report", "value")
"""Functions whose texts are pieces of a message and none themselves."""
MOST = 64
DEEPEST = 12


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One wording of a message and the file that makes it."""

    file: str
    wording: str

    def is_told(self, among: Sequence[str]) -> bool:
        """Whether one of these texts is this message, alone or as the reason in another."""
        pattern = ".*?".join(map(re.escape, self.wording.split(HOLE)))
        return any(re.fullmatch(f"(.*: )?{pattern}", text, re.DOTALL) for text in among)


def messages(folder: Path) -> list[Message]:
    """Every message made in a folder of Python files."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")}
    book = _Book(trees)
    found = {
        Message(path.relative_to(folder.parent).as_posix(), re.sub(f"{HOLE}+", HOLE, wording))
        for path in trees
        for wording in _told(book.of(path))
    }
    return sorted(message for message in found if re.search(r"\w\w", message.wording))


@dataclass(frozen=True)
class _Function:
    """A function and, for each of its statements, the lists of statements that it stands in."""

    node: ast.FunctionDef
    file: Path

    def own(self) -> Iterator[ast.AST]:
        """What stands in it, but not in a function inside it."""
        waiting: list[ast.AST] = [*reversed(self.node.body)]
        while waiting:
            node = waiting.pop()
            yield node
            if not isinstance(node, ast.FunctionDef):
                waiting += reversed(list(ast.iter_child_nodes(node)))

    @cached_property
    def inside(self) -> Mapping[ast.AST, tuple[int, ...]]:
        found: dict[ast.AST, tuple[int, ...]] = {}

        def visit(node: ast.AST, lists: tuple[int, ...]) -> None:
            found[node] = lists
            for _, part in ast.iter_fields(node):
                deeper = isinstance(part, list) and any(isinstance(p, ast.stmt) for p in part)
                for child in part if isinstance(part, list) else [part]:
                    if isinstance(child, ast.AST):
                        visit(child, (*lists, id(part)) if deeper else lists)

        visit(self.node, ())
        return found

    def assigned(self, name: str, use: ast.AST) -> Iterator[ast.expr]:
        """What a name can stand for at its use: what was assigned last, on every way there."""
        given = [found for node in self.own() if (found := _assigns(node, name)) is not None]
        before = [(node, value) for node, value in given if value.lineno <= use.lineno]  # type: ignore[attr-defined]
        for node, value in reversed(before):
            yield value
            if self.inside[node][-1:] and self.inside[node][-1] in self.inside[use]:
                return


def _assigns(node: ast.AST, name: str) -> tuple[ast.AST, ast.expr] | None:
    match node:
        case ast.Assign([ast.Name(found)], value) | ast.NamedExpr(ast.Name(found), value):
            return (node, value) if found == name else None
        case ast.AugAssign(ast.Name(found), ast.Add(), value) if found == name:
            start = ast.copy_location(ast.Constant(HOLE), value)
            return node, ast.copy_location(ast.BinOp(start, ast.Add(), value), value)
    return None


class _Book:
    """The functions of all files."""

    def __init__(self, trees: Mapping[Path, ast.Module]) -> None:
        self.all = [
            _Function(node, file)
            for file, tree in trees.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
        ]
        self.views: dict[Path, _View] = {}

    def of(self, file: Path) -> _View:
        """The same seen from a file, whose own private functions it knows."""
        if file not in self.views:
            self.views[file] = _View(self, file)
        return self.views[file]


@dataclass(frozen=True)
class _View:
    """What one file can call: what that returns, and which parameter is a message."""

    book: _Book
    file: Path

    def of(self, file: Path) -> _View:
        return self.book.of(file)

    @cached_property
    def functions(self) -> Sequence[_Function]:
        return [
            function
            for function in self.book.all
            if function.file == self.file or not function.node.name.startswith("_")
        ]

    @cached_property
    def tellers(self) -> Mapping[str, int]:
        """Where the message stands among a function's arguments."""
        found = dict.fromkeys(ERRORS, 0)
        for function in self.functions:
            wanted = function.node.args
            names = [a.arg for a in wanted.args if a.arg not in ("self", "cls")]
            if "message" in names:
                found[function.node.name] = names.index("message")
            elif wanted.vararg is not None and wanted.vararg.arg == "messages":
                found[function.node.name] = len(names)
        return found

    @cached_property
    def reasons(self) -> Mapping[str, list[_Function]]:
        """Functions that return a text, by name."""
        found: dict[str, list[_Function]] = {}
        for function in self.functions:
            told = ast.unparse(function.node.returns) if function.node.returns else ""
            if "str" in told.split(" | ") and function.node.name not in PIECES:
                found.setdefault(function.node.name, []).append(function)
        return found


def _told(book: _View) -> Iterator[str]:
    functions = [f for f in book.functions if f.file == book.file]
    for function in functions:
        for node in function.own():
            if isinstance(node, ast.Call) and (message := _message(node, book)) is not None:
                yield from _wordings(message, function, book)


def _message(call: ast.Call, book: _View) -> ast.expr | None:
    place = book.tellers.get(_name(call.func))
    if place is None:
        return None
    named = next((k.value for k in call.keywords if k.arg == "message"), None)
    return call.args[place] if len(call.args) > place else named


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return ""


def _wordings(told: ast.expr, scope: _Function, book: _View, depth: int = 0) -> frozenset[str]:
    """The texts that an expression can be, holes in them."""

    def read(part: ast.expr) -> frozenset[str]:
        return _wordings(part, scope, book, depth + 1)

    unknown = frozenset({HOLE})
    if depth > DEEPEST:
        return unknown
    match told:
        case ast.Constant(str(text)):
            return frozenset({text})
        case ast.Constant(None):
            return frozenset()
        case ast.JoinedStr(parts):
            return _joined([read(part) for part in parts])
        case ast.FormattedValue(value):
            return _sentences(read(value))
        case ast.BinOp(left, ast.Add(), right):
            return _joined([read(left), read(right)])
        case ast.IfExp(_, body, other):
            return read(body) | read(other)
        case ast.BoolOp(ast.Or(), values):
            return _sentences(frozenset().union(*map(read, values)))
        case ast.Name(name):
            given = list(scope.assigned(name, told))
            return frozenset().union(*map(read, given)) if given else unknown
        case ast.Call(function) if _name(function) in book.reasons:
            made = [
                _wordings(node.value, reason, book.of(reason.file), depth + 1)
                for reason in book.reasons[_name(function)]
                for node in reason.own()
                if isinstance(node, ast.Return) and node.value is not None
            ]
            return _sentences(frozenset().union(*made)) or unknown
    return unknown


def _sentences(found: frozenset[str]) -> frozenset[str]:
    """A single word is a piece like any other name."""
    return frozenset(text if " " in text or not text else HOLE for text in found)


def _joined(parts: Sequence[frozenset[str]]) -> frozenset[str]:
    texts = [""]
    for part in parts:
        texts = [text + more for text in texts for more in sorted(part)]
        if len(texts) > MOST:
            return frozenset({HOLE})
    return frozenset(texts)
