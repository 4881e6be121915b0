"""A plan as a table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from diagram.planner.steps import Plan
from diagram.planner.table import above, below, rows


def cells(plan: Plan) -> str:
    """The same rows as in the table that prints, as HTML.

    >>> from diagram import parse, plan
    >>> found = plan(parse("input u[i] v[i]\\ns[] = u[i] v[i]\\nreturn s"), i=3)
    >>> cells(found).splitlines()[-2]
    '<p>FLOPs: 2 i = 6</p>'
    """
    head, *steps = rows(plan)
    lines = [*_paragraphs(above(plan)), "<table>", f"<thead>{_row('th', head)}</thead>", "<tbody>"]
    lines += [_row("td", step) for step in steps]
    return "\n".join([*lines, "</tbody>", "</table>", *_paragraphs(below(plan))])


def _row(tag: str, row: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in row)}</tr>"


def _paragraphs(lines: Iterable[str]) -> list[str]:
    return [f"<p>{escape(line)}</p>" for line in lines]
