"""Steps in a notebook: what meets what, the equation as mathematics, facts in rows, the value."""

from __future__ import annotations

from html import escape

from diagram.runtime.teach.step import TeachingStep
from diagram.runtime.teach.walk import Walk


def walk_cell(walk: Walk) -> str:
    """All steps of a walk as HTML, and what they take together."""
    parts = [
        f"<section><p>step {place} of {len(walk)}</p>\n{step_cell(step)}</section>"
        for place, step in enumerate(walk, 1)
    ]
    count = f"{len(walk)} step{'s' * (len(walk) != 1)}"
    return "<hr>\n".join([*parts, f"<p>{count}, {walk.flops:,} FLOPs</p>"])


def step_cell(step: TeachingStep) -> str:
    """One step as HTML; its equation is LaTeX, which notebooks typeset.

    >>> import torch
    >>> from diagram import interpret, parse
    >>> program = parse("input u[i] v[i]\\ns[] = u[i] v[i]\\nreturn s")
    >>> found = interpret(program, torch.ones(3), torch.ones(3), order="written")
    >>> step_cell(found[0]).splitlines()[0]
    '<p><b>s</b> = u v</p>'
    """
    rows = []
    for fact in step.facts:
        name, _, told = fact.partition("  ")
        rows.append(f"<tr><th>{escape(name)}</th><td>{escape(told.strip())}</td></tr>")
    return "\n".join(
        [
            f"<p><b>{escape(step.result)}</b> = {escape(step.what)}</p>",
            f"<p>$\\displaystyle {escape(step.latex, quote=False)}$</p>",
            f"<table><tbody>{''.join(rows)}</tbody></table>",
            f"<pre>{escape(step.told)}</pre>",
        ]
    )
