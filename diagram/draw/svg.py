"""A scene and its layout as SVG; the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diagram.draw import label, shapes
from diagram.draw.geometry import Box, Cubic, Point, angle_to
from diagram.draw.label import DROP, LIFT, SMALL
from diagram.draw.layout import Layout
from diagram.draw.legend import Entry, legend
from diagram.draw.markup import digits, element, paint, safe
from diagram.draw.scene import Dot, Frame, Item, Look, Region, Scene, Wire
from diagram.draw.shapes import Text, half
from diagram.draw.style import DOT, FONT, JUNCTION, PLUS, STAR, Theme, hue_places

Attributes = list[tuple[str, str | float]]
CORNER = 12.0
_DASHES = {Frame.BARRIER: "9 6", Frame.SUM: "2 5", Frame.GROUP: "2 5"}


def svg(scene: Scene, layout: Layout, theme: Theme, by_dim: bool = False) -> str:
    """The whole picture; `by_dim` gives each dim a colour and adds the legend."""
    return _Pen(scene, layout, theme, by_dim).picture()


@dataclass(frozen=True)
class _Pen:
    """What every element needs to know."""

    scene: Scene
    layout: Layout
    theme: Theme
    by_dim: bool

    def picture(self) -> str:
        found = legend(self.scene, self.layout, self.by_dim)
        frame = found.frame
        view = " ".join(digits(v) for v in (frame.left, frame.top, frame.width, frame.height))
        attributes: Attributes = [
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("class", "td-picture"),
            ("viewBox", view),
            ("width", frame.width),
            ("height", frame.height),
            ("role", "group"),
            ("aria-label", f"tensor diagram of {', '.join(self.scene.parts)}"),
            ("font-family", FONT),
        ]
        body = [*self._background(frame)]
        body += [self._region(region) for region in self.scene.regions]
        body += [self._wire(wire) for wire in self.scene.wires]
        body += [self._dot(dot) for dot in self.scene.dots]
        body += [self._item(item) for item in self.scene.items]
        body += [self._entry(entry) for entry in found.entries]
        return element("svg", attributes, "\n", *(line + "\n" for line in body))

    def _background(self, frame: Box) -> Iterator[str]:
        if self.theme.background is not None:
            yield element("rect", [*_rect(frame), *paint(fill=self.theme.background)])

    def _group(self, kind: str, id: str, tip: str, dim: str, *children: str) -> str:
        attributes: Attributes = [("class", kind), ("data-path", id)]
        attributes += [("data-dim", dim)] if dim else []
        attributes += [("tabindex", "0"), ("role", "button"), ("aria-label", tip)]
        return element("g", attributes, element("title", [], safe(tip)), *children)

    # -- text ---------------------------------------------------------------------------------

    def _text(self, text: Text, colour: str, starts: bool = False) -> str:
        """Centred in its box, or at its left; in most fonts it is narrower than that."""
        attributes: Attributes = [
            ("x", text.box.left if starts else text.x),
            ("y", text.y),
            ("font-size", text.size),
            ("text-anchor", "start" if starts else "middle"),
            ("xml:space", "preserve"),
            *paint(fill=colour),
        ]
        spans, shift = [], 0.0
        for piece in text.label:
            wanted = {1: -LIFT, 0: 0.0, -1: DROP}[piece.level] * text.size
            span: Attributes = [("font-style", "italic")] if piece.italic else []
            if wanted != shift:
                span.append(("dy", wanted - shift))
            if piece.level:
                span.append(("font-size", text.size * SMALL))
            spans.append(element("tspan", span, safe(piece.text)))
            shift = wanted
        return element("text", attributes, *spans)

    def _hue(self, dim: str) -> str:
        if not self.by_dim or not dim:
            return self.theme.text
        return self.theme.hues[hue_places([name for name, _, _ in self.scene.dims])[dim]]

    # -- regions ------------------------------------------------------------------------------

    def _region(self, region: Region) -> str:
        box, colour = self.layout.boxes[region.id], self.theme.frames[region.frame]
        title = self.layout.texts.get(region.id)
        fill = [*_rect(box), ("rx", CORNER), *paint(fill=colour), ("fill-opacity", "0.045")]
        line: Attributes = [
            ("d", _border(box, title)),
            ("fill", "none"),
            ("stroke-width", "1.7"),
            ("stroke-linecap", "round"),
            *paint(stroke=colour),
        ]
        if region.frame in _DASHES:
            line.append(("stroke-dasharray", _DASHES[region.frame]))
        children = [element("rect", fill), element("path", line)]
        children += [self._text(title, colour)] if title else []
        kind = f"td-region td-{region.frame}"
        return self._group(kind, region.id, region.tip, "", *children)

    # -- wires and what is on them ------------------------------------------------------------

    def _wire(self, wire: Wire) -> str:
        path = _curve(self.layout.paths[wire.id])
        hit: Attributes = [("class", "td-hit"), ("d", path), ("fill", "none")]
        hit += [("stroke", "transparent"), ("stroke-width", "14"), ("pointer-events", "stroke")]
        line: Attributes = [("class", "td-line"), ("d", path), ("fill", "none")]
        thick = "4.4" if wire.bundled else "2.2"
        line += [("stroke-width", thick), ("stroke-linecap", "round")]
        line += paint(stroke=self._hue(wire.dim))
        children = [element("path", hit), element("path", line)]
        text = self.layout.texts.get(wire.id)
        children += [self._text(text, self._hue(wire.dim))] if text else []
        return self._group("td-wire", wire.id, wire.tip, wire.dim, *children)

    def _dot(self, dot: Dot) -> str:
        x, y = self.layout.points[dot.id]
        colour = self._hue("")
        circle = element("circle", [("cx", x), ("cy", y), ("r", DOT), *paint(fill=colour)])
        text = self._text(self.layout.texts[dot.id], colour)
        return self._group("td-dot", dot.id, dot.tip, "", _hit(x, y), circle, text)

    # -- items --------------------------------------------------------------------------------

    def _item(self, item: Item) -> str:
        if item.look.is_node:
            return self._node(item)
        if item.look is Look.JOINT:
            return self._joint(item)
        x, y = self.layout.points[item.id]
        colour = self._hue(item.dim)
        if item.look is Look.PLUS:
            return self._plus(item, colour)
        if item.look is Look.STAR:
            return self._star(item, colour)
        circle = element("circle", [("cx", x), ("cy", y), ("r", JUNCTION), *paint(fill=colour)])
        kind = f"td-junction td-{item.look}"
        return self._group(kind, item.id, item.tip, item.dim, _hit(x, y), circle)

    def _plus(self, item: Item, colour: str) -> str:
        x, y = self.layout.points[item.id]
        disc: Attributes = [("cx", x), ("cy", y), ("r", PLUS), ("fill", "#ffffff")]
        disc += [("stroke-width", "1.8"), ("stroke", "#1a1a1a")]
        arm = PLUS - 3.5
        cross = f"M{digits(x - arm)} {digits(y)}h{digits(2 * arm)}"
        cross += f"M{digits(x)} {digits(y - arm)}v{digits(2 * arm)}"
        line: Attributes = [("d", cross), ("stroke", "#1a1a1a"), ("stroke-width", "1.8")]
        line += [("stroke-linecap", "round"), ("fill", "none")]
        rim = element("circle", [("cx", x), ("cy", y), ("r", PLUS + 1.2), *paint(fill=colour)])
        children = (_hit(x, y), rim, element("circle", disc), element("path", line))
        return self._group("td-junction td-plus", item.id, item.tip, item.dim, *children)

    def _star(self, item: Item, colour: str) -> str:
        x, y = self.layout.points[item.id]
        shape = element("path", [("d", _closed(shapes.star((x, y), STAR))), *paint(fill=colour)])
        return self._group("td-junction td-star", item.id, item.tip, item.dim, _hit(x, y), shape)

    def _joint(self, item: Item) -> str:
        """A wedge that opens from the leg to its edges, in the colour of the leg."""
        x, y = self.layout.points[item.id]
        leg = next(wire for wire in self.scene.wires if item.id in wire.bundled)
        path = self.layout.paths[leg.id]
        before = path[2] if leg.ends[1] == item.id else path[1]
        wedge = shapes.wedge((x, y), angle_to(before, (x, y)))
        fill = paint(fill=self._hue(leg.dim))
        shape = element("path", [("d", _closed(wedge)), *fill])
        return self._group("td-junction td-joint", item.id, item.tip, "", _hit(x, y), shape)

    def _node(self, item: Item) -> str:
        x, y = self.layout.points[item.id]
        fill, rim = self.theme.fills[item.look]
        wide, high = half(item)
        shape: Attributes = [
            *_rect(Box.around(x, y, wide, high)),
            ("rx", CORNER if item.look is Look.CALL else high),
        ]
        shape += [("stroke-width", "2"), *paint(fill=fill, stroke=rim)]
        text = self._text(self.layout.texts[item.id], self.theme.node_text)
        kind = f"td-node td-{item.look}"
        return self._group(kind, item.id, item.tip, "", element("rect", shape), text)

    # -- legend -------------------------------------------------------------------------------

    def _entry(self, entry: Entry) -> str:
        text = self._text(entry.text, self.theme.text, starts=True)
        box = entry.swatch
        if entry.star:
            middle = ((box.left + box.right) / 2, box.top)
            points = _closed(shapes.star(middle, 0.8 * STAR))
            sign = element("path", [("d", points), *paint(fill=self.theme.text)])
            return element("g", [("class", "td-note")], sign, text)
        if not entry.dim:
            return element("g", [("class", "td-note")], text)
        line = f"M{digits(box.left)} {digits(box.top)}H{digits(box.right)}"
        stroke: Attributes = [("d", line), ("stroke-width", "4"), ("stroke-linecap", "round")]
        swatch = element("path", [*stroke, *paint(stroke=self._hue(entry.dim))])
        attributes: Attributes = [("class", "td-legend"), ("data-dim", entry.dim)]
        attributes += [("tabindex", "0"), ("role", "button"), ("aria-label", entry.tip)]
        return element("g", attributes, element("title", [], safe(entry.tip)), swatch, text)


def _rect(box: Box) -> Attributes:
    return [("x", box.left), ("y", box.top), ("width", box.width), ("height", box.height)]


def _hit(x: float, y: float) -> str:
    attributes: Attributes = [("class", "td-hit"), ("cx", x), ("cy", y), ("r", 11.0)]
    return element("circle", [*attributes, ("fill", "transparent")])


def _closed(points: Sequence[Point]) -> str:
    return f"M{'L'.join(f'{digits(x)} {digits(y)}' for x, y in points)}Z"


def _curve(path: Cubic) -> str:
    start, one, two, end = (f"{digits(x)} {digits(y)}" for x, y in path)
    return f"M{start}C{one} {two} {end}"


def _border(box: Box, title: Text | None) -> str:
    """A rounded rectangle, open where the title stands."""
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    gap = title.box.grown(4.0) if title and label.width(title.label) else None
    upper = gap is not None and title is not None and abs(title.box.centre[1] - top) < 2.0
    c = min(CORNER, box.width / 2, box.height / 2)

    def at(x: float, y: float) -> str:
        return f"{digits(x)} {digits(y)}"

    top_right = f"L{at(right - c, top)}Q{at(right, top)} {at(right, top + c)}"
    bottom_right = f"L{at(right, bottom - c)}Q{at(right, bottom)} {at(right - c, bottom)}"
    bottom_left = f"L{at(left + c, bottom)}Q{at(left, bottom)} {at(left, bottom - c)}"
    top_left = f"L{at(left, top + c)}Q{at(left, top)} {at(left + c, top)}"
    if gap is None:
        return f"M{at(left + c, top)}{top_right}{bottom_right}{bottom_left}{top_left}Z"
    if upper:
        start, end = at(gap.right, top), at(gap.left, top)
        return f"M{start}{top_right}{bottom_right}{bottom_left}{top_left}L{end}"
    start, end = at(gap.left, bottom), at(gap.right, bottom)
    return f"M{start}{bottom_left}{top_left}{top_right}{bottom_right}L{end}"
