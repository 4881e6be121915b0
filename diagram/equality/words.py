"""Values, legs, scales and numbers as differences are told in them."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.language.core import Conv, Init, Leg, Option, Scalar
from diagram.language.size import Size, number_text


def called(one: str, two: str) -> str:
    """A thing by its name, or by both where it has another in the second."""
    return one if one == two else f"{one} ({two} in the second)"


def shown(name: str) -> str:
    """A value in words: a part is a bracket of its let.

    >>> shown("Y~2")
    'a bracket in Y'
    """
    base, tilde, _ = name.partition("~")
    return f"a bracket in {base}" if tilde else name


def times(count: int) -> str:
    """How often something stands somewhere."""
    return {0: "nowhere", 1: "once", 2: "twice"}.get(count, f"{count} times")


def leg_text(leg: Leg) -> str:
    """A leg as it is declared."""
    if leg.size == Size.of(leg.name.rstrip("'")):
        return leg.name
    return f"{leg.name}:{leg.size}" if leg.size.number is not None else f"{leg.name}:({leg.size})"


def init_text(init: Init | None) -> str:
    """Initial numbers as they are declared."""
    if init is None:
        return "not said"
    numbers = " ".join(number_text(number) for number in init.numbers[:10])
    numbers += " ..." if len(init.numbers) > 10 else ""
    if init.name == "numbers":
        return f"({numbers})"
    return f"{init.name}({numbers})" if numbers else init.name


def option_text(value: Option | None) -> str:
    """An option's value, or that it has none."""
    if value is None:
        return "not given"
    if isinstance(value, Size) and value.number is not None:
        return number_text(value.number)
    return str(value)


def scale_text(scale: Sequence[Scalar]) -> str:
    """A scale as one factor: `2/sqrt(d)`.

    >>> scale_text([Scalar(Size.of("d"), root=True, inverse=True)])
    '1/sqrt(d)'
    """
    texts: dict[bool, list[str]] = {False: [], True: []}
    for scalar in scale:
        text = f"sqrt({scalar.size})" if scalar.root else str(scalar.size)
        grouped = not scalar.root and not text.removeprefix("-").isalnum()
        texts[scalar.inverse].append(f"({text})" if grouped else text)
    above, below = texts[False] or ["1"], texts[True]
    if above[0] == "-1" and len(above) > 1:
        above = [f"-{above[1]}", *above[2:]]
    return "/".join(["*".join(above), *below])


def conv_text(conv: Conv | None) -> str:
    """A clause with what is set in it."""
    if conv is None:
        return "not convolved"
    parts = (("stride", conv.stride, 1), ("dilation", conv.dilation, 1), ("up", conv.up, 1))
    said = [f"{name}={size}" for name, size, usual in parts if size != Size.of(usual)]
    pad = conv.pad if isinstance(conv.pad, str) else f"({conv.pad[0]}, {conv.pad[1]})"
    said += [f"pad={pad}"] if pad != "valid" else []
    said += [f"shift={conv.shift}"] if conv.shift != Size() else []
    return f"{conv.kind} ({', '.join(said)})" if said else str(conv.kind)
