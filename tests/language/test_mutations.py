"""Texts with mistakes in them: every one is read, or refused with a DiagramError, and soon."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagram import DiagramError, Program, check, parse, plan, types
from diagram.language.inline import inline
from diagram.language.ops import OPS
from tests.language.author import Author
from tests.runtime.random_networks import network

DATA = Path(__file__).parent.parent / "data"
NETWORKS = [
    str(n["text"]) for n in json.loads((DATA / "networks.json").read_text("utf-8")).values()
]
EXAMPLES = settings().max_examples
T = TypeVar("T")

LONG = "9" * 400
PIECES = (
    *"()[]{}=+-*/,:^#'\"\\._~ \t\n\r\0",
    *("10000000000000000000000000000000", LONG, "1e99999", "1e-9999", "0", "-1", "0.5", "1/0"),
    *(
        "é",
        "e\u0301",
        "Ω",
        "\uff12",
        "½",
        "\u200b",
        "\ufeff",
        "\U0001f600",
        "\ud800",
        "ß",
        "ﬁ",
        "x₁",
    ),
    *("def f(X[n])", "return", "return Y", "dims", "conv x", "corr x y (stride=2)", "pad=circular"),
    *("(a b)", "[()]", "~1", "Y~1", "f^3(X)", "^1000", "tied=1", "one_hot[v](T)", " of v", "~"),
    *(
        "//",
        "sqrt(",
        "/ 0",
        "* 0",
        "/ (n - n)",
        "relu(",
        "= given",
        "=eye",
        "= (1 2)",
        "\n  ",
        "\n\n",
    ),
)


def mutated(random: Random, text: str) -> str:
    """The text with one to three mistakes."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        text = random.choice(MISTAKES)(random, text)
    return text


def _piece(random: Random, text: str) -> tuple[int, int]:
    start = random.randint(0, len(text))
    return start, min(len(text), start + random.choice((1, 1, 1, 2, 5, 20)))


def _deleted(random: Random, text: str) -> str:
    start, end = _piece(random, text)
    return text[:start] + text[end:]


def _doubled(random: Random, text: str) -> str:
    start, end = _piece(random, text)
    return text[:end] + text[start:]


def _swapped(random: Random, text: str) -> str:
    start, end = _piece(random, text)
    other, last = _piece(random, text)
    (start, end), (other, last) = sorted([(start, end), (max(other, end), max(last, end))])
    return text[:start] + text[other:last] + text[end:other] + text[start:end] + text[last:]


def _put_in(random: Random, text: str) -> str:
    start, _ = _piece(random, text)
    return f"{text[:start]}{random.choice(PIECES)}{text[start:]}"


def _replaced(random: Random, text: str) -> str:
    start, end = _piece(random, text)
    return f"{text[:start]}{random.choice(PIECES)}{text[end:]}"


def _word(random: Random, text: str) -> str:
    """One word in the place of another."""
    words = text.split(" ")
    words[random.randrange(len(words))] = random.choice(words)
    return " ".join(words)


def _line(random: Random, text: str) -> str:
    """A line left out, said twice, or in another place."""
    lines = text.split("\n")
    line = lines.pop(random.randrange(len(lines)))
    for _ in range(random.randint(0, 2)):
        lines.insert(random.randint(0, len(lines)), line)
    return "\n".join(lines)


MISTAKES: Sequence[Callable[[Random, str], str]] = (
    _deleted,
    _deleted,
    _doubled,
    _swapped,
    _put_in,
    _replaced,
    _word,
    _word,
    _line,
)


def read(text: str) -> Program | None:
    """The program if there is one; all that can be asked of it raises DiagramError at most."""
    program = told(lambda: parse(text))
    if program is None:
        return None
    assert check(program) is program
    assert types(program)
    assert parse(str(program)) == program
    assert str(parse(str(program))) == str(program)
    flat = inline(program)
    assert parse(str(flat)) == flat
    told(lambda: plan(program))
    return program


def told(made: Callable[[], T]) -> T | None:
    """What is made, or None where it is told why it cannot be; any other exception fails."""
    try:
        return made()
    except DiagramError as error:
        return None if error.faults and str(error) else made()


def texts(random: Random) -> str:
    """A network that somebody wrote, or a random one."""
    match random.randint(0, 2):
        case 0:
            return random.choice(NETWORKS)
        case 1:
            return Author(random).program().text
        case _:
            return "\n".join(network(random)[0].lines())


@settings(max_examples=10 * EXAMPLES)
@given(st.integers(0, 2**32))
def test_mutated_texts(seed: int):
    random = Random(seed)
    text = texts(random)
    for _ in range(4):
        read(mutated(random, text))


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if op.names])
def test_an_op_of_legs_that_nobody_has(name: str):
    """Told, whatever else the op would do with them."""
    op = OPS[name]
    legs = " ".join(f"z{place}" for place, _ in enumerate(op.names))
    values = ", ".join(["A[n]"] * op.values[0])
    options = "".join(f", {option}=1" for option in op.required)
    text = f"input A[n]\nY[n] = {name}[{legs}]({values}{options})\nreturn Y"
    assert ("takes an index" if name == "one_hot" else "z0") in refused(text)


# -- texts that would be too much -----------------------------------------------------------------


def refused(text: str) -> str:
    """The message of what is wrong with a text, all of it."""
    with pytest.raises(DiagramError) as caught:
        parse(text)
    return "\n".join(fault.message for fault in caught.value.faults)


def chain(count: int, calls: int) -> str:
    """Defs that each call the one before, so many times over."""
    lines = ["def d0(X[n])", "  A0 = relu(X)", "  return A0"]
    for number in range(1, count + 1):
        lines += [f"def d{number}(X[n])", f"  A0 = d{number - 1}(X)"]
        lines += [f"  A{i} = d{number - 1}(A{i - 1})" for i in range(1, calls)]
        lines += [f"  return A{calls - 1}"]
    return "\n".join([*lines, "input X[n]", f"Z = d{count}(X)", "return Z"])


def edges(count: int) -> str:
    return " ".join(f"e{i}" for i in range(count))


LINES = "more than 100,000 lines with its defs written out"
LONG_BODY = (f"  A{i} = relu(A{i - 1})" for i in range(1, 200))
LARGE = "\n".join(["def layer(X[n])", "  A0 = relu(X)", *LONG_BODY, "  return A199"])


def test_defs_that_write_out_to_more_lines_than_memory_holds():
    assert LINES in refused(chain(38, calls=2))
    assert LINES in refused(f"{LARGE}\ninput X[n]\nZ = layer^1000(X)\nreturn Z")
    assert "1 to 1,000 times" in refused(f"{LARGE}\ninput X[n]\nZ = layer^1001(X)\nreturn Z")


def test_defs_that_call_each_other_ever_deeper():
    assert "defs call each other deeper than 40" in refused(chain(10_000, calls=1))
    assert parse(chain(39, calls=1)).outputs == ("Z",)


def test_defs_that_stand_in_each_other_ever_deeper():
    opened = "".join(f"{' ' * i}def d{i}(X[n])\n" for i in range(5_000))
    assert refused(opened)
    closed = "".join(f"{' ' * i}return X\n" for i in reversed(range(5_000)))
    assert refused(f"{opened}{closed}input X[n]\nreturn X")


def test_more_legs_than_tensors_have():
    many = edges(1000)
    assert "1000 legs at one value" in refused(f"input X[n]\nY[n] = X[({many})]\nreturn Y")
    declared = " ".join(f"e{i}:3" for i in range(1000))
    text = f"input X[{many}] K[{declared}]\nY[{many}] = X[{many}] K[{many}] corr {many} (pad=1)"
    assert "1000 legs at one value" in refused(f"{text}\nreturn Y")


HUGE = "1" + "0" * 30


@pytest.mark.parametrize(
    "text",
    [
        f"dims n={HUGE}\ninput X[n m] K[k:3]\nY[n] = X[n m] K[n] conv n\nreturn Y",
        f"input X[n] K[k:3]\nY[n] = X[n] K[n] conv n (pad=circular, stride={HUGE})\nreturn Y",
        f"input X[n] K[k:3]\nY[n] = X[n] K[n] corr n (pad={HUGE}, dilation={HUGE})\nreturn Y",
        f"input X[n:{HUGE}]\nY[(a b)] = X[a] X[b]\nreturn Y",
        f"dims a={HUGE} b\ninput X[n:(a*b)]\nY[a b] = X[(a b)] * {HUGE}\nreturn Y",
        f"def f(X[n])\n  weight W[m]\n  Y[n] = X[n] W[m]\n  return Y\ninput X[n]\n"
        f"Y = f^1000(X, m={HUGE})\nreturn Y",
    ],
)
def test_huge_numbers_are_numbers(text: str):
    assert read(text) is not None


def test_ten_thousand_lines():
    lines = [f"A{i}[n m] = relu(A{i - 1}[n k] W[k m])" for i in range(1, 10_000)]
    text = "\n".join(["input A0[n m]", "weight W[m m']", *lines, "return A9999"])
    assert sum(not let.is_part for let in parse(text).lets) == 9_999
    assert "is defined twice" in refused(text.replace("A77[", "A78["))


def test_a_thousand_calls():
    lines = [f"A{i}[n] = f(A{i - 1})" for i in range(1, 1_000)]
    text = "def f(X[n])\n  weight W[n m:n]\n  Y[m] = X[n] W[n m]\n  return Y\ninput A0[n]\n"
    program = parse(text + "\n".join([*lines, "return A999"]))
    assert len(inline(program).lets) == 2 * 999


@pytest.mark.parametrize("bracket", ["(", "relu(", "[(", "-", "A[(", "(-", "one_hot[", "2 * ("])
def test_deep_nesting(bracket: str):
    assert refused(f"input A[n]\nY[n] = {bracket * 10_000}A[n]\nreturn Y")


@pytest.mark.parametrize(
    "size",
    [
        "(" * 5_000 + "2" + ")" * 5_000,
        "-" * 9_999 + "2",
        "n*" * 3_000 + "n",
        "+".join(f"d{i}*d{i + 1}" for i in range(5_000)),
        "//".join(["n"] * 500),
        "/".join(f"(n + {i})" for i in range(90)),
    ],
    ids=["brackets", "signs", "a power", "a sum", "floors", "quotients"],
)
def test_sizes_that_are_too_much(size: str):
    told(lambda: parse(f"input X[n:({size})]\nreturn X"))
