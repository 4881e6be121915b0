"""Names that nobody wrote: letters of an equation, legs without a letter, operands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Hashable, Iterable, Iterator
from itertools import count
from string import ascii_letters, ascii_uppercase

from diagram.language.reader import RESERVED

_NAME = re.compile(r"[^\W\d]\w*")
_SURROGATES = 0xD800, 0x0800


def symbol(place: int) -> str:
    """The letter at this place, as opt_einsum counts them: a to z, A to Z, then unicode.

    >>> symbol(0), symbol(51), symbol(52)
    ('a', 'Z', 'À')
    """
    if place < len(ascii_letters):
        return ascii_letters[place]
    code = place + 140
    first, many = _SURROGATES
    return chr(code if code < first else code + many)


def is_letter(character: str) -> bool:
    """Whether an equation may hold this character: a letter, or any that `symbol` gives."""
    code = ord(character)
    first, many = _SURROGATES
    return character.isalpha() or (code >= ord(symbol(52)) and not first <= code < first + many)


def is_name(text: str) -> bool:
    """Whether the language reads this word as the name of a leg, as it is.

    >>> is_name("i"), is_name("s1"), is_name("1"), is_name("of")
    (True, True, False, False)
    """
    plain = _NAME.fullmatch(text) is not None and unicodedata.normalize("NFKC", text) == text
    return plain and text not in RESERVED


def fresh_letters(taken: Collection[str]) -> Iterator[str]:
    """Single letters that are names and are not taken."""
    return (s for s in map(symbol, count()) if s not in taken and is_name(s))


def leg_names(letters: Iterable[Hashable]) -> dict[Hashable, str]:
    """A name for each letter: itself where it is one, else the first letter that is free.

    >>> leg_names(["i", 7, "k"])
    {'i': 'i', 7: 'a', 'k': 'k'}
    """
    each = list(dict.fromkeys(letters))
    own = {letter for letter in each if isinstance(letter, str) and is_name(letter)}
    free = fresh_letters({str(letter) for letter in own})
    return {letter: str(letter) if letter in own else next(free) for letter in each}


def numbered(name: str, taken: Collection[str], first: int = 0) -> str:
    """The name with the first number that makes it a new one.

    >>> numbered("a", {"a", "a0"})
    'a1'
    """
    return next(found for n in count(first) if (found := f"{name}{n}") not in taken)


def operand_names(result: str = "Y") -> Iterator[str]:
    """A, B, C ... without the result's name, then A1, B1, and so on."""
    letters = [letter for letter in ascii_uppercase if letter != result]
    yield from letters
    for number in count(1):
        yield from (f"{letter}{number}" for letter in letters)
