"""`show` and `notations`: the same equations as a picture, in index notation, and as code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diagram.draw import figure
from diagram.errors import DiagramError, suggest
from diagram.language.core import Diagram, Let, Program
from diagram.language.count import checked
from diagram.language.einsums.conv_einsum import from_conv_einsum
from diagram.language.einsums.einsum import from_einsum
from diagram.language.inline import inline
from diagram.language.text import parse
from diagram.notation import latex, text
from diagram.notation.alone import alone
from diagram.notation.code import code
from diagram.notation.einsum import einsum
from diagram.notation.equations import of_let
from diagram.notation.lengths import known
from diagram.notation.loops import loops
from diagram.notation.names import kernel_names

Numbers = Mapping[str, int]


def show(
    program: Program | str, /, as_: str = "index", let: str | None = None, **sizes: int
) -> str:
    """A program, or one let of it, in the notation that is asked for.

    `as_` is "index" (index notation), "latex", "einsum" (numpy), "loops" (Python over numpy
    arrays), "torch" or "picture" (SVG). A text is read as a program, or as an einsum.
    Of a whole program einsum, loops and torch are files that run once its sources are given under
    their names; of one let they are its lines, where `np`, `math` are numpy and math, or a
    function. Lengths stay general; those in `sizes`, and of dims that no shape tells, are
    numbers. Raises DiagramError for a let or a notation that is none, SizeError for lengths that
    nothing tells.

    >>> print(show("ij,jk->ik"))
    Y[i,k] = Σ_j A[i,j] B[j,k]
    >>> print(show("ij,jk->ik", as_="loops", let="Y", i=2, j=3, k=4))
    # Y[i,k] = Σ_j A[i,j] B[j,k]
    Y = np.zeros((2, 4))
    for i in range(2):
        for k in range(4):
            for j in range(3):
                Y[i, k] += A[i, j] * B[j, k]
    """
    return shown(program, as_, let, sizes)


def shown(
    program: Program | str, as_: str = "index", let: str | None = None, sizes: Numbers | None = None
) -> str:
    """What `show` makes, for dims of any name."""
    if as_ not in NOTATIONS:
        known_ones = ", ".join(NOTATIONS)
        raise DiagramError(f"no notation `{as_}`{suggest(as_, NOTATIONS)} ({known_ones})")
    found = inline(_read(program))
    numbers = known(found, checked(found, sizes or {}))
    if let is None:
        return NOTATIONS[as_](found, numbers, None)
    if let not in found.let:
        raise DiagramError(f"`{let}` is no let of this program{suggest(let, found.let)}")
    return NOTATIONS[as_](found, numbers, found.let[let])


def notations(program: Program | str, /, let: str | None = None, **sizes: int) -> dict[str, str]:
    """A program, or one let of it, in every notation, by name.

    >>> list(notations("ij,jk->ik"))
    ['index', 'latex', 'einsum', 'loops', 'torch', 'picture']
    """
    return {name: shown(program, name, let, sizes) for name in NOTATIONS}


def _read(program: Program | str) -> Program:
    if not isinstance(program, str):
        return program
    if "[" in program or "\n" in program:
        return parse(program)
    return from_conv_einsum(program) if "|" in program else from_einsum(program)


def _lets(program: Program, let: Let | None) -> tuple[Let, ...]:
    return program.lets if let is None else (let,)


def _shown(program: Program, let: Let) -> dict[str, str]:
    return kernel_names(program, let.maker) if isinstance(let.maker, Diagram) else {}


def _index(program: Program, numbers: Numbers, let: Let | None) -> str:
    return "\n".join(
        text.text(equation, _shown(program, each))
        for each in _lets(program, let)
        for equation in of_let(program, each, numbers)
    )


def _latex(program: Program, numbers: Numbers, let: Let | None) -> str:
    return "\n\n".join(
        latex.latex(of_let(program, each, numbers), _shown(program, each))
        for each in _lets(program, let)
    )


def _einsum(program: Program, numbers: Numbers, let: Let | None) -> str:
    return "\n".join(einsum(program, numbers, let)) if let else code(program, numbers, einsum)


def _loops(program: Program, numbers: Numbers, let: Let | None) -> str:
    return "\n".join(loops(program, numbers, let)) if let else code(program, numbers, loops)


def _torch(program: Program, numbers: Numbers, let: Let | None) -> str:
    from diagram.runtime.function import torch_function

    return torch_function(alone(program, let.name) if let else program, numbers)


def _picture(program: Program, numbers: Numbers, let: Let | None) -> str:
    return figure(alone(program, let.name) if let else program, {}).svg


NOTATIONS: Mapping[str, Callable[[Program, Numbers, Let | None], str]] = {
    "index": _index,
    "latex": _latex,
    "einsum": _einsum,
    "loops": _loops,
    "torch": _torch,
    "picture": _picture,
}
