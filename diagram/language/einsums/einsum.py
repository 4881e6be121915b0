"""`from_einsum`: a program from any equation that numpy, torch or opt_einsum read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from diagram.errors import DiagramError, Fault
from diagram.language.check import check
from diagram.language.core import Diagram, Let, Program, axes
from diagram.language.einsums.broadcast import Dots, Place, expand, lengths, read_shape, read_shapes
from diagram.language.einsums.operands import declare, defaults
from diagram.language.einsums.sublists import read_sublists
from diagram.language.einsums.subscripts import Equation, Mark, read_equation
from diagram.language.einsums.symbols import leg_names

OF = "in the equation"


def from_einsum(equation: object, *shapes: object) -> Program:
    """The program of an einsum: one product of inputs A, B, ..., which returns Y.

    `equation` is a string as numpy.einsum, torch.einsum and opt_einsum.contract take it; or shapes
    and lists of letters in turn, numpy's interleaved format. A shape is a tuple of whole numbers,
    or anything that has one. Dims are free; the lengths in shapes become their defaults. `...`
    needs shapes, and so does a leg of length 1 that broadcasts: it gets an edge of its own.
    Raises DiagramError with every fault.

    >>> print(from_einsum("ij,jk->ik"))
    input A[i j] B[j k]
    Y[i k] = A[i j] B[j k]
    return Y
    >>> print(from_einsum("...ij,...j", (2, 5, 3), (1, 3)))
    dims  a=2 i=5 j=3
    input A[a i j] B[a0:1 j]
    Y[a i] = A[a i j] B[a0 j]
    return Y
    """
    faults: list[Fault] = []
    read, given = _read(equation, shapes, faults)
    return einsum_program(read, given, faults)


def einsum_program(read: Equation, given: Sequence[object], faults: list[Fault]) -> Program:
    """The program of an equation that is read, with these shapes or none."""
    known = read_shapes(given, faults) if given else None
    operands = expand(read, known, faults)
    output = output_letters(read, operands, faults)
    sizes = lengths(operands, (), faults)
    if faults:
        raise DiagramError(faults, read.text, OF)
    names = leg_names(leg.letter for legs in operands for leg in legs)
    sources, nodes = declare(operands, names, sizes, {})
    kept = axes([names[letter] for letter in output])
    let = Let("Y", Diagram(nodes, kept))
    return check(Program(defaults(names, sizes), sources, (let,), ("Y",)))


def _read(
    equation: object, shapes: Sequence[object], faults: list[Fault]
) -> tuple[Equation, Sequence[object]]:
    """The equation and the shapes, in either format."""
    if isinstance(equation, str):
        return read_equation(equation, faults), shapes
    if not shapes or read_shape(equation) is None:
        kind = type(equation).__name__
        raise DiagramError(f'an equation is a string, as in from_einsum("ij,jk->ik"), not {kind}')
    read = read_sublists((equation, *shapes), faults)
    return read, (equation, *shapes)[: 2 * len(read.operands) : 2]


def output_letters(
    equation: Equation, operands: Sequence[Sequence[Place]], faults: list[Fault]
) -> list[Hashable]:
    """The letters of the result, with those that `...` stands for."""
    each = [leg.letter for legs in operands for leg in legs if leg.letter is not None]
    dots = [letter for letter in dict.fromkeys(each) if isinstance(letter, Dots)]
    dots.sort(key=lambda letter: -letter.place)
    if equation.output is None:
        return [*dots, *_implicit(equation, each, faults)]
    faults += _output_faults(equation)
    found = [mark.letter for mark in equation.output.marks]
    return [each for letter in found for each in (dots if letter is Ellipsis else [letter])]


def _output_faults(equation: Equation) -> list[Fault]:
    """Letters of the output that stand in no operand, or twice."""
    known = {mark.letter for term in equation.operands for mark in term.marks} | {Ellipsis, None}
    first: dict[Hashable, Mark] = {}
    faults = []
    for mark in equation.output.marks if equation.output else ():
        one = first.setdefault(mark.letter, mark)
        if mark.letter not in known:
            message = f"`{mark.written}` stands in no operand"
            faults.append(Fault(message, "output", (mark.span,)))
        elif one is not mark and mark.letter not in (None, Ellipsis):
            message = f"`{mark.written}` stands twice"
            faults.append(Fault(message, "output", (one.span, mark.span)))
    return faults


def _implicit(equation: Equation, each: Sequence[Hashable], faults: list[Fault]) -> list[Hashable]:
    """Without an arrow the result has the letters that stand once, in their order."""
    once = [
        letter for letter, n in Counter(each).items() if n == 1 and not isinstance(letter, Dots)
    ]
    try:
        return sorted(once)  # type: ignore[type-var]
    except TypeError:
        message = "letters of several kinds have no order; say the output's: [...]"
        faults.append(Fault(message, spans=tuple(term.span for term in equation.operands)))
        return once
