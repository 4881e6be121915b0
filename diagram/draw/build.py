"""From a program to its scene: lets used once are drawn inside their reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagram.draw import label, titles
from diagram.draw.label import Label
from diagram.draw.letters import Letters
from diagram.draw.scene import Dot, Frame, Item, Look, Region, Scene, Wire
from diagram.draw.wiring import Leg, Link, Net, Open, Run, id_of, junctions, runs
from diagram.language.core import Apply, Diagram, Kind, Let, Node, Program, legs_of, nodes

LOOKS: Mapping[Kind, Look] = {
    Kind.INPUT: Look.INPUT,
    Kind.INDEX: Look.INPUT,
    Kind.WEIGHT: Look.WEIGHT,
    Kind.BUFFER: Look.CONST,
    Kind.CONST: Look.CONST,
}
JOINING = ("+", "concat")
"""Ops whose values stand beside each other: their legs meet in a ring with a plus or in a dot."""


def scene(program: Program, batch: bool = False, sizes: Mapping[str, int] | None = None) -> Scene:
    """The scene of a checked program; `batch` shows the batch legs."""
    letters = Letters(program, tuple((sizes or {}).items()))
    inlined = _inlined(program)
    parts = _parts(program, inlined)
    found = [
        _Part(letters, batch, inlined, part, len(parts) > 1 and place >= _alone(program))
        for place, part in enumerate(parts)
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
        parts,
        _dims(wires, letters),
        note,
    )


def _alone(program: Program) -> int:
    """How many parts at the front need no frame: the one result, where there is one."""
    return 1 if len(program.outputs) == 1 else 0


def _note(batch: tuple[str, ...]) -> str:
    return f"batch {', '.join(batch)} not drawn"


def _dims(wires: tuple[Wire, ...], letters: Letters) -> tuple[tuple[str, Label, str], ...]:
    found: dict[str, tuple[str, Label, str]] = {}
    for wire in wires:
        if wire.dim not in found:
            number = letters.numbers.get(wire.dim)
            length = "" if number is None else f"{number:,}"
            found[wire.dim] = (wire.dim, label.of_letter(wire.dim), length)
    return tuple(found.values())


def _inlined(program: Program) -> frozenset[str]:
    """Lets that one let reads, once, and nobody else."""
    readers = program.readers
    return frozenset(
        let.name
        for let in program.lets
        if len(readers.get(let.name, ())) == 1 and readers[let.name][0] != "return"
    )


def _parts(program: Program, inlined: frozenset[str]) -> tuple[str, ...]:
    """Results first, then definitions, then values that nobody reads."""
    own = [let.name for let in program.lets if let.name not in inlined]
    unread = [s.name for s in program.sources if s.name not in program.readers]
    return tuple(dict.fromkeys([*program.outputs, *own, *unread]))


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
                self._dot(self.program.let[name])

    # -- walking ------------------------------------------------------------------------------

    def _source(self) -> None:
        """A source that is returned or never read: a node with open legs."""
        self.depth[self.root] = 0
        self.region_of[self.root] = None
        self._node(self.root, self.root, None)
        for place, leg in enumerate(self.letters.legs[self.root]):
            self._link(Leg(f"{self.root}/{place}", self.root), (self.root, leg.name), "", self.root)

    def _let(self, let: Let, region: str | None, reader: Let | None) -> None:
        frame = self._frame(let, region, reader)
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
        flat = (
            isinstance(let.maker, Diagram)
            and isinstance(child.maker, Diagram)
            and self._frame(child, region, let) is None
        )
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

    def _frame(self, let: Let, region: str | None, reader: Let | None) -> Region | None:
        """The box around a let, if it has one."""
        name = label.of_name(let.name)
        tip = f"{let.name}" if not let.is_part else ""
        defines = reader is None and self.framed
        if isinstance(let.maker, Apply):
            adds = let.maker.op == "+"
            if adds and reader is None and not defines and self._all_meet(let.maker):
                return None
            frame = Frame.SUM if adds else Frame.BARRIER
            title = titles.of_op(let, let.maker, self.letters)
            tip = f"{tip}: {label.plain(title)}" if tip else label.plain(title)
            named = defines or (adds and not let.is_part)
            title = titles.of_definition(name, title) if named else title
        elif defines:
            frame, title = Frame.DEFINITION, name
        elif self._is_group(let, reader):
            frame, title = Frame.GROUP, name
        else:
            return None
        return Region(let.name, frame, title, region, self.root, tip)

    @staticmethod
    def _all_meet(total: Apply) -> bool:
        """Whether each term shares a leg with another one: the pluses alone say what is added."""
        edges = [set(node.edges) for node in total.args]
        return all(
            any(one & two for at, two in enumerate(edges) if at != place)
            for place, one in enumerate(edges)
        )

    @staticmethod
    def _is_group(let: Let, reader: Let | None) -> bool:
        """A named product inside a product or a sum is outlined: it is merged first."""
        if reader is None or let.is_part or len(nodes(let.maker)) < 2:
            return False
        return isinstance(reader.maker, Diagram) or reader.maker.op in JOINING

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

    # -- scalars ------------------------------------------------------------------------------

    def _dot(self, let: Let) -> None:
        if not isinstance(let.maker, Diagram) or not let.maker.scale or not let.maker.nodes:
            return
        names = {dim: self._printed(dim) for dim in self.program.dim_order}
        names |= {e: self.letters.text(let.name, e) for e in let.maker.edges}
        text = label.of_scale(let.maker.scale, names)
        path, region = f"{let.name}/scale", self.region_of[let.name]
        tip = f"scale {label.plain(text)}"
        for letter in self._dot_letters(let):
            for wire, end in self._wires_at(self._net((let.name, letter))):
                self.dots.append(Dot(path, wire, end, text, region, tip))
                return
        self.items.append(Item(path, Look.CONST, text, region, self.root, tip))

    @staticmethod
    def _printed(dim: str) -> str:
        return label.plain(label.of_letter(dim)).replace("_", "")

    def _dot_letters(self, let: Let) -> list[str]:
        """Where the factor is drawn: the softmaxed leg, else the last kept, else a summed one."""
        maker = let.maker
        assert isinstance(maker, Diagram)
        kept = [e for e in maker.kept if self.batch or not self.letters.hidden(let.name, e)]
        softmaxed = [e for e in kept if self._is_softmaxed(let, e)]
        return [*softmaxed, *reversed(kept), *maker.summed]

    def _is_softmaxed(self, let: Let, letter: str) -> bool:
        while let.name in self.inlined:
            reader = self.program.let[self.program.readers[let.name][0]]
            if not isinstance(reader.maker, Apply):
                return False
            node = next(n for n in reader.maker.args if n.value == let.name)
            letter = node.edges[legs_of(let.maker.output).index(letter)]
            if "softmax" in reader.maker.op:
                return letter in reader.maker.legs
            if letter not in legs_of(reader.maker.output):
                return False
            let = reader
        return False

    def _wires_at(self, net: Net) -> list[tuple[str, int]]:
        """Wires that pass or touch a net, with the end that is nearer to it; ways out first."""
        found = []
        for run in self.runs:
            if net in run.nets:
                deep = 0 if run.nets.index(net) * 2 <= len(run.nets) - 1 else 1
                outward = run.ends[0] == id_of(net)
                found.append((not outward, run.id, deep))
        return [(wire, end) for _, wire, end in sorted(found, key=lambda f: f[0])]
