"""A whole program as one Python file over numpy arrays, let after let."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diagram.language.check import derive
from diagram.language.core import Kind, Let, Program, Source
from diagram.language.size import Size, product
from diagram.notation.lengths import Lengths
from diagram.notation.loops import value_names

Writer = Callable[[Program, Mapping[str, int], Let], list[str]]
RULES = frozenset({"zeros", "ones", "eye", "range", "numbers"})


def code(program: Program, numbers: Mapping[str, int], writer: Writer) -> str:
    """Imports, what must be given, constants that are written, and every let.

    >>> from diagram import parse
    >>> from diagram.notation.einsum import einsum
    >>> program = parse("input A[i j]\\nconst I[j j'] = eye\\nC[i k] = A[i j] I[j k]\\nreturn C")
    >>> print(code(program, {}, einsum), end="")
    import math
    <BLANKLINE>
    import numpy as np
    <BLANKLINE>
    # given: A[i j]
    I = np.eye(A.shape[1], A.shape[1])
    C = np.einsum('ij,jk->ik', A, I)
    """
    names = value_names(program)
    given = [source for source in program.sources if not is_written(source)]
    told = _told(program, given, names)
    said = ", ".join(
        f"{names[source.name]}[{' '.join(leg.name for leg in source.legs)}]" for source in given
    )
    lines = ["import math", "", "import numpy as np", "", f"# given: {said or 'nothing'}"]
    lines += [
        f"{names[source.name]} = {_constant(program, source, numbers, told)}"
        for source in program.sources
        if is_written(source)
    ]
    for let in program.lets:
        lines += writer(program, numbers, let)
    return "\n".join(lines) + "\n"


def is_written(source: Source) -> bool:
    """Whether a constant's declaration tells all of its numbers."""
    return source.kind is Kind.CONST and source.init is not None and source.init.name in RULES


def _told(program: Program, given: list[Source], names: Mapping[str, str]) -> Lengths:
    """What the shapes of all given values tell."""
    found = derive(program).legs
    told: dict[Size, str] = {}
    for source in given:
        for place, leg in enumerate(found[source.name]):
            told.setdefault(leg.size, f"{names[source.name]}.shape[{place}]")
    return Lengths({}, told)


def _constant(program: Program, source: Source, numbers: Mapping[str, int], told: Lengths) -> str:
    assert source.init is not None
    put = {name: Size.of(number) for name, number in numbers.items()}
    sizes = [leg.size.replace(put) for leg in derive(program).legs[source.name]]
    shape = ", ".join(told.text(size) for size in sizes)
    match source.init.name:
        case "zeros" | "ones" as rule:
            return f"np.{rule}(({shape}{',' * (len(sizes) == 1)}))"
        case "eye":
            return f"np.eye({shape})"
        case "range":
            return f"np.arange({told.text(product(sizes))}) * 1.0"
        case _:
            entries = ", ".join(repr(float(number)) for number in source.init.numbers)
            return f"np.array([{entries}]).reshape({shape or '()'})"
