"""Lets as calls of numpy.einsum, which run as they are; ops as loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagram.errors import DiagramError
from diagram.language.convolve import Indicator
from diagram.language.core import Axis, Diagram, Let, Node, Program, Scalar, flat
from diagram.language.einsums.symbols import symbol
from diagram.language.size import product
from diagram.notation.equations import convolved, let_lengths, numbered_scale, sizes_of
from diagram.notation.lengths import Lengths, lengths_of
from diagram.notation.loops import loops, value_names
from diagram.notation.names import python_names

MOST_LETTERS = 52


def einsum(program: Program, numbers: Mapping[str, int], let: Let) -> list[str]:
    """The lines that make a let's value from those of the values that it reads.

    Bundles are reshaped; where convolved edges meet is an array of ones and zeros.

    >>> from diagram import parse
    >>> program = parse("input X[n f] W[f h d]\\nY[h n d] = X[n f] W[f h d]\\nreturn Y")
    >>> einsum(program, {}, program.let["Y"])
    ["Y = np.einsum('nf,fhd->hnd', X, W)"]
    """
    if not isinstance(let.maker, Diagram):
        return loops(program, numbers, let)
    diagram = let.maker
    values = value_names(program)
    told = lengths_of(program, let, let_lengths(program, let, numbers), values)
    nodes, indicators = convolved(program, diagram, numbers)
    name = values[let.name]
    meets = _named(indicators, values)
    lines = [f"{meet} = {_meeting(joint, told)}" for meet, joint in meets.items()]
    operands = [(f"{values[node.value]}{_opened(node, told)}", node.edges) for node in nodes]
    operands += [(meet, joint.edges) for meet, joint in meets.items()]
    put = {**sizes_of(numbers), **told.edges}
    sign, scale = _scale(numbered_scale(diagram.scale, put), told)
    if not operands:
        return [f"{name} = {sign}np.array(1.0){scale}"]
    terms = [edges for _, edges in operands]
    letters = letters_of([*(edge for edges in terms for edge in edges)])
    left = ",".join("".join(letters[edge] for edge in edges) for edges in terms)
    equation = f"{left}->{''.join(letters[edge] for edge in diagram.kept)}"
    order = ", optimize=True" if len(operands) > 2 else ""
    called = ", ".join(operand for operand, _ in operands)
    made = _bundled(diagram.output, told)
    return [*lines, f"{name} = {sign}np.einsum({equation!r}, {called}{order}){made}{scale}"]


def letters_of(edges: Sequence[str]) -> dict[str, str]:
    """A letter for each edge: its own where it is one of a to Z.

    >>> letters_of(["b", "time", "x:0", "m'"])
    {'b': 'b', 'time': 'a', 'x:0': 'c', "m'": 'd'}
    """
    each = list(dict.fromkeys(edges))
    if len(each) > MOST_LETTERS:
        raise DiagramError(f"einsum has {MOST_LETTERS} letters; this product has {len(each)} edges")
    own = {edge for edge in each if len(edge) == 1 and edge.isascii() and edge.isalpha()}
    free = (letter for letter in map(symbol, range(MOST_LETTERS)) if letter not in own)
    return {edge: edge if edge in own else next(free) for edge in each}


def _opened(node: Node, told: Lengths) -> str:
    return "" if node.is_plain else f".reshape({_shape([(e,) for e in node.edges], told)})"


def _bundled(output: Sequence[Axis], told: Lengths) -> str:
    plain = all(len(axis) == 1 for axis in output)
    return "" if plain else f".reshape({_shape(output, told)})"


def _shape(axes: Sequence[Axis], told: Lengths) -> str:
    return ", ".join(told.text(product(told.edges[e] for e in flat([axis]))) for axis in axes)


def _named(indicators: Sequence[Indicator], values: Mapping[str, str]) -> dict[str, Indicator]:
    """The indicators by names that no value has."""
    taken = python_names([f"meet_{joint.edges[0]}" for joint in indicators], values.values())
    return {taken[f"meet_{joint.edges[0]}"]: joint for joint in indicators}


def _meeting(joint: Indicator, told: Lengths) -> str:
    """Ones where result, signal and kernel meet, as an array with these three axes."""
    result, signal, kernel = (f"np.arange({told.text(size)})" for size in joint.lengths)
    stride, up, tap, offset = (
        told.text(size) for size in (joint.conv.stride, joint.conv.up, joint.tap, joint.offset)
    )
    left = f"{stride} * {result}[:, None, None] + {offset}"
    right = f"{up} * {signal}[:, None] + {tap} * {kernel}"
    if joint.is_circular:
        return f"(({left} - ({right})) % {told.text(joint.lengths[1])} == 0) * 1.0"
    return f"({left} == {right}) * 1.0"


def _scale(scale: Sequence[Scalar], told: Lengths) -> tuple[str, str]:
    """A sign before, factors behind."""
    sign, text = "", ""
    for scalar in scale:
        size = scalar.size
        if size.number == -1 and not scalar.root:
            sign = "" if sign else "-"
            continue
        factor = told.text(size)
        factor = f"np.sqrt({factor})" if scalar.root else factor
        factor = f"({factor})" if "/" in factor and "(" not in factor else factor
        text += f" {'/' if scalar.inverse else '*'} {factor}"
    return sign, text
