"""Arguments that cannot be read: told as argparse tells them, or as JSON if asked for."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import NoReturn

from diagram.cli.facts import error_facts
from diagram.errors import DiagramError


class Parser(argparse.ArgumentParser):
    """One that raises Misused, so that what it says can be written in another form."""

    def error(self, message: str) -> NoReturn:
        raise Misused(self, message)


class Misused(Exception):
    """What a parser has against the arguments."""

    def __init__(self, parser: argparse.ArgumentParser, message: str) -> None:
        super().__init__(message)
        self.parser = parser
        self.message = message


def parsed(parser: Parser, words: Sequence[str]) -> argparse.Namespace:
    """The arguments as options; else it says on stderr what is wrong, and exits with 2."""
    try:
        return parser.parse_args(words)
    except Misused as error:
        prog = error.parser.prog
        if _asks_for_json(words):
            facts = error_facts(DiagramError(f"{prog}: {error.message}", of="in the arguments"))
            print(json.dumps(facts), file=sys.stderr)
        else:
            error.parser.print_usage(sys.stderr)
            print(f"{prog}: error: {error.message}", file=sys.stderr)
        raise SystemExit(2) from None


def _asks_for_json(words: Sequence[str]) -> bool:
    return "--format=json" in words or ("--format", "json") in pairwise(words)
