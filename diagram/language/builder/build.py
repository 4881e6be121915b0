"""Programs from Python: a Builder takes statements one by one, as the lines of a text.

What is built is a text, piece by piece, and the language reads it: a program that is built is the
one that is written, and its faults are told in the same words, at the line of Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from diagram.language.builder.defs import Def, run
from diagram.language.builder.lines import Lines
from diagram.language.builder.sizes import Length, Number, init_text, length_text, size
from diagram.language.builder.text import declaration, left_side, one_line, parameters
from diagram.language.builder.values import Called, Expression, Value, expression
from diagram.language.builder.where import refuse, said
from diagram.language.core import Kind, Program
from diagram.language.text import parse

Init = str | Number | Iterable[object]
"""Initial numbers: a rule as it is written, or the numbers, row-major."""


class Builder:
    """Collects the statements of one program; each gives a handle for what it names.

    >>> from diagram import Builder, ops
    >>> net = Builder(f=512, d=64)
    >>> X = net.input("X[b n f]")
    >>> WQ, WK = net.weights("WQ[f d] WK[f d]")
    >>> S = X["b n f"] @ WQ["f d"] @ X["b m g"] @ WK["g d"] / ops.sqrt("d")
    >>> A = net.let("A[b n m]", ops.softmax["m"](S))
    >>> print(net.returns(A))
    dims   f=512 d=64
    input  X[b n f]
    weight WQ[f d] WK[f d]
    A[b n m] = softmax[m](X[b n f] WQ[f d] X[b m g] WK[g d] / sqrt(d))
    return A
    """

    def __init__(self, dims: str = "", /, **sizes: Length | None) -> None:
        self._lines = Lines()
        if dims or sizes:
            self.dims(dims, **sizes)

    @property
    def text(self) -> str:
        """The lines so far, as they are written."""
        return "\n".join(self._lines.written)

    # -- statements -------------------------------------------------------------------------------

    def dims(self, dims: str = "", /, **sizes: Length | None) -> None:
        """Dims as a text, `"f=512 h"`, or by name: a default, an equation, or None."""
        if not isinstance(dims, str):
            refuse(f'dims are a text, "f=512 h=8", or by name, f=512; not {said(dims)}')
        named = [n if s is None else f"{n}={size(s)}" for n, s in sizes.items()]
        text = one_line(" ".join([dims, *named]))
        if not text:
            refuse('no dims are given; write them as "f=512 h=8" or f=512')
        self._lines.take_dims(text)

    def input(self, text: str) -> Value:
        """A value that is given at every run: `X[b n f]`."""
        return self._source(Kind.INPUT, text)

    def index(self, text: str, of: Length | None = None) -> Value:
        """Whole numbers below `of`, given at every run: `T[b n]`."""
        return self._source(Kind.INDEX, text, of=of)

    def weight(self, text: str, init: Init | None = None) -> Value:
        """A value that is learned: `W[f k]`."""
        return self._source(Kind.WEIGHT, text, init)

    def buffer(self, text: str, init: Init | None = None) -> Value:
        """A value that is kept with the weights, but not learned."""
        return self._source(Kind.BUFFER, text, init)

    def const(self, text: str, init: Init | None = None) -> Value:
        """A value that is computed from its sizes, or whose numbers are given here."""
        return self._source(Kind.CONST, text, init)

    def inputs(self, text: str) -> tuple[Value, ...]:
        """Several inputs: `X[b n f] Z[b m e]`."""
        return self._sources(Kind.INPUT, text)

    def indices(self, text: str) -> tuple[Value, ...]:
        """Several indices: `T[b n] of v`, one after another."""
        return self._sources(Kind.INDEX, text)

    def weights(self, text: str) -> tuple[Value, ...]:
        """Several weights: `WQ[f h d] BQ[h d]=zeros`."""
        return self._sources(Kind.WEIGHT, text)

    def buffers(self, text: str) -> tuple[Value, ...]:
        """Several buffers: `mu[c]=zeros var[c]=ones`."""
        return self._sources(Kind.BUFFER, text)

    def consts(self, text: str) -> tuple[Value, ...]:
        """Several constants: `I[c c']=eye keep[k:2]=(1 0)`."""
        return self._sources(Kind.CONST, text)

    def let(self, left: str, right: Expression | Called | Number) -> Value:
        """A value that is made: `let("Y[b n]", ...)`, or `let("Y", ...)` where the legs are clear.

        >>> net = Builder()
        >>> X, Z = net.inputs("X[b n] Z[b n]")
        >>> net.let("Y", X - 2 * Z)
        Y[b n]
        """
        name = left_side(left)
        if not isinstance(right, Called):
            right = expression(right, "a let")
        return self._lines.take_let(name, one_line(left), right)

    def note(self, text: str) -> None:
        """A note above the next statement."""
        if not isinstance(text, str):
            refuse(f"a note is a text, not {said(text)}")
        self._lines.written.append(f"# {one_line(text)}")

    def define(self, parameters: str = "") -> Callable[[Callable[..., Value]], Def]:
        """Makes a def of the function below: it is called with a Builder and its parameters.

        >>> net = Builder()
        >>> @net.define("X[b n f]")
        ... def layer(inside, X):
        ...     W = inside.weight("W[f f']")
        ...     return inside.let("Y[b n f]", X["b n g"] @ W["g f"] + X)
        >>> X = net.input("X[b n f]")
        >>> net.let("Y", layer(X, times=6))
        Y[b n f]
        """
        if not isinstance(parameters, str):
            refuse(
                f'a def has its parameters as a text, define("X[b n f]"), not {said(parameters)}'
            )

        def made(body: Callable[..., Value]) -> Def:
            return self._define(body, parameters)

        return made

    def returns(self, *values: Value) -> Program:
        """The program so far, which returns these values; it may be asked for again."""
        if self._lines.outer is not None:
            refuse("a def returns the value that its function returns; end it with `return Y`")
        if not values:
            refuse("nothing is returned; give the values that are: returns(Y)")
        for value in values:
            if not isinstance(value, Value):
                refuse(f"returns takes values with names, not {said(value)}; name it with let")
            self._lines.owns(value)
        return parse(f"{self.text}\nreturn {', '.join(value.name for value in values)}")

    # -- how --------------------------------------------------------------------------------------

    def _source(
        self, kind: Kind, text: str, init: Init | None = None, of: Length | None = None
    ) -> Value:
        found = declaration(kind, text)
        if len(found) > 1:
            refuse(f"{len(found)} values are declared at once; {PLURAL[kind]}(...) gives them all")
        written = one_line(text)
        if init is not None and found[0].init is not None:
            refuse(f"the initial numbers of `{found[0].name.text}` are given twice")
        written += f" of {length_text(size(of))}" if of is not None else ""
        written += f" = {init_text(init)}" if init is not None else ""
        return self._lines.take_sources(kind, written)[0]

    def _sources(self, kind: Kind, text: str) -> tuple[Value, ...]:
        declaration(kind, text)
        return self._lines.take_sources(kind, one_line(text))

    def _define(self, body: Callable[..., Value], head: str) -> Def:
        name = getattr(body, "__name__", "")
        if not name.isidentifier():
            refuse('define stands above a function with a name: @net.define("X[b n f]")')
        inside = Builder()
        inside._lines.outer = self._lines
        values = [inside._lines.take_parameter(tensor) for tensor in parameters(head, name)]
        result = run(body, inside, values)
        inside._lines.owns(result)
        self._lines.take_definition(f"def {name}({one_line(head)})", inside._lines, result)
        return Def(self._lines, name)


PLURAL = {
    Kind.INPUT: "inputs",
    Kind.INDEX: "indices",
    Kind.WEIGHT: "weights",
    Kind.BUFFER: "buffers",
    Kind.CONST: "consts",
}
