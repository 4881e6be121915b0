"""Scalar factors: how they read, and on which wire the dot stands."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.draw import label
from diagram.draw.label import Label
from diagram.draw.letters import Letters
from diagram.draw.wiring import Net, Run, id_of
from diagram.language.core import Apply, Diagram, Program


def text(letters: Letters, let: str, diagram: Diagram) -> Label:
    """`1/√D`, with edges and dims as they are printed on the wires."""
    names = {dim: label.line(label.of_letter(dim)) for dim in letters.program.dim_order}
    names |= {edge: letters.text(let, edge) for edge in diagram.edges}
    return label.of_scale(diagram.scale, names)


def letters_for(program: Program, inlined: frozenset[str], let: str, diagram: Diagram) -> list[str]:
    """Where the factor may stand: the softmaxed leg, else the last kept, else a summed one."""
    softmaxed = [e for e in diagram.kept if _is_softmaxed(program, inlined, let, e)]
    return [*softmaxed, *reversed(diagram.kept), *diagram.summed]


def _is_softmaxed(program: Program, inlined: frozenset[str], let: str, letter: str) -> bool:
    """Whether a leg reaches a softmax over it through ops that keep it."""
    while let in inlined:
        reader = program.let[program.readers[let][0]]
        if not isinstance(reader.maker, Apply):
            return False
        node = next(n for n in reader.maker.args if n.value == let)
        kept = program.let[let].maker.output
        if (letter,) not in kept:
            return False
        letter = node.edges[kept.index((letter,))]
        if "softmax" in reader.maker.op:
            return letter in reader.maker.legs
        let = reader.name
    return False


def wire_for(runs: Sequence[Run], nets: Sequence[Net]) -> tuple[str, int] | None:
    """The first wire that passes or leaves a net, with its end that is nearer to the net."""
    for net in nets:
        touching = [run for run in runs if net in run.nets]
        outward = [run for run in touching if run.ends[0] == id_of(net)]
        for run in [*outward, *touching][:1]:
            return run.id, 0 if run.nets.index(net) * 2 <= len(run.nets) - 1 else 1
    return None
