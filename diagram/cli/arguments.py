"""What stands on the command line: programs in files, numbers for dims, values in files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

import diagram
from diagram.errors import DiagramError, FileError
from diagram.language.core import Call, Program
from diagram.language.inline import inline
from diagram.language.unfold import unfold

POLICY = ("objective", "memory", "train", "optimizer", "tolerance")
"""Options that say how a program is planned."""

LONGEST = 40
"""Digits of a number for a dim."""


def program(file: str) -> Program:
    """The program in a file, or on standard input, as text or as JSON."""
    if file != "-":
        return diagram.load(file)
    text = _standard_input()
    return (
        diagram.from_json(text) if text.lstrip("\ufeff \t\r\n")[:1] == "{" else diagram.parse(text)
    )


def _standard_input() -> str:
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="strict")
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise FileError("cannot read standard input: it is not UTF-8 text") from None


def dims(text: str) -> dict[str, int]:
    """`f=512,h=8` as numbers."""
    found: dict[str, int] = {}
    for part in text.replace(",", " ").split():
        name, sign, number = part.partition("=")
        if not sign or not number.isdecimal():
            raise DiagramError(f"--dims {text}: `{part}` is not of the form name=number")
        if len(number) > LONGEST:
            raise DiagramError(f"--dims: the number of `{name}` has {len(number):,} digits")
        if name in found:
            raise DiagramError(f"--dims {text}: `{name}` is given twice")
        found[name] = int(number)
    return found


def policy(options: argparse.Namespace, objective: str) -> dict[str, Any]:
    """The options that say how it is planned, as `plan` and `compile` take them."""
    return {name: getattr(options, name) for name in POLICY} | {
        "objective": options.objective or objective
    }


def require_policy_is_used(options: argparse.Namespace) -> None:
    """DiagramError where a form that is never run was to be planned."""
    if options.to in ("python", "torch-export", "onnx"):
        return
    for name in POLICY:
        if getattr(options, name):
            raise DiagramError(f"--{name} says how to run it, which --to {options.to} does not")


def paths(texts: Sequence[str], of: Program) -> dict[str, str]:
    """`X=x.npy`, any number of them, as names and paths."""
    found: dict[str, str] = {}
    sources = inline(of).source
    for text in texts:
        name, sign, path = text.partition("=")
        if not sign:
            raise DiagramError(f"--input {text} is not of the form NAME=FILE.npy")
        if name not in sources:
            raise DiagramError(f"--input {text}: `{name}` is no source of this program")
        if name in found:
            raise DiagramError(f"--input {text}: `{name}` is given twice")
        found[name] = path
    return found


def calls(found: Sequence[str], of: Program) -> tuple[str, ...]:
    """Paths of calls, each of which there is."""
    for path in found:
        if not {path, f"{path}.0"} & unfold(of, found).inside.keys():
            known = [let.name for let in of.lets if isinstance(let.maker, Call)]
            there = f"the calls are {', '.join(known)}" if known else "this program has none"
            raise DiagramError(f"--unfold {path}: `{path}` is no call of a def; {there}")
    return tuple(found)
