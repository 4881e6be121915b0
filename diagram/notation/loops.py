"""Lets as plain Python: nested loops over numpy arrays, which run as they are."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from diagram.language.core import Diagram, Let, Program
from diagram.language.size import product
from diagram.notation.equations import let_lengths, of_let
from diagram.notation.formula import Equation, Expression, Plus, Range, Times, Total
from diagram.notation.lengths import Lengths, lengths_of
from diagram.notation.names import kernel_names, python_names
from diagram.notation.parts import edges_in
from diagram.notation.python import Python
from diagram.notation.text import text

DEEPEST = 16
"""Loops inside one another; Python takes 20, and the guard is one."""


def value_names(program: Program) -> dict[str, str]:
    """The names of all values in the code, and of what stands inside ops (mean and variance)."""
    values = [*program.source, *program.let]
    inner = [f"{let.name}.{part}" for let in program.lets for part in ("mean", "var")]
    return python_names([*values, *inner])


def loops(program: Program, numbers: Mapping[str, int], let: Let) -> list[str]:
    """The lines that make a let's value from those of the values that it reads.

    >>> from diagram import parse
    >>> program = parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C")
    >>> print("\\n".join(loops(program, {"i": 2, "j": 3, "k": 4}, program.let["C"])))
    # C[i,k] = Σ_j A[i,j] B[j,k]
    C = np.zeros((2, 4))
    for i in range(2):
        for k in range(4):
            for j in range(3):
                C[i, k] += A[i, j] * B[j, k]
    """
    values = value_names(program)
    shown = kernel_names(program, let.maker) if isinstance(let.maker, Diagram) else {}
    told = lengths_of(program, let, let_lengths(program, let, numbers), values)
    lines: list[str] = []
    last, *before = of_let(program, let, numbers)
    for equation in (*before, last):
        lines.append(f"# {text(equation, shown)}")
        lines += _Loops(values, shown, told).lines(equation)
    return lines


@dataclass(frozen=True)
class _Loops:
    values: Mapping[str, str]
    shown: Mapping[str, str]
    lengths: Lengths

    def lines(self, equation: Equation) -> Iterator[str]:
        """The array, the loops that fill it, and the scale."""
        edges = edges_in(equation)
        named = python_names([self.shown.get(edge, edge) for edge in edges], self.values.values())
        python = Python(
            self.values,
            {edge: named[self.shown.get(edge, edge)] for edge in edges},
            self.lengths,
        )
        sign, factors, over, body = _summed(equation.right)
        name = self.values[equation.left.value]
        yield f"{name} = np.zeros({self._shape(equation, python)})"
        left = python.of(equation.left)
        guards = python.guards(body)
        depth = yield from _nested(python, [*equation.free, *over])
        if guards:
            yield f"{'    ' * depth}if {' and '.join(guards)}:"
            depth += 1
        yield f"{'    ' * depth}{left} {'+=' if over else '='} {python.of(body)}"
        if factors:
            scale = python.of(factors[0] if len(factors) == 1 else Times(tuple(factors)))
            yield f"{name} *= {'-' * (sign < 0)}{scale if sign > 0 else f'({scale})'}"
        elif sign < 0:
            yield f"{name} *= -1"

    def _shape(self, equation: Equation, python: Python) -> str:
        lengths = {one.name: one.length for one in equation.free}
        sizes = [product(lengths[edge] for edge, _ in axis.terms) for axis in equation.left.indices]
        shown = [python.size(size) for size in sizes]
        return f"({', '.join(shown)}{',' * (len(shown) == 1)})"


def _summed(
    right: Expression,
) -> tuple[int, list[Expression], tuple[Range, ...], Expression]:
    """The sign, the factors before the sum, the names summed over, and what is summed."""
    sign = 1
    factors: list[Expression] = []
    inner = right
    if isinstance(inner, Plus) and len(inner.terms) == 1:
        sign, inner = inner.terms[0]
    if isinstance(inner, Times) and isinstance(inner.factors[-1], Total):
        factors, inner = list(inner.factors[:-1]), inner.factors[-1]
    if isinstance(inner, Total) and not any(one.last for one in inner.over):
        return sign, factors, inner.over, inner.of
    return 1, [], (), right


def _nested(python: Python, ranges: Sequence[Range]) -> Generator[str, None, int]:
    """The heads of the loops; returns how deep they go."""
    if len(ranges) > DEEPEST:
        names = ", ".join(python.edges[one.name] for one in ranges)
        lengths = ", ".join(python.size(one.length) for one in ranges)
        yield f"for {names} in np.ndindex({lengths}):"
        return 1
    for depth, one in enumerate(ranges):
        yield f"{'    ' * depth}for {python.edges[one.name]} in {python.range(one)}:"
    return len(ranges)
