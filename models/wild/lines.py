"""Programs from lines, some of which stand only where an option asks for them."""

from __future__ import annotations

from decimal import Decimal

from diagram import Program, parse


def program(*lines: str | bool) -> Program:
    """The program of the lines that are texts; `option and "line"` is one where the option is set.

    >>> biased = False
    >>> print(program("input X[n]", biased and "weight B[n]", "return X"))
    input X[n]
    return X
    """
    return parse("\n".join(line for line in lines if isinstance(line, str)))


def decimal(number: float) -> str:
    """A number as the language writes it.

    >>> decimal(1e-6), decimal(10000.0)
    ('0.000001', '10000')
    """
    written = format(Decimal(repr(number)), "f")
    return written.removesuffix(".0")


def rotary(d: str = "d", theta: float = 10000.0) -> str:
    """The lines of rotations `R[n e c c']`: position n turns pair e of `d` entries by an angle.

    `c` and `c'` are the two entries of a pair before and after. Halves are turned by
    `Q[n (c e)] R[n e c c']`, interleaved pairs by `Q[n (e c)] R[n e c c']`, of any length n
    (Su et al., RoFormer, 2021).

    >>> from diagram import interpret
    >>> turns = program("dims d=4", "input X[n d]", rotary(), "return R")
    >>> interpret(turns, [[0, 0, 0, 0], [0, 0, 0, 0]])["R"][1, 0].cos().shape
    torch.Size([2, 2])
    """
    return f"""\
const at[n]=range i[e:({d}/2)]=range I[c:2 c':2]=eye J[c:2 c':2]=(0 1 -1 0)
angle[n e]  = at[n] exp(-i[e] log({decimal(theta)})[] * 2 / {d})[e]
R[n e c c'] = cos(angle)[n e] I[c c'] + sin(angle)[n e] J[c c']"""
