"""Numbers in lessons: whatever a lesson quotes or asks for, the library computes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache

from diagram import DiagramError, parameters, parse, types
from diagram.errors import suggest
from diagram.language.count import bound, checked
from diagram.language.inline import inline
from frontend.document import EXAMPLES

QUOTED = re.compile(r"\[\[([^\[\]]+)\]\]")
KINDS = ("parameters", "flops", "peak", "steps", "elements")
ROUND = 10_000_000
"""Numbers from here on are quoted with two digits."""


def quantities(text: str, programs: Mapping[str, str]) -> str:
    """A text with its numbers: `[[flops name n=4096]]` stands for the FLOPs of that program.

    Names are the lesson's own, then those of the zoo; without one the lesson's diagram is meant.
    `[[elements of Y]]` counts the numbers in a value.

    >>> quantities("It takes [[flops]].", {"diagram": "input a[i:3] b[i:3]\\ns[] = a b\\nreturn s"})
    'It takes 6.'
    """
    return QUOTED.sub(lambda found: _quoted(found[1].split(), programs), text)


def _quoted(words: list[str], programs: Mapping[str, str]) -> str:
    what, *rest = words
    value = ""
    if rest[:1] == ["of"]:
        value, *rest = rest[1:]
    name = "diagram"
    if rest and "=" not in rest[0]:
        name, *rest = rest
    known = {**{key: str(each.program()) for key, each in EXAMPLES.items()}, **programs}
    if name not in known:
        raise DiagramError(f"no program `{name}` to count{suggest(name, known)}")
    return written(quantity(f"{what} {value}".strip(), known[name], dict(map(_size, rest))))


def _size(word: str) -> tuple[str, int]:
    name, _, number = word.partition("=")
    if not number.isdecimal() or len(number) > 12:
        raise DiagramError(f"`{word}` gives a dim no whole number")
    return name, int(number)


def quantity(what: str, text: str, sizes: Mapping[str, int]) -> int:
    """Parameters, FLOPs, peak (elements), steps, or the elements of a value: `elements Y`.

    >>> quantity("elements C", "input A[i j]\\nC[j i] = A[i j]\\nreturn C", {"i": 2, "j": 5})
    10
    """
    return _quantity(what, text, tuple(sizes.items()))


@lru_cache(maxsize=512)
def _quantity(what: str, text: str, sizes: tuple[tuple[str, int], ...]) -> int:
    from diagram.planner import plan

    kind, _, value = what.partition(" ")
    program, numbers = parse(text), dict(sizes)
    match kind:
        case "parameters":
            number = parameters(program, **numbers).number
            if number is None:
                raise DiagramError("the parameters need a number for each dim of the weights")
            return number
        case "elements":
            return math.prod(shape(value, text, numbers))
        case "flops":
            return plan(program, numbers).flops
        case "peak":
            return plan(program, numbers).peak
        case "steps":
            return len(plan(program, numbers).steps)
        case _:
            raise DiagramError(f"no quantity `{kind}`{suggest(kind, KINDS)} ({', '.join(KINDS)})")


def shape(value: str, text: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of a value's legs.

    >>> shape("C", "input A[i j]\\nC[j i] = A[i j]\\nreturn C", {"i": 2, "j": 5})
    (5, 2)
    """
    program = inline(parse(text))
    legs = types(program)
    if value not in legs:
        raise DiagramError(f"`{value}` is no value of this program{suggest(value, legs)}")
    numbers = bound(program, checked(program, sizes))
    return tuple(leg.size.value(numbers) for leg in legs[value])


def written(number: int) -> str:
    """A number as a lesson quotes it.

    >>> written(131072), written(4_898_979_840)
    ('131,072', '4.9·10⁹')
    """
    if number < ROUND:
        return f"{number:,}"
    digits, _, power = f"{number:.1e}".partition("e+")
    return f"{digits}·10" + str(int(power)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
