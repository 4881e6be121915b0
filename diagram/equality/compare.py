"""`canonical` and `equivalent`: what two programs are when names and order mean nothing."""

from __future__ import annotations

from functools import lru_cache

from diagram.equality.form import form
from diagram.equality.graph import encode
from diagram.equality.order import ordered
from diagram.equality.rebuild import rebuilt
from diagram.language.check import check
from diagram.language.core import Program


def canonical(program: Program) -> Program:
    """The program that stands for all that are equivalent to it: names and order are its own.

    Defs are written out, brackets are lines, copies are seen through, equations are put in.

    >>> from diagram import parse
    >>> found = canonical(parse("input B[j k] A[i j]\\nC[k i] = A[i j] B[j k]\\nreturn C"))
    >>> str(found) == str(canonical(parse(str(found))))
    True
    """
    return _canonical(check(program))


@lru_cache(maxsize=64)
def _canonical(program: Program) -> Program:
    found = form(program)
    graph = encode(found)
    _, order = ordered(graph)
    return rebuilt(found, graph, order)


def equivalent(first: Program, second: Program) -> bool:
    """Whether two programs are the same picture: the same nodes, joined in the same way.

    Names of values, dims and edges mean nothing, nor does the order of legs, of the nodes of a
    product, of terms, of inputs, of weights, and of lines; on a convolved edge it counts which node
    is the signal. A def is the same as its lines, a bracket as a line of its own; what a line or
    bracket merges first does count. Returned values are compared in order; inputs by their place in
    the picture alone. Defaults of dims and initial numbers count.

    >>> from diagram import parse
    >>> product = parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C")
    >>> turned = parse("input P[x y] Q[z x]\\nR[y z] = P[x y] Q[z x]\\nreturn R")
    >>> equivalent(product, turned)
    True
    """
    return canonical(first) == canonical(second)
