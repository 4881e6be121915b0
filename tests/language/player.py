"""Plays a text as calls of a Builder: each word of its syntax becomes the Python that says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagram import Builder, Program, ops
from diagram.language.builder.defs import Def
from diagram.language.builder.values import Called, Expression, Value, expression
from diagram.language.grammar import sentence
from diagram.language.syntax import (
    AxisText,
    DefText,
    DimText,
    Factor,
    LetText,
    OpCall,
    ReturnText,
    Sentence,
    TensorText,
    Term,
    Use,
)
from diagram.language.syntax import Expression as Right
from diagram.language.tokens import statements


def play(text: str) -> Program:
    """The program that the Builder makes of the calls."""
    sentences = iter([sentence(found.tokens) for found in statements(text, [])])
    player = Player(Builder())
    returned = player.lines(sentences)
    return player.net.returns(*returned)


@dataclass
class Player:
    """One Builder with the handles that it has given."""

    net: Builder
    values: dict[str, Value] = field(default_factory=dict)
    defs: dict[str, Def] = field(default_factory=dict)

    def lines(self, sentences: Iterator[Sentence]) -> list[Value]:
        """Takes statements up to a return, and gives what it returns."""
        for found in sentences:
            match found:
                case ReturnText(names):
                    return [self.values[word.text] for word in names]
                case DefText():
                    self.define(found, sentences)
                case LetText(name, axes, right):
                    legs = "" if axes is None else f"[{edges(axes)}]"
                    self.values[name.text] = self.net.let(name.text + legs, self.whole(right))
                case entries:
                    for entry in entries:
                        if isinstance(entry, TensorText):
                            self.values[entry.name.text] = self.source(entry)
                        elif isinstance(entry, DimText):
                            size = entry.size.size if entry.size else None
                            self.net.dims(**{entry.name.text: size})
        return []

    def source(self, tensor: TensorText) -> Value:
        of = {"of": tensor.of.size} if tensor.of else {}
        make = getattr(self.net, tensor.kind)
        value = make(declared(tensor), **initial(tensor), **of)
        assert isinstance(value, Value)
        return value

    def define(self, head: DefText, sentences: Iterator[Sentence]) -> None:
        def body(inside: Builder, *given: Value) -> Value:
            values = {value.name: value for value in given}
            (returned,) = Player(inside, values, dict(self.defs)).lines(sentences)
            return returned

        body.__name__ = head.name.text
        parameters = ", ".join(
            declared(tensor) + (f" of ({tensor.of.size})" if tensor.of else "")
            for tensor in head.parameters
        )
        self.defs[head.name.text] = self.net.define(parameters)(body)

    # -- right sides ------------------------------------------------------------------------------

    def whole(self, right: Right) -> Expression | Called:
        """A right side, or the call of a def that it is."""
        factors = right.terms[0].factors
        if len(factors) == 1 and isinstance(factors[0], OpCall):
            call = factors[0]
            if call.op.text in self.defs:
                sizes: dict[str, Any] = {word.text: size for word, size in call.options}
                tied = bool(sizes.pop("tied", False))
                args = [self.sum(arg) for arg in call.args]
                return self.defs[call.op.text](*args, times=call.times or 1, tied=tied, **sizes)
        return self.sum(right)

    def sum(self, right: Right) -> Expression:
        first, *rest = right.terms
        found = self.term(first)
        found = -found if first.negative else found
        for term in rest:
            made = self.term(term)
            if not isinstance(made, Expression):
                found = expression(found, "a sum")  # two numbers are a matter of Python
            found = found - made if term.negative else found + made
        return expression(found, "a sum")

    def term(self, term: Term) -> Any:
        """A term without its sign; a number is one of Python's."""
        scale = list(term.scale)
        found: Any = scale.pop(0).size.number if not term.factors else None
        for factor in term.factors:
            made = self.factor(factor)
            found = made if found is None else found @ made
        for scalar in scale:
            size = ops.sqrt(scalar.size) if scalar.root else scalar.size
            if not isinstance(found, Expression) and not scalar.root:
                found = expression(found, "a scalar")
            found = found / size if scalar.inverse else found * size
        for conv in term.convs:
            star = found.corr if conv.kind.text == "corr" else found.conv
            options = {word.text: value for word, value in conv.options}
            found = star(" ".join(word.text for word in conv.edges), **options)
        return found

    def factor(self, factor: Factor) -> Expression:
        if isinstance(factor, Use):
            value = self.values[factor.name.text]
            return value if factor.axes is None else value[edges(factor.axes)]
        made = self.called(factor) if isinstance(factor, OpCall) else self.sum(factor.inside)
        return made if factor.axes is None else made[" ".join(word.text for word in factor.axes)]

    def called(self, call: OpCall) -> Expression:
        op = getattr(ops, call.op.text)
        if call.legs:
            op = op[" ".join(word.text for word in call.legs)]
        options: dict[str, Any] = {word.text: value for word, value in call.options}
        made = op(*(self.sum(arg) for arg in call.args), **options)
        assert isinstance(made, Expression)
        return made


def edges(axes: Sequence[AxisText]) -> str:
    """Legs as Python hands them over."""
    return " ".join(a.names[0] if len(a.names) == 1 else f"({', '.join(a.names)})" for a in axes)


def declared(tensor: TensorText) -> str:
    """A source without what comes after its legs."""
    legs = (
        f"{leg.name.text}:({leg.size.size})" if leg.size else leg.name.text for leg in tensor.legs
    )
    return f"{tensor.name.text}[{', '.join(legs)}]"


def initial(tensor: TensorText) -> dict[str, Any]:
    """The initial numbers: a rule as a text, numbers as floats."""
    if tensor.init is None:
        return {}
    rule, numbers = tensor.init[0].text, [float(number) for number in tensor.init[1]]
    if rule == "numbers":
        return {"init": numbers}
    return {"init": f"{rule}({' '.join(map(repr, numbers))})" if numbers else rule}
