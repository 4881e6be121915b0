"""From a program to its scene: lets used once are drawn inside their reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagram.draw import label, parts, scalars
from diagram.draw.frames import frame_of, is_group
from diagram.draw.label import Label
from diagram.draw.letters import Letters
from diagram.draw.scene import Dot, Item, Look, Region, Scene, Wire
from diagram.draw.wiring import Leg, Link, Net, Open, Run, id_of, junctions, runs
from diagram.language.core import Apply, Diagram, Kind, Let, Node, Program, legs_of, nodes

LOOKS: Mapping[Kind, Look] = {
    Kind.INPUT: Look.INPUT,
    Kind.INDEX: Look.INPUT,
    Kind.WEIGHT: Look.WEIGHT,
    Kind.BUFFER: Look.CONST,
    Kind.CONST: Look.CONST,
}


def scene(program: Program, batch: bool = False, sizes: Mapping[str, int] | None = None) -> Scene:
    """The scene of a checked program; `batch` shows the batch legs."""
    letters = Letters(program, tuple((sizes or {}).items()))
    inlined = parts.inlined(program)
    names = parts.names(program, inlined)
    found = [
        _Part(letters, batch, inlined, part, len(names) > 1 and place >= _alone(program))
        for place, part in enumerate(names)
    ]
    for part in found:
        part.draw()
    note = "" if batch or not letters.batch else _note(letters.batch)
    wires = tuple(wire for part in found for wire in part.wires)
    return Scene(
        tuple(item for part in found for item in part.items),
        wires,
        tuple(dot for part in found for dot in part.dots),
        tuple(region for part in found for region in part.regions),
        names,
        _dims(wires, letters),
        note,
    )


def _alone(program: Program) -> int:
    """How many parts at the front need no frame: the one result, where there is one."""
    return 1 if len(program.outputs) == 1 else 0


def _note(batch: tuple[str, ...]) -> str:
    shown = [dim for dim in batch if dim != "batch"]
    return f"batch {', '.join(shown)} not drawn" if shown else "batch not drawn"


def _dims(wires: tuple[Wire, ...], letters: Letters) -> tuple[tuple[str, Label, str], ...]:
    found: dict[str, tuple[str, Label, str]] = {}
    for wire in wires:
        if wire.dim not in found:
            number = letters.numbers.get(wire.dim)
            length = "" if number is None else f"{number:,}"
            found[wire.dim] = (wire.dim, label.of_letter(wire.dim), length)
    return tuple(found.values())


@dataclass
class _Part:
    """One connected piece while it is walked; it is thrown away once its lists are read."""

    letters: Letters
    batch: bool
    inlined: frozenset[str]
    root: str
    framed: bool
    items: list[Item] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    depth: dict[str, int] = field(default_factory=dict)
    region_of: dict[str, str | None] = field(default_factory=dict)
    same: dict[Net, Net] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()

    @property
    def program(self) -> Program:
        return self.letters.program

    def draw(self) -> None:
        if self.root in self.program.source:
            self._source()
        else:
            self._let(self.program.let[self.root], None, None)
        self._open_legs()
        self._junctions()
        self.runs = runs(self.links, self.depth)
        self.wires = [self._wire(run) for run in self.runs]
        for name in self.depth:
            if name in self.program.let:
                self._factor(self.program.let[name])

    # -- walking ------------------------------------------------------------------------------

    def _source(self) -> None:
        """A source that is returned or never read: a node with open legs."""
        self.depth[self.root] = 0
        self.region_of[self.root] = None
        self._node(self.root, self.root, None)
        for place, leg in enumerate(self.letters.legs[self.root]):
            self._link(Leg(f"{self.root}/{place}", self.root), (self.root, leg.name), "", self.root)

    def _let(self, let: Let, region: str | None, reader: Let | None) -> None:
        frame = frame_of(self.letters, let, reader, self.framed, region, self.root)
        if frame is not None:
            self.regions.append(frame)
            region = frame.id
        self.depth[let.name] = 0 if reader is None else self.depth[reader.name] + 1
        self.region_of[let.name] = region
        uses = nodes(let.maker)
        for place, node in enumerate(uses):
            path = f"{let.name}/{place}"
            if node.value in self.inlined:
                self._inside(let, node, path, region)
            else:
                self._node(path, node.value, region)
                for axis, edge in enumerate(node.edges):
                    here = f"{path}/{axis}"
                    self._link(Leg(here, path), self._net((let.name, edge)), here, let.name)
        if not uses:
            self._constant(let, region)

    def _inside(self, let: Let, node: Node, path: str, region: str | None) -> None:
        """An inlined let: its legs are handed on, or are the same nets if no box lies between."""
        child = self.program.let[node.value]
        products = isinstance(let.maker, Diagram) and isinstance(child.maker, Diagram)
        flat = products and not is_group(child, let)
        kept = legs_of(child.maker.output)
        for axis, (edge, leg) in enumerate(zip(node.edges, kept, strict=False)):
            inner, outer = (child.name, leg), self._net((let.name, edge))
            if flat:
                self.same[inner] = outer
            else:
                self._link(inner, outer, f"{path}/{axis}", let.name)
        self._let(child, region, let)

    def _net(self, net: Net) -> Net:
        while net in self.same:
            net = self.same[net]
        return net

    def _link(self, one: Net | Leg, two: Net, path: str, home: str) -> None:
        if self.batch or not self.letters.hidden(*two):
            here = path or (one.path if isinstance(one, Leg) else "")
            self.links.append(Link((one, two), here, home))

    def _open_legs(self) -> None:
        let = self.program.let.get(self.root)
        if let is not None:
            names = legs_of(let.maker.output)
        else:
            names = tuple(leg.name for leg in self.letters.legs[self.root])
        for place, leg in enumerate(names):
            net = self._net((self.root, leg))
            if self.batch or not self.letters.hidden(self.root, leg):
                path = f"{self.root}/out/{place}"
                self.links.append(Link((net, Open(path)), path, self.root))

    # -- things -------------------------------------------------------------------------------

    def _node(self, path: str, value: str, region: str | None) -> None:
        source = self.program.source.get(value)
        look = LOOKS[source.kind] if source else Look.RESULT
        kind = str(source.kind) if source else "result"
        legs = self.letters.legs[value]
        lengths = " × ".join(self.letters.length(value, leg.name).split(" = ")[-1] for leg in legs)
        tip = f"{value}: {kind}" + (f" [{' '.join(leg.name for leg in legs)}]" if legs else "")
        tip += f", {lengths}" if legs else ""
        self.items.append(Item(path, look, label.of_name(value), region, self.root, tip))

    def _constant(self, let: Let, region: str | None) -> None:
        """A term that is a number only."""
        scale = let.maker.scale if isinstance(let.maker, Diagram) else ()
        text = label.of_scale(scale, {})
        tip = f"the number {label.plain(text)}"
        self.items.append(Item(f"{let.name}/scale", Look.CONST, text, region, self.root, tip))

    def _junctions(self) -> None:
        for net, ends in junctions(self.links).items():
            let = self.program.let.get(net[0])
            adds = let is not None and isinstance(let.maker, Apply) and let.maker.op == "+"
            look = Look.END if ends < 2 else Look.PLUS if adds else Look.JUNCTION
            where = self.region_of[net[0]]
            tip = self._tip(net)
            if look is Look.END:
                tip += ", summed" if isinstance(let and let.maker, Diagram) else ""
            dim = self.letters.dim(*net)
            self.items.append(Item(id_of(net), look, (), where, self.root, tip, dim))

    def _tip(self, net: Net) -> str:
        letter = self.letters.text(*net)
        return f"{letter}: {self.letters.length(*net)}"

    def _wire(self, run: Run) -> Wire:
        shown = self.letters.label(*run.at)
        dim = self.letters.dim(*run.at)
        return Wire(run.id, run.ends, shown, dim, self.root, self._tip(run.at))

    def _factor(self, let: Let) -> None:
        """The scalars of a product: a dot on a wire, or an item of its own where there is none."""
        maker = let.maker
        if not isinstance(maker, Diagram) or not maker.scale or not maker.nodes:
            return
        text = scalars.text(self.letters, let.name, maker)
        path, region, tip = f"{let.name}/scale", self.region_of[let.name], label.plain(text)
        nets = [
            self._net((let.name, edge))
            for edge in scalars.letters_for(self.program, self.inlined, let.name, maker)
            if self.batch or not self.letters.hidden(let.name, edge)
        ]
        place = scalars.wire_for(self.runs, nets)
        if place is None:
            self.items.append(Item(path, Look.CONST, text, region, self.root, f"scale {tip}"))
        else:
            self.dots.append(Dot(path, *place, text, region, f"scale {tip}"))
