"""One step as it is taught: what meets what over which edges, its equation, its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from diagram.language.core import Node, flat
from diagram.notation import latex, text
from diagram.notation.formula import Equation
from diagram.notation.names import text_name
from diagram.notation.parts import padded
from diagram.planner.steps import Alone, Convolve, Indicate, Join, Merge, Split, Step
from diagram.planner.table import what
from diagram.runtime.teach.told import told


@dataclass(frozen=True, eq=False)
class TeachingStep:
    """One step of a walk; edges are called as plans call them, `name` says how they print."""

    step: Step
    equations: tuple[Equation, ...]
    """That of the result, then those of what stands in it."""
    lengths: Mapping[str, int]
    """The length of each edge; of a convolved one in the result."""
    shapes: Mapping[str, tuple[int, ...]]
    """The shapes of what is read and of the result, by name."""
    value: Tensor
    flops: int
    joints: Mapping[str, str]
    """For each operand that is a dense indicator the edge that it convolves."""
    names: Mapping[str, str]

    # -- what it is ---------------------------------------------------------------------------

    @property
    def result(self) -> str:
        """The value that it makes."""
        return self.step.result

    @property
    def of(self) -> str:
        """The let that it belongs to."""
        return self.step.of

    @property
    def operands(self) -> tuple[Node, ...]:
        """The values that it reads, under the edges of this step."""
        return self.step.operands

    @property
    def output(self) -> tuple[str, ...]:
        """The edges of the result."""
        return self.step.output

    @property
    def what(self) -> str:
        """The step in words and names, as a plan's table has it."""
        return what(self.step)

    # -- its edges ----------------------------------------------------------------------------

    @cached_property
    def convolved(self) -> tuple[str, ...]:
        """Edges of which a signal's and a kernel's entries meet at the result's."""
        match self.step.action:
            case Convolve(_, _, stars):
                return tuple(star.edges[0] for star in stars)
            case Indicate(indicator):
                return (_base(indicator.edges[0]),)
            case _:
                return tuple(dict.fromkeys(self.joints.values()))

    @cached_property
    def _roles(self) -> dict[str, tuple[str, ...]]:
        """Each edge of a product by its role."""
        found: dict[str, list[str]] = {"contracted": [], "batched": [], "summed": [], "open": []}
        nodes = [node for node in self.operands if node.value not in self.joints]
        if not isinstance(self.step.action, Merge | Convolve | Alone | Split | Join):
            return {"open": self.output}
        kept = {*self.output, *self._inner}
        for edge in dict.fromkeys(edge for node in self.operands for edge in node.edges):
            if _base(edge) in self.convolved:
                continue
            shared = sum(edge in node.edges for node in nodes) > 1
            if edge in kept:
                found["batched" if shared else "open"].append(edge)
            else:
                found["contracted" if shared else "summed"].append(edge)
        return {role: tuple(edges) for role, edges in found.items()}

    @property
    def _inner(self) -> tuple[str, ...]:
        action = self.step.action
        return flat(action.groups) if isinstance(action, Join) else ()

    @property
    def contracted(self) -> tuple[str, ...]:
        """Edges of both operands that are summed."""
        return self._roles.get("contracted", ())

    @property
    def batched(self) -> tuple[str, ...]:
        """Edges of both operands that are kept."""
        return self._roles.get("batched", ())

    @property
    def summed(self) -> tuple[str, ...]:
        """Edges of one operand that are summed out."""
        return self._roles.get("summed", ())

    @property
    def open(self) -> tuple[str, ...]:
        """Edges of one operand that are kept."""
        return self._roles.get("open", ())

    def name(self, edge: str) -> str:
        """An edge as it prints: `x:0` is x₀."""
        return text_name(edge, self.names)

    @cached_property
    def padded(self) -> tuple[str, ...]:
        """Values of which an index may be that of no entry: such entries count as nothing."""
        found = (name for equation in self.equations for name in padded(equation))
        return tuple(dict.fromkeys(found))

    # -- how it reads -------------------------------------------------------------------------

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The equation in index notation, then those of what stands in it."""
        return tuple(text.text(equation, self.names) for equation in self.equations)

    @property
    def equation(self) -> str:
        """The equation in index notation, sums written out."""
        return self.lines[0]

    @cached_property
    def latex(self) -> str:
        """The equations in LaTeX, without dollar signs."""
        return latex.latex(self.equations, self.names)

    @cached_property
    def told(self) -> str:
        """The value: all of it where it is small, else facts."""
        return told(self.value)

    def __str__(self) -> str:
        from diagram.runtime.teach.page import step_lines

        return "\n".join(step_lines(self))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    def _repr_html_(self) -> str:
        from diagram.runtime.teach.cell import step_cell

        return step_cell(self)

    @property
    def facts(self) -> tuple[str, ...]:
        """Roles of edges, shapes and FLOPs, each in a line: `contracted  f=12`."""
        roles = ("contracted", "batched", "convolved", "summed", "open")
        rows = [(role, self._edges(getattr(self, role))) for role in roles]
        rows.append(("shapes", self._shapes()))
        if self.padded:
            rows.append(("outside", f"entries outside of {' and '.join(self.padded)} do not count"))
        rows.append(("FLOPs", f"{self.flops:,}"))
        return tuple(f"{name.ljust(10)}  {row}" for name, row in rows if row)

    def _edges(self, edges: tuple[str, ...]) -> str:
        return " ".join(f"{self.name(edge)}={self.lengths[edge]}" for edge in edges)

    def _shapes(self) -> str:
        read = [node.value for node in self.operands]
        shown = " and ".join(f"{name} {shape(self.shapes[name])}" for name in dict.fromkeys(read))
        made = shape(self.shapes[self.result])
        word = "give" if len(set(read)) > 1 else "gives"
        return f"{shown} {word} {made}".strip()


def shape(lengths: tuple[int, ...]) -> str:
    """A shape as people write it: `2×5`, or that it is one number."""
    return "×".join(str(length) for length in lengths) or "a number"


def _base(edge: str) -> str:
    return edge.partition(":")[0]
