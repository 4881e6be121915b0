"""One connected piece of the picture: its lets are walked, those used once inside their reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from diagram.draw import label, scalars, stubs, things, titles
from diagram.draw.frames import frame_of, is_group
from diagram.draw.letters import Letters
from diagram.draw.scene import OPEN, Dot, Frame, Item, Look, Region, Wire
from diagram.draw.wiring import Leg, Link, Net, Open, Run, id_of, junctions, runs
from diagram.language.core import Axis, Call, Diagram, Let, Node, Program, nodes
from diagram.language.unfold import Inside


@dataclass
class Part:
    """A piece while it is walked; it is thrown away once its lists are read."""

    letters: Letters
    batch: bool
    inlined: frozenset[str]
    root: str
    framed: bool
    inside: Mapping[str, Inside] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    depth: dict[str, int] = field(default_factory=dict)
    region_of: dict[str, str | None] = field(default_factory=dict)
    parent: dict[str, str | None] = field(default_factory=dict)
    piece_of: dict[str, str] = field(default_factory=dict)
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
            self._let(self.program.let[self.root], None, None, self.framed)
        self._open_legs(self.root)
        self._meetings()
        self._fill()
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

    def _let(self, let: Let, region: str | None, reader: Let | None, framed: bool = False) -> None:
        region = self._framed(let, region, reader, framed)
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
            name = self.letters.value(let.name) if framed and reader is None else ()
            self.items.append(things.call(let, let.maker, region, self.root, name))
        self._result(let)
        if isinstance(let.maker, Diagram) and not let.maker.nodes:
            self.items.append(things.constant(let, region, self.root))
        self._pieces(let.name)

    def _framed(self, let: Let, region: str | None, reader: Let | None, framed: bool) -> str | None:
        """The region of a let: its own, if it has one, else the one around it."""
        if let.name in self.inside:
            title, tip = titles.of_unfolded(let, self.inside[let.name].definition)
            frame = Region(let.name, Frame.UNFOLDED, title, region, self.root, tip)
        else:
            if reader is not None and reader.name in self.inside:
                reader = None
            found = frame_of(self.letters, let, reader, framed, region, self.root)
            if found is None:
                return region
            frame = found
        self.regions.append(frame)
        self.parent[frame.id] = region
        return frame.id

    def _pieces(self, name: str) -> None:
        """What stands in an unfolded call and is read more than once: pieces beside the others."""
        if name in self.inside:
            held = self.inside[name].names
            deeper = [one.names for path, one in self.inside.items() if path in held]
            own = held.difference(self.inlined, *deeper)
            for let in self.program.lets:
                if let.name in own:
                    self.piece_of[let.name] = name
                    self._let(let, name, None, framed=True)
                    self._open_legs(let.name)

    def _fill(self) -> None:
        """An unfolded call holds what it is given where it has nothing of its own, or is no box."""
        for region in reversed([r for r in self.regions if r.id in self.inside]):
            if self._holds(region.id):
                continue
            own = {region.id, *self.inside[region.id].names}
            self.items = [
                replace(item, region=region.id)
                if item.id.rpartition("/")[0] in own and item.region == region.parent
                else item
                for item in self.items
            ]
            if not self._holds(region.id):
                self.regions.remove(region)

    def _holds(self, region: str) -> bool:
        """Whether anything stands in a region."""
        regions = (one.parent for one in self.regions)
        return region in {*regions, *(thing.region for thing in self.items)}

    def _around(self, value: str, region: str | None) -> str | None:
        """Where a value is drawn that is used in a region: outside of unfolded calls.

        A value that a call uses more than once is drawn in it, each time.
        """
        found = at = region
        while at is not None:
            if at in self.inside and value not in (names := self.inside[at].names):
                uses = sum(reader in names for reader in self.program.readers[value])
                found = self.parent[at] if uses == 1 else found
            at = self.parent[at]
        return found

    def _use(self, let: Let, place: int, node: Node, region: str | None) -> None:
        """A node and its legs; that of a one-hot value has the leg that is added."""
        path = f"{let.name}/{place}"
        where = self._around(node.value, region)
        self.items.append(things.node(self.letters, path, node.value, where, self.root))
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
        self._let(child, self._around(child.name, region), let)

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

    def _open_legs(self, name: str) -> None:
        for place, leg in enumerate(self.letters.own(name)):
            net = self._net((name, leg))
            if self.batch or not self.letters.hidden(name, leg):
                path = f"{name}/out/{place}"
                self.links.append(Link((net, Open(path)), path, name))

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
        within = self.piece_of.get(run.at[0]) if run.ends[1] == OPEN else None
        return Wire(run.id, run.ends, shown, dim, self.root, tip, joints, run.legs, within)

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
