"""Dense layers along any legs, as Keras' EinsumDense writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagram import DiagramError, Program, from_einsum, parse
from diagram.language.core import Diagram

__all__ = ["einsum_dense"]


def einsum_dense(
    equation: str,
    input_shape: Sequence[int],
    output_shape: int | Sequence[int | None],
    bias_axes: str = "",
) -> Program:
    """The program of keras.layers.EinsumDense: X times a kernel, plus a bias along some legs.

    `equation` is that of input and kernel; `output_shape` says the lengths of the output's letters
    but for the batch (the first letter, or what `...` before all others stands for); None is a
    length that the input tells. The bias has Keras' shape, with legs of length 1 behind its first.

    >>> print(einsum_dense("abc,cde->abde", (2, 1, 2), (None, 3, 4), "d"))
    dims   a=2 b=1 c=2 d=3 e=4
    input  X[a b c]
    weight kernel[c d e] bias[d one1:1]=zeros
    Y[a b d e] = X[a b c] kernel[c d e] + bias[d ()]
    return Y
    """
    value, kernel, output = _terms(equation)
    sizes = _sizes(value, output, tuple(input_shape), output_shape)
    if unknown := [letter for letter in kernel if letter not in sizes]:
        names = ", ".join(f"`{letter}`" for letter in unknown)
        raise DiagramError(f"{equation}: {names} of the kernel has no length")
    found = from_einsum(equation, input_shape, [sizes[letter] for letter in kernel])
    product = found.lets[0].maker
    assert isinstance(product, Diagram)
    dims = " ".join(f"{dim.name}={dim.size}" for dim in found.dims)
    x, k = (" ".join(node.edges) for node in product.nodes)
    legs = _bias(product.kept, bias_axes)
    bias = f" bias[{_declared(legs)}]=zeros" if legs else ""
    plus = f" + bias[{' '.join(legs)}]" if legs else ""
    return parse(
        f"dims {dims}\ninput X[{x}]\nweight kernel[{k}]{bias}\n"
        f"Y[{' '.join(product.kept)}] = X[{x}] kernel[{k}]{plus}\nreturn Y"
    )


def _terms(equation: str) -> tuple[str, str, str]:
    operands, arrow, output = equation.replace(" ", "").partition("->")
    terms = operands.split(",")
    if not arrow or len(terms) != 2:
        raise DiagramError(f'{equation}: a dense layer is written "input,kernel->output"')
    return terms[0], terms[1], output


def _sizes(
    value: str, output: str, input_shape: tuple[int, ...], output_shape: int | Sequence[int | None]
) -> Mapping[str, int]:
    """The length of each letter of the input and the output."""
    before, _, after = value.partition("...")
    sizes = dict(zip(before, input_shape, strict=False))
    sizes |= dict(zip(reversed(after), reversed(input_shape), strict=False))
    letters = output.replace("...", "")
    letters = letters if output.startswith("...") else letters[1:]
    given = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
    if len(given) != len(letters):
        raise DiagramError(f"the output shape {given} should say the lengths of `{letters}`")
    for letter, length in zip(letters, given, strict=True):
        if length is not None and sizes.setdefault(letter, length) != length:
            raise DiagramError(
                f"`{letter}` is {sizes[letter]} in the input, {length} in the output"
            )
    return sizes


def _bias(kept: Sequence[str], wanted: str) -> list[str]:
    """The axes of the bias: the output's from the first one on that is wanted."""
    if unknown := [letter for letter in wanted if letter not in kept]:
        names = ", ".join(f"`{letter}`" for letter in unknown)
        raise DiagramError(f"a bias along {names}, which the output lacks")
    first = min((kept.index(letter) for letter in wanted), default=len(kept))
    return [edge if edge in wanted else "()" for edge in kept[first:]]


def _declared(legs: Sequence[str]) -> str:
    return " ".join(f"one{i}:1" if leg == "()" else leg for i, leg in enumerate(legs))
