"""A statement in index notation, as one line of text: `S_{nm} = Σ_{d} Q_{nd} K_{md} / √d`."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.draw.indices import indices, of_axis, taps
from diagram.draw.label import Label, of_name
from diagram.draw.titles import WORDS
from diagram.language.core import Apply, Axis, Call, Diagram, Let, Node, Program, Scalar
from diagram.language.size import number_text

_UPPER = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
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
    terms = ", ".join(_axes(node.axes) for node in let.maker.nodes)
    stars = ", ".join(f"{conv.kind} {conv.edge}" for conv in let.maker.convs)
    return f"{terms or '1'} -> {_axes(let.maker.output)}" + (f" | {stars}" if stars else "")


def _axes(axes: Sequence[Axis]) -> str:
    return " ".join(of_axis(axis) for axis in axes) or "1"


def formula(program: Program, let: Let) -> str:
    """The whole statement; brackets are written out where they stand."""
    left = _value(let.name.partition("~")[0], [of_axis(axis) for axis in let.maker.output])
    return f"{left} = {_right(program, let)}" if not let.is_part else _right(program, let)


def _right(program: Program, let: Let) -> str:
    maker = let.maker
    match maker:
        case Diagram():
            return _product(program, maker)
        case Apply():
            return _sum(program, maker) if maker.op == "+" else _op(program, maker)
        case Call(name, args, _, times):
            again = str(times).translate(_UPPER) if times > 1 else ""
            return f"{name}{again}({', '.join(_argument(program, node) for node in args)})"


def _sum(program: Program, maker: Apply) -> str:
    pieces = [_argument(program, node) for node in maker.args]
    text = pieces[0]
    for piece in pieces[1:]:
        text += f" − {piece[1:]}" if piece.startswith("−") else f" + {piece}"
    return text


def _op(program: Program, apply: Apply) -> str:
    word = WORDS.get(apply.op, apply.op).rpartition(" ")[0] if apply.legs else apply.op
    word = word or apply.op
    legs = f"_{{{_joined(apply.legs)}}}" if apply.legs else ""
    return f"{word}{legs}({', '.join(_argument(program, node) for node in apply.args)})"


def _product(program: Program, diagram: Diagram) -> str:
    sign = ""
    scale = list(diagram.scale)
    if scale and scale[0].size.number == -1 and not scale[0].root:
        sign, scale = "−", scale[1:]
    summed = [*diagram.summed, *taps(program, diagram).values()]
    total = f"Σ_{{{_joined(summed, ',')}}} " if summed else ""
    found = indices(program, diagram)
    factors = [_factor(program, *pair) for pair in zip(diagram.nodes, found, strict=True)]
    factors += [scalar_text(s) for s in scale if not s.inverse]
    text = " ".join(factors) or "1"
    text += "".join(f" / {scalar_text(s)}" for s in scale if s.inverse)
    return f"{sign}{total}{text}"


def _factor(program: Program, node: Node, own: Sequence[str]) -> str:
    text = _argument(program, node, own)
    let = program.let.get(node.value)
    bracket = let is not None and let.is_part and not _is_call(let)
    return f"({text})" if bracket else text


def _is_call(let: Let) -> bool:
    return isinstance(let.maker, Apply) and let.maker.op != "+"


def _argument(program: Program, node: Node, own: Sequence[str] = ()) -> str:
    let = program.let.get(node.value)
    if let is not None and let.is_part:
        return _right(program, let)
    return _value(node.value, own or node.edges)


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


def _value(name: str, own: Sequence[str]) -> str:
    return value_text(name) + (f"_{{{_joined(own)}}}" if own else "")


def _joined(own: Sequence[str], mark: str = "") -> str:
    if any(sign in index for index in own for sign in "+−/"):
        return ", ".join(own)
    short = all(len(index.rstrip("'")) == 1 or index[0] == "(" for index in own)
    return (mark if short else mark or " ").join(own)
