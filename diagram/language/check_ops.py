"""Faults of ops: the legs they name, their values and options, the legs of the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagram.errors import suggest
from diagram.language.check_diagrams import DiagramChecks
from diagram.language.core import Apply, Kind, Let, legs_of
from diagram.language.findings import shown
from diagram.language.ops import OPS, OneHot, Op, Resized, Sum, Want, unknown_op
from diagram.language.size import Size


class OpChecks(DiagramChecks):
    """The part of the walk that reads ops and sums."""

    def _op(self, let: Let, apply: Apply) -> bool:
        """Whether the op is known and has as many legs and values as it takes."""
        op = OPS.get(apply.op)
        where = ("let", let.name, "op")
        if op is None:
            self.fault(self._no_op(let, apply.op), let.name, where)
            return False
        problems = [op.leg_fault(apply.legs), op.value_fault(len(apply.args))]
        for problem in problems:
            if problem:
                self.fault(problem, let.name, where)
        self._options(let, apply, op)
        return not any(problems)

    def _no_op(self, let: Let, name: str) -> str:
        if (value := self._called_value(let)) is None:
            return unknown_op(name, self.program.definition)
        legs = " ".join(leg.name for leg in self.legs[value])
        return (
            f"`{value}` is a value, not an op; its legs stand in square brackets: {value}[{legs}]"
        )

    def _apply(self, let: Let, apply: Apply) -> Mapping[str, Size]:
        op = OPS[apply.op]
        before = len(self.findings)
        self._distinct(let, apply)
        if len(self.findings) > before:
            return {}
        free = apply.legs if apply.op == "concat" else ()
        sizes = self._edges(let, apply.args, free)
        self._apply_legs(let, apply, op)
        return self._apply_sizes(let, apply, op, sizes)

    def _distinct(self, let: Let, apply: Apply) -> None:
        for place, node in enumerate(apply.args):
            doubled = [edge for edge in node.edges if node.edges.count(edge) > 1]
            if doubled:
                message = (
                    f"{shown(node.value)} meets itself on `{doubled[0]}`; take the diagonal in a "
                    "line of its own"
                )
                self.fault(message, let.name, ("let", let.name, "node", place))
            if apply.op != "one_hot":
                self._no_index(let, place, node)

    def _options(self, let: Let, apply: Apply, op: Op) -> None:
        given = dict(apply.options)
        for place, (name, value) in enumerate(apply.options):
            if name in [other for other, _ in apply.options[:place]]:
                message = f"option `{name}` is given twice"
                self.fault(message, let.name, ("let", let.name, "option", name))
                continue
            problem = op.option_fault(name) or _option_fault(name, value, op.options[name])
            if problem:
                self.fault(problem, let.name, ("let", let.name, "option", name))
            elif isinstance(value, Size):
                for dim in sorted(value.dims - self.known_dims):
                    message = f"`{dim}` is no dim{suggest(dim, self.known_dims)}"
                    self.fault(message, let.name, ("let", let.name, "option", name))
        for name in op.required:
            if name not in given:
                example = "0.1" if op.options[name] is Want.NUMBER else "3"
                message = f"{op.name} needs {name}: {op.name}(..., {name}={example})"
                self.fault(message, let.name, ("let", let.name, "op"))

    def _apply_legs(self, let: Let, apply: Apply, op: Op) -> None:
        """The legs named, those of further values, and those of the result."""
        if isinstance(op, Sum):
            self._sum_legs(let, apply)
            return
        first = apply.args[0].edges
        if not isinstance(op, OneHot):
            for place, leg in enumerate(apply.legs):
                at = ("let", let.name, "leg", place)
                if leg not in first:
                    message = f"{op.name} names leg `{leg}`, which its value lacks"
                    self.fault(f"{message} (legs: {' '.join(first)})", let.name, at)
                if leg in apply.legs[:place]:
                    self.fault(f"{op.name} names leg `{leg}` twice", let.name, at)
        elif apply.legs[0] in first:
            message = f"one_hot adds leg `{apply.legs[0]}`, which its value has already"
            self.fault(message, let.name, ("let", let.name, "leg", 0))
        for place, node in enumerate(apply.args[1:], 1):
            if isinstance(op, Resized):
                if set(node.edges) != set(first):
                    message = (
                        f"the values of {op.name} must have the same legs: the first has "
                        f"{' '.join(first)}, {shown(node.value)} has {' '.join(node.edges)}"
                    )
                    self.fault(message, let.name, ("let", let.name, "node", place))
                continue
            for axis, edge in enumerate(node.edges):
                if edge not in first:
                    message = f"leg `{edge}` of {shown(node.value)} is not a leg of the first value"
                    message += f" (legs: {' '.join(first)})"
                    self.fault(message, let.name, ("let", let.name, "node", place, axis))
        if apply.op == "batch_norm":
            self._statistics(let, apply)
        self._result_legs(let, apply, op.result(apply.legs, first))

    def _statistics(self, let: Let, apply: Apply) -> None:
        """The mean and variance of batch_norm: buffers with the legs that it does not name."""
        rest = [edge for edge in apply.args[0].edges if edge not in apply.legs]
        for place, node in enumerate(apply.args[1:], 1):
            at = ("let", let.name, "node", place)
            source = self.program.source.get(node.value)
            if source is None or source.kind is not Kind.BUFFER:
                message = f"batch_norm keeps its mean and variance in buffers; {shown(node.value)}"
                self.fault(f"{message} is none", let.name, at)
            elif set(node.edges) != set(rest):
                message = f"{node.value} must have the legs that batch_norm does not name"
                self.fault(f"{message}: {' '.join(rest) or 'none'}", let.name, at)

    def _result_legs(self, let: Let, apply: Apply, result: Sequence[str]) -> None:
        outputs = legs_of(apply.output)
        for place, leg in enumerate(outputs):
            if leg not in result:
                message = f"leg `{leg}` is not among the legs of {apply.op}'s result"
                message += f": {' '.join(result)}" if result else ", which has none"
                self.fault(message, let.name, ("let", let.name, "out", place))
        lost = [leg for leg in result if leg not in outputs]
        if lost and len(outputs) < len(result):
            message = (
                f"a value alone inside an op keeps all its legs, but `{lost[0]}` is lost; "
                "sum it in a line of its own"
            )
            self.fault(message, let.name, ("let", let.name, "node", 0))

    def _sum_legs(self, let: Let, apply: Apply) -> None:
        outputs = legs_of(apply.output)
        for place, node in enumerate(apply.args):
            for axis, edge in enumerate(node.edges):
                if edge not in outputs:
                    message = (
                        f"a value alone in a sum keeps all its legs, but `{edge}` of "
                        f"{shown(node.value)} is not on the left; sum it in a line of its own"
                    )
                    self.fault(message, let.name, ("let", let.name, "node", place, axis))
        present = {edge for node in apply.args for edge in node.edges}
        for place, leg in enumerate(outputs):
            if leg not in present:
                message = f"leg `{leg}` on the left stands in no term"
                self.fault(message, let.name, ("let", let.name, "out", place))

    def _apply_sizes(
        self, let: Let, apply: Apply, op: Op, sizes: dict[str, Size]
    ) -> Mapping[str, Size]:
        if isinstance(op, OneHot):
            value = apply.args[0].value
            if value not in self.index_values:
                message = f"one_hot takes an index, and {shown(value)} is none; declare one: "
                message += f"index T[...] of {apply.legs[0]}"
                self.fault(message, let.name, ("let", let.name, "node", 0))
                return {**sizes, apply.legs[0]: Size()}
            of = self.index_values[value]
            return {**sizes, apply.legs[0]: of.replace(self.equations)}
        if apply.op == "concat" and apply.legs[0] in sizes:
            leg = apply.legs[0]
            sizes[leg] = Size()
            for node in apply.args:
                if leg in node.edges:
                    sizes[leg] += self.legs[node.value][node.edges.index(leg)].size
        if apply.op == "max_pool":
            given = dict(apply.options)
            size, pad = given.get("size"), given.get("pad", Size())
            stride = given.get("stride", size)
            if isinstance(size, Size) and isinstance(pad, Size) and isinstance(stride, Size):
                for leg in (leg for leg in apply.legs if leg in sizes):
                    self._pooled(let, sizes, leg, (size, stride, pad))
        if apply.op == "slice" and apply.legs[0] in sizes:
            given = dict(apply.options)
            start, stop = given.get("start", Size()), given.get("stop", sizes[apply.legs[0]])
            if isinstance(start, Size) and isinstance(stop, Size):
                self._slice_fault(let, start, stop, sizes[apply.legs[0]])
                length = stop - start
                sizes[apply.legs[0]] = self.resolved(length, let.name, ("let", let.name, "op"))
        return sizes

    def _pooled(
        self, let: Let, sizes: dict[str, Size], leg: str, window: tuple[Size, Size, Size]
    ) -> None:
        """The length of a pooled leg."""
        size, stride, pad = window
        where = ("let", let.name, "op")
        for name, value in (("size", size), ("stride", stride), ("pad", pad)):
            least = 0 if name == "pad" else 1
            if value.number is not None and value.number < least:
                self.fault(f"`{name}` is {value}; it is {least} or more", let.name, where)
                return
            self.at_least(least, self.resolved(value, let.name, where), f"`{name}` in {let.name}")
        room = self.resolved(size - 1 - pad, let.name, where)
        self.at_least(0, room, f"what `size` has more than `pad` in {let.name}, less 1")
        if room.number is not None and room.number < 0:
            message = f"`pad` is {pad} and `size` {size}; a window would see nothing but padding"
            self.fault(message, let.name, where)
            return
        over = self.resolved(sizes[leg] + 2 * pad - size, let.name, where)
        if over.number is not None and over.number < 0:
            message = f"a window of {size} does not fit into leg `{leg}` of length {sizes[leg]}"
            self.fault(message, let.name, where)
            return
        self.at_least(0, over, f"leg `{leg}` pooled in {let.name}")
        sizes[leg] = over // self.resolved(stride, let.name, where) + 1

    def _slice_fault(self, let: Let, start: Size, stop: Size, whole: Size) -> None:
        """Where numbers decide it: a slice starts at 0 or later, ends after, and within its leg."""
        if any(size.has_floor for size in (start, stop, whole)):
            return
        bounds = (start, stop - start, whole - stop)
        if any(size.number is not None and size.number < 0 for size in bounds):
            message = f"a slice from {start} to {stop} does not fit into a leg of length {whole}"
            self.fault(message, let.name, ("let", let.name, "op"))


def _option_fault(name: str, value: object, want: Want) -> str | None:
    number = value.number if isinstance(value, Size) else None
    fits = {
        Want.FLAG: isinstance(value, bool) or number in (0, 1),
        Want.COUNT: number is not None and number.denominator == 1,
        Want.NUMBER: number is not None,
        Want.SIZE: isinstance(value, Size) and (number is None or number.denominator == 1),
    }[want]
    if fits and name == "p" and number is not None and not 0 <= number < 1:
        return f"`p` is {number}; a probability from 0 to less than 1 is wanted"
    if fits and name == "window" and number is not None and number < 1:
        return f"`window` is {number}; it is 1 or more"
    return None if fits else f"option `{name}` wants {want.value}"
