"""einops' patterns as programs: rearrange, repeat, reduce, and its einsum of named legs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagram.errors import Fault, Span, suggest
from diagram.language.check import check
from diagram.language.core import Apply, Diagram, Let, Node, Program, Scalar, axes, flat
from diagram.language.einsums.einsum import einsum_program
from diagram.language.einsums.pattern import Side, Word, read_pattern
from diagram.language.einsums.pattern_input import INPUT, Moved, read_moved, read_text
from diagram.language.einsums.subscripts import Equation, Mark, Term
from diagram.language.size import Size

REDUCTIONS = ("sum", "mean", "max", "min")


def from_rearrange(pattern: str, shape: object = None, /, **sizes: int) -> Program:
    """The program of einops.rearrange: legs of X in another order, split and merged.

    `sizes` are lengths of legs; in brackets one may be left out. With a `shape` the lengths of the
    others are defaults too, and `...` has a meaning. Raises DiagramError with every fault.

    >>> print(from_rearrange("b (h d) n -> b h n d", h=8))
    dims  h=8
    input X[b h_d n]
    Y[b h n d] = X[b (h d) n]
    return Y
    """
    read = read_moved(pattern, shape, sizes)
    return _program(read, [Diagram(read.nodes(read.move.before), read.move.after)])


def from_repeat(pattern: str, shape: object = None, /, **sizes: int) -> Program:
    """The program of einops.repeat: X along legs that it lacks, a product with ones.

    >>> print(from_repeat("h w -> h (w k)", k=2))
    dims   k=2
    input  X[h w]
    const  R[k]=ones
    Y[h (w k)] = X[h w] R[k]
    return Y
    """
    read = read_moved(pattern, shape, sizes, new=True)
    return _program(read, [Diagram(read.nodes(read.move.before), read.move.after)])


def from_reduce(pattern: str, how: str, shape: object = None, /, **sizes: int) -> Program:
    """The program of einops.reduce: legs vanish by `sum`, `mean`, `max` or `min`.

    >>> print(from_reduce("b (x i) -> b x", "mean", i=2))
    dims  i=2
    input X[b x_i]
    Y[b x] = X[b (x i)] / i
    return Y
    """
    read = read_moved(pattern, shape, sizes, gone=True, faults=_reduction_faults(how))
    before, after, gone = read.move.before, read.move.after, read.gone
    if how in ("sum", "mean") or not gone:
        scale = tuple(Scalar(Size.of(edge), inverse=True) for edge in gone if how == "mean")
        return _program(read, [Diagram(read.nodes(before), after, scale)])
    parts, kept = axes(flat(before)), axes([edge for edge in flat(after) if edge in flat(before)])
    makers: list[Diagram | Apply] = [Apply(how, gone, (Node(INPUT, parts),), kept)]
    if parts != before:
        makers.insert(0, Diagram((Node(INPUT, before),), parts))
    if kept != after:
        makers.append(Diagram(read.nodes(kept), after))
    return _program(read, makers)


def from_named_einsum(pattern: str, *shapes: object) -> Program:
    """The program of einops.einsum: an einsum whose letters are words, set apart by spaces.

    >>> print(from_named_einsum("batch n f, f h -> batch n h"))
    input A[batch n f] B[f h]
    Y[batch n h] = A[batch n f] B[f h]
    return Y
    """
    faults: list[Fault] = []
    read = read_pattern(read_text(pattern), faults)
    terms = [_term(side, faults) for side in (*read.operands, read.result)]
    return einsum_program(Equation(read.text, tuple(terms[:-1]), terms[-1]), shapes, faults)


def _term(side: Side, faults: list[Fault]) -> Term:
    """The words of an einsum's operand."""
    marks: list[Mark] = []
    for group in side:
        word = group.words[0] if len(group.words) == 1 else Word(1, group.span)
        if isinstance(word.name, int) or word.span != group.span:
            message = "an einsum has no brackets and no numbers; from_rearrange splits legs"
            faults.append(Fault(message, spans=(group.span,)))
        marks.append(Mark(word.name, "..." if word.name is Ellipsis else str(word.name), word.span))
    spans = [mark.span for mark in marks] or [Span(1, 0, 0)]
    return Term(tuple(marks), Span(spans[0].line, spans[0].start, spans[-1].end))


def _reduction_faults(how: object) -> list[Fault]:
    if how in REDUCTIONS:
        return []
    known = ", ".join(REDUCTIONS)
    return [Fault(f"no reduction {how!r}{suggest(str(how), REDUCTIONS)} (reductions: {known})")]


def _program(read: Moved, makers: Sequence[Diagram | Apply]) -> Program:
    """Each maker reads the value before; the last one's value is Y, those before have primes."""
    lets: list[Let] = []
    value = INPUT
    for place, maker in enumerate(makers):
        name = "Y" + "'" * (len(makers) - 1 - place)
        lets.append(Let(name, _reading(value, maker)))
        value = name
    return check(Program(read.dims, read.sources, tuple(lets), ("Y",)))


def _reading(value: str, maker: Diagram | Apply) -> Diagram | Apply:
    """The maker with a value in place of the input."""
    if isinstance(maker, Apply):
        return replace(maker, args=(Node(value, maker.args[0].axes),))
    return replace(maker, nodes=(Node(value, maker.nodes[0].axes), *maker.nodes[1:]))
