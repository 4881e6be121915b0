"""How the names of edges and values are printed: in text, in LaTeX, as Python's own."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping

from diagram.language.check import derive
from diagram.language.core import Diagram, Program

_LOWER = str.maketrans("0123456789+", "₀₁₂₃₄₅₆₇₈₉₊")
_LABEL = re.compile(r"([^\W\d_]+?)([A-Z]{0,2})_?(\d*)('*)")
_PYTHON = frozenset(
    {*keyword.kwlist, "np", "math", "range", "sorted", "sum", "max", "min", "total"}
)


def kernel_names(program: Program, diagram: Diagram) -> dict[str, str]:
    """For a convolved edge's end at a kernel (`x:1`) the leg that the kernel was declared with.

    Where an edge has that name already it is a letter that none has.

    >>> from diagram import parse
    >>> text = "input U[x] K[i:3]\\nY[x] = U[x] K[x] corr x\\nreturn Y"
    >>> program = parse(text)
    >>> kernel_names(program, program.let["Y"].maker)
    {'x:1': 'i'}
    """
    legs = derive(program).legs
    taken = set(diagram.edges)
    found: dict[str, str] = {}
    for conv in diagram.convs:
        for place, use in list(enumerate(diagram.uses(conv.edge)))[1:]:
            node = diagram.nodes[use]
            leg = legs[node.value][node.axes.index((conv.edge,))].name
            if (free := next((own for own in (leg, *"ijkl") if own not in taken), "")) != "":
                taken.add(free)
                found[f"{conv.edge}:{place}"] = free
    return found


def text_name(edge: str, found: Mapping[str, str]) -> str:
    """An edge in text: `x:0` reads x₀.

    >>> text_name("x:0", {}), text_name("x:1", {"x:1": "i"}), text_name("m'", {})
    ('x₀', 'i', 'm′')
    """
    edge = found.get(edge, edge)
    base, _, end = edge.partition(":")
    return base.replace("'", "′") + end.translate(_LOWER)


def latex_name(edge: str, found: Mapping[str, str]) -> str:
    """An edge in LaTeX: `s1` is s with subscript 1, a word is upright.

    >>> latex_name("x:0", {}), latex_name("s1", {}), latex_name("time", {})
    ('x_{0}', 's_{1}', '\\\\mathrm{time}')
    """
    base, _, end = found.get(edge, edge).partition(":")
    match = re.fullmatch(r"(.+?)_?(\d*)('*)", base)
    assert match is not None
    letter, digits, primes = match.groups()
    below = ",".join(part for part in (digits, end) if part)
    return _letter(letter) + (f"_{{{below}}}" if below else "") + primes


def _letter(word: str) -> str:
    escaped = word.replace("_", r"\_")
    return escaped if len(word) == 1 else rf"\mathrm{{{escaped}}}"


def latex_value(value: str) -> str:
    """A value in LaTeX: `WQ` is W with superscript Q; the plan's own `Y:q` is Y with (q).

    >>> latex_value("WQ"), latex_value("C2"), latex_value("Y:q"), latex_value("mask")
    ('W^{Q}', 'C_{2}', 'Y^{(q)}', '\\\\mathrm{mask}')
    """
    name, mark, part = value.partition(":") if ":" in value else value.partition("~")
    match = _LABEL.fullmatch(name)
    if match is None:
        text = rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"
        return text + (f"^{{({part})}}" if mark else "")
    base, capitals, digits, primes = match.groups()
    inner = "" if not mark else f"({part})" if mark == ":" else f"[{part}]"
    above = "".join(["\\prime" * len(primes), capitals, inner])
    text = _letter(base)
    text += f"^{{{above}}}" if above else ""
    return text + (f"_{{{digits}}}" if digits else "")


def python_names(names: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """For each name one that Python takes; those that are such already keep theirs.

    >>> python_names(["Y", "Y~1", "in", "f'"])
    {'Y': 'Y', 'Y~1': 'Y_1', 'in': 'in_', "f'": 'f_'}
    """
    used = {*taken, *_PYTHON}
    found: dict[str, str] = {}
    each = list(dict.fromkeys(names))
    for own in [n for n in each if n.isidentifier()] + [n for n in each if not n.isidentifier()]:
        fresh = re.sub(r"\W", "_", own)
        fresh = fresh if fresh[:1].isidentifier() else f"_{fresh}"
        while fresh in used:
            fresh += "_"
        used.add(fresh)
        found[own] = fresh
    return {own: found[own] for own in each}
