"""A statement in index notation, as one line of text: `S_{nm} = Σ_{d} Q_{nd} K_{md} / √d`."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.draw.label import Label, of_name
from diagram.draw.titles import WORDS
from diagram.language.core import Apply, Diagram, Let, Node, Program, Scalar, legs_of
from diagram.language.size import number_text

_LOWER = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def statement(program: Program, name: str) -> str:
    """The line of the canonical text that defines a let, or holds the bracket that it is."""
    base = name.partition("~")[0]
    for line in str(program).splitlines():
        if line.startswith(f"{base}["):
            return line.partition("  #")[0]
    return ""


def einsum(let: Let) -> str:
    """`b n f, f h d -> b n h d`, for a product."""
    if not isinstance(let.maker, Diagram):
        return ""
    terms = ", ".join(" ".join(node.edges) or "1" for node in let.maker.nodes)
    return f"{terms or '1'} -> {' '.join(let.maker.kept) or '1'}"


def formula(program: Program, let: Let) -> str:
    """The whole statement; brackets are written out where they stand."""
    left = _value(let.name.partition("~")[0], legs_of(let.maker.output))
    return f"{left} = {_right(program, let)}" if not let.is_part else _right(program, let)


def _right(program: Program, let: Let) -> str:
    maker = let.maker
    if isinstance(maker, Diagram):
        return _product(program, maker)
    if maker.op == "+":
        pieces = [_argument(program, node) for node in maker.args]
        text = pieces[0]
        for piece in pieces[1:]:
            text += f" − {piece[1:]}" if piece.startswith("−") else f" + {piece}"
        return text
    return _call(program, maker)


def _call(program: Program, apply: Apply) -> str:
    word = WORDS.get(apply.op, apply.op).partition(" ")[0] if apply.legs else apply.op
    legs = f"_{{{_joined(apply.legs)}}}" if apply.legs else ""
    return f"{word}{legs}({', '.join(_argument(program, node) for node in apply.args)})"


def _product(program: Program, diagram: Diagram) -> str:
    sign = ""
    scale = list(diagram.scale)
    if scale and scale[0].size.number == -1 and not scale[0].root:
        sign, scale = "−", scale[1:]
    total = f"Σ_{{{_joined(diagram.summed, ',')}}} " if diagram.summed else ""
    factors = [_factor(program, node) for node in diagram.nodes]
    factors += [scalar_text(s) for s in scale if not s.inverse]
    text = " ".join(factors) or "1"
    text += "".join(f" / {scalar_text(s)}" for s in scale if s.inverse)
    return f"{sign}{total}{text}"


def _factor(program: Program, node: Node) -> str:
    text = _argument(program, node)
    let = program.let.get(node.value)
    bracket = let is not None and let.is_part and not _is_call(let)
    return f"({text})" if bracket else text


def _is_call(let: Let) -> bool:
    return isinstance(let.maker, Apply) and let.maker.op != "+"


def _argument(program: Program, node: Node) -> str:
    let = program.let.get(node.value)
    if let is not None and let.is_part:
        return _right(program, let)
    return _value(node.value, node.edges)


def scalar_text(scalar: Scalar) -> str:
    """`√d`, `(x y)`, `2`."""
    number = scalar.size.number
    text = number_text(number) if number is not None else scalar.size.formula()
    text = f"({text})" if " " in text else text
    return f"√{text}" if scalar.root else text


def value_text(name: str) -> str:
    """`W^Q`, `C₂`."""
    return _text(of_name(name))


def _text(label: Label) -> str:
    parts = []
    for piece in label:
        sup = f"^{piece.text}" if len(piece.text) == 1 else f"^{{{piece.text}}}"
        parts.append({0: piece.text, 1: sup, -1: piece.text.translate(_LOWER)}[piece.level])
    return "".join(parts)


def factor_text(program: Program, node: Node) -> str:
    """A use without its legs: `W^Q`, or the op of a bracket."""
    let = program.let.get(node.value)
    if let is None or not let.is_part:
        return value_text(node.value)
    named = isinstance(let.maker, Apply) and let.maker.op != "+"
    return f"{let.maker.op}(…)" if isinstance(let.maker, Apply) and named else "(…)"


def _value(name: str, edges: Sequence[str]) -> str:
    return value_text(name) + (f"_{{{_joined(edges)}}}" if edges else "")


def _joined(edges: Sequence[str], mark: str = "") -> str:
    short = all(len(edge.rstrip("'")) == 1 for edge in edges)
    return (mark if short else mark or " ").join(edges)
