"""A sentence, cut into tokens by a packaged model's own tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from diagram.errors import FileError
from models.pretrained.packaged import MINILM, Package

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MOST = 40
"""Tokens of a sentence, those at its ends included: a map of more cannot be read."""


@dataclass(frozen=True)
class Sentence:
    """Tokens as the vocabulary writes them, their numbers, and how many more there would be."""

    tokens: tuple[str, ...]
    numbers: tuple[int, ...]
    left_out: int = 0


def cut(text: str, package: Package = MINILM, most: int = MOST) -> Sentence:
    """The tokens of a text, with those that begin and end it; at most so many.

    FileError where the model or the package `tokenizers` is not installed.

    >>> cut("A cat sat.").tokens
    ('[CLS]', 'a', 'cat', 'sat', '.', '[SEP]')
    >>> cut("A cat sat.", most=4)
    Sentence(tokens=('[CLS]', 'a', 'cat', '[SEP]'), numbers=(101, 1037, 4937, 102), left_out=2)
    """
    found = _tokenizer(package.file.parent / "tokenizer.json").encode(text)
    tokens, numbers = tuple(found.tokens), tuple(found.ids)
    if len(tokens) <= most:
        return Sentence(tokens, numbers)
    kept = (*tokens[: most - 1], tokens[-1]), (*numbers[: most - 1], numbers[-1])
    return Sentence(*kept, len(tokens) - most)


@lru_cache(maxsize=4)
def _tokenizer(path: Path) -> Tokenizer:
    if find_spec("tokenizers") is None:
        raise FileError("to cut sentences: pip install 'tensor-diagrams[pretrained]'")
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(path))
    found.no_padding()
    found.no_truncation()
    return found
