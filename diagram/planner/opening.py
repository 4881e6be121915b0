"""Bundles and convolved edges in the making: splits, joins and indicators around a product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagram.language.check import derive
from diagram.language.convolve import opened, replaced
from diagram.language.core import Axis, Diagram, Node, axes, legs_of
from diagram.language.size import Size, product
from diagram.planner.fuse import Task
from diagram.planner.making import Making
from diagram.planner.stars import Starred, starred
from diagram.planner.steps import (
    Indicate,
    Join,
    Split,
)


class Opening(Making):
    """The part of the building that gives every node plain legs."""

    def _opened(self, task: Task, diagram: Diagram) -> tuple[list[Node], list[Starred]]:
        """The nodes with plain legs: bundles split; and the convolved edges.

        Those that torch cannot convolve are joined by their indicators.
        """
        if diagram.is_plain:
            return [self.resolved(node) for node in diagram.nodes], []
        found = derive(self.program)
        lengths = [
            {
                axis[0]: leg.size
                for axis, leg in zip(node.axes, found.legs[node.value], strict=True)
                if len(axis) == 1
            }
            for node in diagram.nodes
        ]
        convs = [replaced(conv, found.equations) for conv in diagram.convs]
        stars = starred(diagram, convs, lengths)
        but = {star.edge for star in stars}
        nodes, indicators = opened(diagram, lengths, found.equations, but)
        sizes = found.edges.get(task.name, {})
        result = [self._split(task, self.resolved(node), sizes) for node in nodes]
        for indicator in indicators:
            known = dict(zip(indicator.edges, indicator.lengths, strict=True))
            name = self._inner_name(task)
            action = Indicate(indicator)
            result.append(self._step(name, task.of, action, indicator.edges, (), known))
        return result, stars

    def _split(self, task: Task, node: Node, sizes: Mapping[str, Size]) -> Node:
        """The use with its bundles opened; an edge that it meets twice has two names first."""
        if node.is_plain:
            return node
        names = [
            edge if edge not in node.edges[:place] else f"{edge}:{place}"
            for place, edge in enumerate(node.edges)
        ]
        own = self._edge_sizes([node])
        known = {
            name: own[edge] if edge in own else sizes[edge]
            for name, edge in zip(names, node.edges, strict=True)
        }
        made = self._step(self._inner_name(task), task.of, Split(node), names, (), known)
        return Node(made.value, axes([node.edges[names.index(edge)] for edge in made.edges]))

    def _joined(self, task: Task, output: Sequence[Axis], made: Node) -> Node:
        """The value with its edges bundled as the left side says."""
        sizes = self._edge_sizes([made])
        names = legs_of(output)
        known = dict(sizes)
        known |= {
            name: product(sizes[edge] for edge in axis)
            for name, axis in zip(names, output, strict=True)
        }
        return self._step(task.name, task.of, Join(made, tuple(output)), names, (), known)
