"""A figure as TikZ: a document of its own, with a style per kind of thing, in plain ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from diagram.draw.export.ink import Circle, Form, Group, Ink, Path, Rectangle, Segment, Shape, Words
from diagram.draw.export.pdf import POINTS
from diagram.draw.export.tex import UNKNOWN, mathematics
from diagram.draw.geometry import Point
from diagram.draw.markup import digits

Styles = dict[tuple[str, str], str]
"""The name of a style, by the kind of thing and what the style says."""

_PREAMBLE = rf"""\documentclass[tikz]{{standalone}}
\usepackage{{amsmath}}
\ifdefined\Umathcode\else
  \usepackage[T1]{{fontenc}}
  \IfFileExists{{lmodern.sty}}{{\usepackage{{lmodern}}}}{{\usepackage{{fix-cm}}}}
\fi
{UNKNOWN}"""


def tikz(found: Ink) -> str:
    """The figure at the size that it has on a screen, for pdfLaTeX, XeLaTeX or LuaLaTeX."""
    styles: Styles = {}
    body = [line for group in found.groups for line in _group(group, styles)]
    frame = found.frame
    corners = (_at((frame.left, frame.top)), _at((frame.right, frame.bottom)))
    lines = [
        *(
            rf"\definecolor{{{_name(colour)}}}{{HTML}}{{{colour[1:]}}}"
            for colour in _colours(found)
        ),
        r"\tikzset{",
        *(f"  {name}/.style={{{style}}}," for (_, style), name in styles.items()),
        "}",
        r"\begin{document}",
        # Of y the unit is negative: it runs down, as on a screen.
        rf"\begin{{tikzpicture}}[x={POINTS:g}bp, y=-{POINTS:g}bp, line cap=butt]",
        rf"\useasboundingbox {corners[0]} rectangle {corners[1]};",
        *body,
        r"\end{tikzpicture}",
        r"\end{document}",
    ]
    return _PREAMBLE + "\n".join(lines) + "\n"


def _group(group: Group, styles: Styles) -> Iterator[str]:
    if not group.kind:
        return  # the white of the page
    if group.id:
        yield f"% {''.join(c if 32 <= ord(c) < 127 else '?' for c in group.id)}"
    kind = group.kind.rpartition("td-")[2]
    for mark in group.marks:
        if isinstance(mark, Words):
            size = digits(mark.size * POINTS)
            font = rf"\fontsize{{{size}}}{{{size}}}\selectfont"
            anchor = "base west" if mark.starts else "base"
            style = f"text={_name(mark.colour)}, font={font}, anchor={anchor}, inner sep=0"
            name = _style(f"td {kind} label", style, styles)
            yield rf"\node[{name}] at {_at((mark.x, mark.y))} {{${mathematics(mark.label)}$}};"
        else:
            part = f"td {kind}" if mark.stroke or mark.opacity == 1 else f"td {kind} ground"
            yield rf"\path[{_style(part, _paint(mark), styles)}] {_form(mark.form)};"


def _style(kind: str, style: str, styles: Styles) -> str:
    """The name of a style; of a kind that has several, the later ones are numbered."""
    if (kind, style) not in styles:
        count = sum(known == kind for known, _ in styles)
        styles[kind, style] = f"{kind} {count + 1}" if count else kind
    return styles[kind, style]


def _paint(shape: Shape) -> str:
    found = []
    if shape.fill:
        found.append(f"fill={_name(shape.fill)}")
    if shape.fill and shape.opacity != 1:
        found.append(f"fill opacity={shape.opacity:g}")
    if shape.stroke:
        found.append(f"draw={_name(shape.stroke)}")
        found.append(f"line width={digits(shape.width * POINTS)}bp")
    if shape.stroke and shape.has_round_ends:
        found.append("line cap=round")
    if shape.stroke and shape.dash:
        words = zip(cycle(("on", "off")), shape.dash, strict=False)
        lengths = " ".join(f"{word} {digits(length * POINTS)}bp" for word, length in words)
        found.append(f"dash pattern={lengths}")
    return ", ".join(found)


def _form(form: Form) -> str:
    match form:
        case Circle(centre, radius):
            return f"{_at(centre)} circle [radius={digits(radius)}]"
        case Rectangle(box, radius):
            first, second = _at((box.left, box.top)), _at((box.right, box.bottom))
            corners = f"[rounded corners={digits(radius * POINTS)}bp] " if radius else ""
            return f"{corners}{first} rectangle {second}"
        case Path(path):
            return " ".join(_path(path))


def _path(path: Sequence[Segment]) -> Iterator[str]:
    for command, points in path:
        match command:
            case "M":
                yield _at(points[0])
            case "L":
                yield f"-- {_at(points[0])}"
            case "C":
                one, two, end = (_at(point) for point in points)
                yield f".. controls {one} and {two} .. {end}"
            case _:
                yield "-- cycle"


def _at(point: Point) -> str:
    return f"({digits(point[0])},{digits(point[1])})"


def _colours(found: Ink) -> list[str]:
    """Each colour once, in the order in which they are used."""
    seen: dict[str, None] = {}
    for group in found.groups:
        for mark in group.marks:
            used = [mark.colour] if isinstance(mark, Words) else [mark.fill, mark.stroke]
            seen |= {colour: None for colour in used if colour}
    return list(seen)


def _name(colour: str) -> str:
    return f"td{colour[1:]}"
