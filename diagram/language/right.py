"""Right sides: nested calls and brackets become lets of their own, legs are handed inwards.

Brackets are a scope. Legs that are wanted of a call or a bracket go to a product as its output, to
the first value of an op that keeps legs, and to the terms of a sum as far as they have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from diagram.errors import Fault, Span, suggest
from diagram.language.core import (
    Apply,
    Axis,
    Conv,
    Definition,
    Diagram,
    Let,
    Maker,
    Node,
    Scalar,
    Star,
    axes,
    legs_of,
)
from diagram.language.ops import OPS
from diagram.language.places import Places
from diagram.language.size import Size
from diagram.language.syntax import (
    AxisText,
    Bracket,
    ConvOption,
    ConvText,
    Expression,
    Factor,
    OpCall,
    Term,
    Use,
    Word,
    factor_span,
)

Legs = tuple[str, ...]

CONV_OPTIONS = ("stride", "dilation", "up", "pad", "shift")


class Written(tuple[str, ...]):
    """Legs that stand right after a bracket: a bare name inside may take them, in order."""

    __slots__ = ()


class RightSides:
    """Reads the right side of the let `current`; what stands inside it is added to `lets`."""

    def __init__(self) -> None:
        self.lets: list[Let] = []
        self.legs: dict[str, Legs] = {}
        self.visible: dict[str, Definition] = {}
        """Defs that a line may call."""
        self.unknown: set[str] = set()
        self.places = Places()
        self.faults: list[Fault] = []
        self.current = ""
        self.parts = 0

    def maker(
        self, right: Expression, wanted: Legs | None, name: str, in_sum: bool = False
    ) -> Maker:
        if len(right.terms) == 1:
            return self._term(right.terms[0], wanted, name, in_sum)
        return self._sum(right, wanted, name)

    def _sum(self, right: Expression, wanted: Legs | None, name: str) -> Maker:
        if wanted is None:
            wanted = self._natural(right)
        if wanted is None:
            wanted = self._refuse_implicit(right.terms[0].span, name)
        found = [
            self._argument(Expression((term,)), wanted, first=i == 0, in_sum=True)
            for i, term in enumerate(right.terms)
        ]
        self.places.put_nodes(name, [spans for _, spans in found])
        return Apply("+", (), tuple(node for node, _ in found), axes(wanted))

    def _term(self, term: Term, wanted: Legs | None, name: str, in_sum: bool) -> Maker:
        lone = _lone(term)
        if isinstance(lone, OpCall | Bracket) and self._passes(lone.axes, wanted):
            kept = wanted if lone.axes is None else _legs(lone.axes)
            if isinstance(lone, OpCall):
                return self._call(lone, kept, name, in_sum)
            return self.maker(lone.inside, kept, name)
        return self._product(term, wanted, name, in_sum)

    def bundled(self, right: Expression, written: Sequence[AxisText], name: str) -> Maker:
        """The maker of a left side with bundles; what is no product stands in a part of its own."""
        wanted = tuple(edge for axis in written for edge in axis.names)
        output = tuple(axis.names for axis in written)
        lone = _lone(right.terms[0]) if len(right.terms) == 1 else None
        call = isinstance(lone, OpCall | Bracket) and self._passes(lone.axes, wanted)
        if len(right.terms) == 1 and not call:
            maker = self.maker(right, wanted, name)
            return replace(maker, output=output) if isinstance(maker, Diagram) else maker
        holder = f"{self.current}~"
        inner = self.maker(right, wanted, holder)
        span = right.terms[0].span
        node = Node(self._name_part(inner, holder, span), axes(wanted))
        self.places.put_nodes(name, [[span]])
        return Diagram((node,), output)

    @staticmethod
    def _passes(written: tuple[Word, ...] | None, wanted: Legs | None) -> bool:
        return written is None or wanted is None or _legs(written) == wanted

    def _product(self, term: Term, wanted: Legs | None, name: str, in_sum: bool) -> Maker:
        alone = len(term.factors) == 1
        handed = wanted if alone and not isinstance(term.factors[0], Use) else None
        found = [self._factor(factor, handed, in_sum) for factor in term.factors]
        edges = tuple(dict.fromkeys(edge for node, _ in found for edge in node.edges))
        if wanted is None:
            wanted = edges if alone or not found else None
        if wanted is None:
            wanted = self._refuse_implicit(term.span, name)
        output = tuple(leg for leg in wanted if leg in edges) if in_sum else wanted
        self.places.put_nodes(name, [spans for _, spans in found])
        scale = [Scalar(s.size, s.root, s.inverse) for s in term.scale]
        if term.negative:
            scale.insert(0, Scalar(Size.of(Fraction(-1))))
        for place, text in enumerate(term.scale):
            self.places.put(("let", name, "scale", place + term.negative), text.span)
        nodes = tuple(node for node, _ in found)
        convs = tuple(conv for text in term.convs for conv in self._convs(text))
        return Diagram(nodes, axes(output), tuple(scale), self._placed_convs(name, term, convs))

    def _convs(self, text: ConvText) -> list[Conv]:
        """One convolved edge each; options that cannot be read are told."""
        options: dict[str, ConvOption] = {}
        for word, value in text.options:
            if word.text not in CONV_OPTIONS:
                known = ", ".join(CONV_OPTIONS)
                hint = suggest(word.text, CONV_OPTIONS)
                message = f"{text.kind.text} has no option `{word.text}`{hint} (options: {known})"
                self.fault(message, word.span)
            elif word.text in options:
                self.fault(f"option `{word.text}` is given twice", word.span)
            elif word.text == "pad":
                options["pad"] = (value, value) if isinstance(value, Size) else value
            elif isinstance(value, Size):
                options[word.text] = value
            else:
                self.fault(f"option `{word.text}` wants a whole size", word.span)
        kind = Star(text.kind.text)
        return [Conv(kind, edge.text, **options) for edge in text.edges]  # type: ignore[arg-type]

    def _placed_convs(self, name: str, term: Term, convs: tuple[Conv, ...]) -> tuple[Conv, ...]:
        words = [(word, text) for text in term.convs for word in text.edges]
        for place, (word, text) in enumerate(words):
            self.places.put(("let", name, "conv", place), word.span)
            for option, _ in text.options:
                self.places.put(("let", name, "conv", place, option.text), option.span)
        return convs

    def _refuse_implicit(self, span: Span, name: str) -> Legs:
        if "~" in name:
            self.fault(
                "say which legs leave this bracket: write them after it, as in (...)[b n]", span
            )
        else:
            self.fault(
                f"a product has no implicit output; write the legs that stay: {name}[...] =", span
            )
        self.unknown.add(name)
        return ()

    # -- factors ------------------------------------------------------------------------------

    def _factor(self, factor: Factor, wanted: Legs | None, in_sum: bool) -> tuple[Node, list[Span]]:
        """A node of a product; `wanted` only where the factor stands alone in its term."""
        match factor:
            case Use(name, None):
                return Node(name.text, axes(self._bare(name, wanted))), [name.span]
            case Use(name, found):
                spans = [name.span, *(axis.span for axis in found or ())]
                return Node(name.text, _axes(found or ())), spans
            case OpCall() | Bracket():
                return self._nested(factor, wanted, in_sum)

    def _nested(
        self, factor: OpCall | Bracket, wanted: Legs | None, in_sum: bool
    ) -> tuple[Node, list[Span]]:
        inner = _legs(factor.axes)
        if inner is None:
            own = self._natural_factor(factor)
            part_of_sum = in_sum and own is not None and set(own) <= set(wanted or ())
            inner = own if wanted is None or part_of_sum else wanted
        maker, name = self._part(factor, inner, in_sum and factor.axes is None)
        edges = _legs(factor.axes)
        if edges is None:
            edges = legs_of(maker.output)
        return Node(name, axes(edges)), _spans(factor_span(factor), factor.axes or ())

    def _part(
        self, factor: OpCall | Bracket, wanted: Legs | None, in_sum: bool
    ) -> tuple[Maker, str]:
        """A let for what stands inside another; named in order of reading, inner ones first."""
        holder = f"{self.current}~"
        if isinstance(factor, OpCall):
            maker = self._call(factor, wanted, holder, in_sum)
        else:
            maker = self.maker(factor.inside, wanted, holder, in_sum)
        return maker, self._name_part(maker, holder, factor_span(factor))

    def _name_part(self, maker: Maker, holder: str, span: Span) -> str:
        self.parts += 1
        name = f"{self.current}~{self.parts}"
        if holder in self.unknown:
            self.unknown.discard(holder)
            self.unknown.add(name)
        self.places.release(name, span)
        self.lets.append(Let(name, maker))
        self.legs[name] = legs_of(maker.output)
        return name

    def _argument(
        self, right: Expression, wanted: Legs | None, first: bool, in_sum: bool
    ) -> tuple[Node, list[Span]]:
        """A value of an op or a term of a sum."""
        if len(right.terms) == 1:
            factor = _lone(right.terms[0])
            if isinstance(factor, Use) and not _is_plain(factor):
                factor = None
            if isinstance(factor, Use):
                return self._factor(factor, wanted if first else None, in_sum)
            if factor is not None:
                return self._nested(factor, wanted if first or in_sum else None, in_sum)
        holder = f"{self.current}~"
        if len(right.terms) == 1:
            asked = wanted if first or in_sum else None
            maker = self._term(right.terms[0], asked, holder, in_sum)
        else:
            maker = self._sum(right, wanted if first else None, holder)
        span = right.terms[0].span
        name = self._name_part(maker, holder, span)
        return Node(name, maker.output), [span]

    def _call(self, call: OpCall, wanted: Legs | None, name: str, in_sum: bool) -> Maker:
        op = OPS.get(call.op.text)
        legs = _words(call.legs)
        result = wanted or ()
        wanted_first = wanted
        if op is not None and wanted is not None:
            wanted_first = type(wanted)(op.wanted(legs, wanted))
        found = [
            self._argument(arg, wanted_first if i == 0 else None, i == 0, in_sum and i == 0)
            for i, arg in enumerate(call.args)
        ]
        if op is not None:
            result = op.result(legs, found[0][0].edges if found else ())
            if wanted is not None and (not in_sum or set(wanted) == set(result)):
                result = wanted
        self.places.put_nodes(name, [spans for _, spans in found])
        self.places.put(("let", name, "op"), call.op.span)
        for place, word in enumerate(call.legs):
            self.places.put(("let", name, "leg", place), word.span)
        for word, _ in call.options:
            self.places.put(("let", name, "option", word.text), word.span)
        options = tuple((word.text, value) for word, value in call.options)
        return Apply(call.op.text, legs, tuple(n for n, _ in found), axes(result), options)

    # -- legs that go without saying ----------------------------------------------------------

    def _bare(self, name: Word, wanted: Legs | None) -> Legs:
        """A bare name's edges: its own legs, or those after its bracket if its own differ."""
        own = self.legs.get(name.text, ())
        if isinstance(wanted, Written) and not set(own) <= set(wanted) and len(own) == len(wanted):
            return tuple(wanted)
        return own

    def _natural(self, right: Expression) -> Legs | None:
        """The legs of a sum of values, ops of values and such; None if a product stands in it."""
        found: list[str] = []
        for term in right.terms:
            if len(term.factors) > 1:
                return None
            legs = self._natural_factor(term.factors[0]) if term.factors else ()
            if legs is None:
                return None
            found += legs
        return tuple(dict.fromkeys(found))

    def _natural_factor(self, factor: Factor) -> Legs | None:
        match factor:
            case Use(name, None):
                return self.legs.get(name.text, ())
            case Use(_, found):
                return tuple(edge for axis in found or () for edge in axis.names)
            case Bracket(inside, None, _):
                return self._natural(inside)
            case OpCall(op, legs, args, _, None):
                first = self._natural(args[0]) if args else ()
                known = OPS.get(op.text)
                return known.result(_words(legs), first) if known and first is not None else first
            case Bracket(_, words, _) | OpCall(_, _, _, _, words):
                return _words(words or ())

    def fault(self, message: str, span: Span) -> None:
        self.faults.append(Fault(message, self.current, (span,)))


def _lone(term: Term) -> Factor | None:
    """The one factor of a term that is nothing else."""
    if len(term.factors) == 1 and not (term.scale or term.negative or term.convs):
        return term.factors[0]
    return None


def _is_plain(use: Use) -> bool:
    return all(len(axis.words) == 1 for axis in use.axes or ())


def _axes(found: Sequence[AxisText]) -> tuple[Axis, ...]:
    return tuple(axis.names for axis in found)


def _words(words: Sequence[Word] | None) -> Legs:
    return tuple(word.text for word in words or ())


def _legs(words: Sequence[Word] | None) -> Legs | None:
    return None if words is None else Written(_words(words))


def _spans(first: Span, words: Sequence[Word] | None) -> list[Span]:
    return [first, *(word.span for word in words or ())]
