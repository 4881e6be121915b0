"""What torch itself refuses: lengths, ranks and dtypes of the factors of `torch.mm`."""

from __future__ import annotations

import torch
from torch import fx

Axis = tuple[str, int]
"""An input by its name, and the place of one of its axes."""


class Assured:
    """Inputs that are matrices or nothing runs, their axes of one length, and those of one dtype.

    Only factors that reach `torch.mm` as they are, or transposed: it takes two matrices of one
    dtype and nothing else, while `@` repeats what is short, and takes arrays of numpy.
    """

    def __init__(self, graph: fx.Graph) -> None:
        self._parents: dict[object, object] = {}
        self.matrices: set[str] = set()
        axes: dict[fx.Node, tuple[Axis, ...]] = {}
        for node in graph.nodes:
            if node.op == "placeholder":
                axes[node] = tuple(
                    (node.name, place) for place in range(len(node.meta.get("legs", ())))
                )
            elif node.op == "call_method" and node.target == "permute" and node.args[0] in axes:
                of, *order = node.args
                axes[node] = tuple(axes[of][place] for place in order)
                self._join(node, of)
            elif node.target is torch.mm:
                left, right = node.args
                self._join(left, right)
                self._join(node, left)
                self.matrices |= {axis[0] for axis in (*axes.get(left, ()), *axes.get(right, ()))}
                if left in axes and right in axes:
                    self._join(axes[left][1], axes[right][0])
                    axes[node] = (axes[left][0], axes[right][1])

    def _join(self, one: object, other: object) -> None:
        self._parents[self._root(one)] = self._root(other)

    def _root(self, one: object) -> object:
        while one in self._parents and self._parents[one] != one:
            one = self._parents[one]
        return one

    def are_alike(self, one: object, other: object) -> bool:
        """Whether two axes have one length, or two nodes one dtype, if the module runs."""
        return self._root(one) == self._root(other)
