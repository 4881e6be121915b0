"""The rules of a conv_einsum: stride, dilation and padding of each convolved letter."""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from diagram.errors import Fault, suggest
from diagram.language.convolve import padding
from diagram.language.core import Conv, Pad, Star
from diagram.language.size import Size

RULES = ("stride", "dilation", "padding")
PADDINGS = ("max_zeros", "max_circular", "circular", "full", "same", "valid")
CIRCULAR = ("circular", "max_circular")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one letter is convolved."""

    stride: int = 1
    dilation: int = 1
    padding: str | tuple[int, int] = "max_zeros"

    @property
    def is_free(self) -> bool:
        """Whether signal and kernel may change places."""
        return self.padding == "full" and self.dilation == 1

    @property
    def is_chain(self) -> bool:
        """Whether more than one kernel is possible."""
        return self.padding in ("full", *CIRCULAR) and self.stride == self.dilation == 1

    @property
    def is_cropped(self) -> bool:
        """Whether the package keeps only the first entries of a result that is padded."""
        return self.padding == "max_zeros" and self.stride > 1


def read_rules(
    letters: Mapping[Hashable, str], given: Mapping[str, object], faults: list[Fault]
) -> dict[Hashable, Rule]:
    """The rule of each convolved letter, as it is written; a fault for each value that is none."""
    for name in given.keys() - set(RULES):
        faults.append(Fault(f"no rule `{name}`{suggest(name, RULES)} (rules: {', '.join(RULES)})"))
    rules: dict[Hashable, dict[str, object]] = {letter: {} for letter in letters}
    for name in (name for name in RULES if name in given):
        for letter, value in _by_letter(name, given[name], letters, faults):
            found = _padding(value) if name == "padding" else _count(value, 1)
            if found is None:
                faults.append(Fault(f"{_shown(value)} is none; {_WANTED[name]}", name))
            elif letter in rules:
                rules[letter][name] = found
    return {letter: Rule(**found) for letter, found in rules.items()}  # type: ignore[arg-type]


_WANTED = {
    "stride": "a stride is a whole number, 1 or more",
    "dilation": "a dilation is a whole number, 1 or more",
    "padding": f"a padding is {', '.join(PADDINGS)}, a number of zeros or a pair of them",
}


def _by_letter(
    name: str, value: object, letters: Mapping[Hashable, str], faults: list[Fault]
) -> Iterator[tuple[Hashable, object]]:
    if not isinstance(value, Mapping):
        yield from ((letter, value) for letter in letters) if letters else [(None, value)]
        return
    for letter, each in value.items():
        if letter in letters:
            yield letter, each
        else:
            known = ", ".join(letters.values()) or "none"
            faults.append(Fault(f"{_shown(letter)} is not convolved ({known})", name))


def _count(value: object, least: int) -> int | None:
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
    return None if isinstance(value, bool) or number < least else number


def _padding(value: object) -> str | tuple[int, int] | None:
    if isinstance(value, str):
        return value if value in PADDINGS else None
    pair = value if isinstance(value, tuple | list) else (value, value)
    numbers = [number for each in pair if (number := _count(each, 0)) is not None]
    return (numbers[0], numbers[1]) if len(numbers) == len(pair) == 2 else None


def _shown(value: object) -> str:
    return " ".join(repr(value).split())[:40]


def star(edge: str, rule: Rule, signal: Size, kernel: Size) -> Conv:
    """The clause that convolves an edge by this rule; lengths are those of signal and kernel."""
    stride, dilation = Size.of(rule.stride), Size.of(rule.dilation)
    return Conv(Star.CONV, edge, stride, dilation, pad=_pad(rule, signal, kernel))


def _pad(rule: Rule, signal: Size, kernel: Size) -> Pad:
    match rule.padding:
        case "max_zeros":
            # The package pads so that a result of any stride has as many entries as the signal.
            both = (signal - 1) * (rule.stride - 1) + (kernel - 1) * rule.dilation
            left = (both + 1) // 2
            return left, left if rule.is_cropped else both - left
        case "circular" | "max_circular":
            return "circular"
        case str() as word:
            return word
        case (left, right):
            return Size.of(left), Size.of(right)


def turned(conv: Conv, signal: Size, kernel: Size) -> Conv:
    """The same convolution with the kernel as the signal: dilation is zeros between its entries."""
    left, right = padding(conv, [kernel])
    more = signal - 1 - conv.dilation * (kernel - 1)
    return Conv(
        conv.kind, conv.edge, conv.stride, up=conv.dilation, pad=(left + more, right + more)
    )
