"""One connected piece of the picture: its lets are walked, those used once inside their reader."""

from __future__ import annotations

from dataclasses import dataclass, field

from diagram.draw import label, scalars, stubs, things
from diagram.draw.frames import frame_of, is_group
from diagram.draw.letters import Letters
from diagram.draw.scene import Dot, Item, Look, Region, Wire
from diagram.draw.wiring import Leg, Link, Net, Open, Run, id_of, junctions, runs
from diagram.language.core import Axis, Call, Diagram, Let, Node, Program, nodes


@dataclass
class Part:
    """A piece while it is walked; it is thrown away once its lists are read."""

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
    joints: list[Net] = field(default_factory=list)
    stars: list[Net] = field(default_factory=list)
    runs: tuple[Run, ...] = ()

    @property
    def program(self) -> Program:
        return self.letters.program

    def draw(self) -> None:
        """Fills the lists."""
        if self.root in self.program.source:
            self._source()
        else:
            self._let(self.program.let[self.root], None, None)
        self._open_legs()
        self._meetings()
        self.wires = [self._wire(run) for run in self.runs]
        for name in self.depth:
            if name in self.program.let:
                self._factor(self.program.let[name])

    # -- walking ------------------------------------------------------------------------------

    def _source(self) -> None:
        """A source that is returned or never read: a node with open legs."""
        self.depth[self.root] = 0
        self.region_of[self.root] = None
        self.items.append(things.node(self.letters, self.root, self.root, None, self.root))
        for place, leg in enumerate(self.letters.own(self.root)):
            here = f"{self.root}/{place}"
            self._link(Leg(here, self.root), (self.root, leg), here, self.root)

    def _let(self, let: Let, region: str | None, reader: Let | None) -> None:
        frame = frame_of(self.letters, let, reader, self.framed, region, self.root)
        if frame is not None:
            self.regions.append(frame)
            region = frame.id
        self.depth[let.name] = 0 if reader is None else self.depth[reader.name] + 1
        self.region_of[let.name] = region
        self.stars += [(let.name, edge) for edge in stubs.convolved(let.maker)]
        for place, node in enumerate(nodes(let.maker)):
            self._stubs(let, place, node)
            if node.value in self.inlined:
                self._inside(let, place, node, region)
            else:
                self._use(let, place, node, region)
        if isinstance(let.maker, Call):
            self.items.append(things.call(let, let.maker, region, self.root))
        self._result(let)
        if isinstance(let.maker, Diagram) and not let.maker.nodes:
            self.items.append(things.constant(let, region, self.root))

    def _use(self, let: Let, place: int, node: Node, region: str | None) -> None:
        """A node and its legs; that of a one-hot value has the leg that is added."""
        path = f"{let.name}/{place}"
        self.items.append(things.node(self.letters, path, node.value, region, self.root))
        letters = [stubs.letter_at(let.maker, place, axis) for axis in range(len(node.axes))]
        letters += stubs.added(let.maker)
        for axis, letter in enumerate(letters):
            here = f"{path}/{axis}"
            self._link(Leg(here, path), self._net((let.name, letter)), here, let.name)

    def _inside(self, let: Let, place: int, node: Node, region: str | None) -> None:
        """An inlined let: its legs are handed on, or are the same nets if no box lies between."""
        child = self.program.let[node.value]
        products = isinstance(let.maker, Diagram) and isinstance(child.maker, Diagram)
        flat = products and not is_group(child, let)
        for axis, kept in enumerate(child.maker.output):
            inner = (child.name, stubs.letter_out(child.maker, axis))
            outer = self._net((let.name, stubs.letter_at(let.maker, place, axis)))
            solid = len(kept) != 1 or kept[0] in stubs.convolved(child.maker)
            if flat and not solid and outer not in self.joints:
                self.same[inner] = outer
            else:
                self._link(inner, outer, f"{let.name}/{place}/{axis}", let.name)
        self._let(child, region, let)

    def _stubs(self, let: Let, place: int, node: Node) -> None:
        """What lies behind the legs of a node that are no edge."""
        for axis, names in enumerate(node.axes):
            net, path = (let.name, stubs.at(place, axis)), f"{let.name}/{place}/{axis}"
            if isinstance(let.maker, Call):
                self._link(Leg(path, let.name), net, path, let.name)
            elif len(names) != 1:
                self._joint(net, path, names, let.name)
            elif stubs.is_apart(let.maker, names):
                self._link(net, (let.name, names[0]), path, let.name)

    def _result(self, let: Let) -> None:
        """What lies before the legs of a result that are no edge."""
        for axis, names in enumerate(let.maker.output):
            path = f"{let.name}/out/{axis}"
            if isinstance(let.maker, Call):
                self._link(Leg(path, let.name), (let.name, names[0]), path, let.name)
            elif len(names) != 1:
                self._joint((let.name, stubs.out(axis)), path, names, let.name)

    def _joint(self, net: Net, path: str, names: Axis, home: str) -> None:
        """Edges that are one leg."""
        if names:
            self.joints.append(net)
        for place, edge in enumerate(names):
            here = f"{path}/{place}"
            self._link(Leg(here, id_of(net)), self._net((home, edge)), here, home)

    def _net(self, net: Net) -> Net:
        while net in self.same:
            net = self.same[net]
        return net

    def _link(self, one: Net | Leg, two: Net, path: str, home: str) -> None:
        if self.batch or not self.letters.hidden(*two):
            self.links.append(Link((one, two), path, home))

    def _open_legs(self) -> None:
        for place, leg in enumerate(self.letters.own(self.root)):
            net = self._net((self.root, leg))
            if self.batch or not self.letters.hidden(self.root, leg):
                path = f"{self.root}/out/{place}"
                self.links.append(Link((net, Open(path)), path, self.root))

    # -- things -------------------------------------------------------------------------------

    def _meetings(self) -> None:
        """The items where wires meet, and the wires between all items."""
        met = junctions(self.links)
        special = dict.fromkeys([*self.stars, *self.joints], 0)
        for net, ends in (special | met).items():
            where = self.region_of[net[0]]
            if net in self.stars:
                self.items.append(things.star(self.letters, net, where, self.root))
            elif net in self.joints:
                self.items.append(things.joint(self.letters, net, where, self.root))
            else:
                self.items.append(things.junction(self.letters, net, ends, where, self.root))
        self.runs = runs(self.links, self.depth, {**special, **met})

    def _wire(self, run: Run) -> Wire:
        shown = self.letters.label(*run.at)
        tip = things.wire_tip(self.letters, run.at)
        joints = tuple(id_of(net) for net in run.nets if net in self.joints)
        dim = self.letters.dim(*run.at)
        return Wire(run.id, run.ends, shown, dim, self.root, tip, joints, run.legs)

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
