"""`from_conv_einsum`: a program from an equation whose letters behind a bar are convolved."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from diagram.errors import DiagramError, Fault
from diagram.language.check import check
from diagram.language.core import Apply, Conv, Diagram, Leg, Let, Node, Program, axes
from diagram.language.einsums.broadcast import Place, expand, lengths, read_shapes
from diagram.language.einsums.conv_joints import Joint, ordered, read_joints
from diagram.language.einsums.conv_rules import star, turned
from diagram.language.einsums.einsum import OF, output_letters
from diagram.language.einsums.operands import declare, defaults
from diagram.language.einsums.subscripts import read_equation
from diagram.language.einsums.symbols import leg_names, numbered
from diagram.language.size import Size

Joints = Mapping[Hashable, Joint]


def from_conv_einsum(equation: object, *shapes: object, **rules: object) -> Program:
    """The program of a conv_einsum: one product, convolved along the letters behind the bar.

    Names of several letters stand in brackets. As in the authors' package the kernel is flipped
    (`conv`). The first operand of a letter is the signal; with shapes it is the longest one, and
    the others have their lengths for good. Rules are `stride`, `dilation` and `padding`, for all
    letters, or as a mapping from letters. A padding is

    - `max_zeros`, the default: zeros on both sides, so that the result is as long as the signal.
      With a stride it is what the package does: the first `length // stride` entries of a strided
      convolution that is padded to give `length` of them. The usual one is `same`;
    - `circular` or `max_circular`: modulo the signal's length;
    - `full`, `same`, `valid`, a number of zeros, or a pair of them for left and right.

    More than two operands are convolved along one letter with `full` or `circular`, without stride
    and dilation. Source: the conv_einsum of Tensorial Neural Networks. Raises DiagramError with
    every fault.

    >>> shapes = [(8, 3, 32, 32), (5, 16), (5, 3), (5, 3), (5, 3)]
    >>> print(from_conv_einsum("bshw,rt,rs,rh,rw->bthw|h,w", *shapes))
    dims  b=8 s=3 h=32 w=32 r=5 t=16
    input A[b s h w] B[r t] C[r s] D[r h1:3] E[r w1:3]
    Y[b t h w] = A[b s h w] B[r t] C[r s] D[r h] E[r w] conv h w (pad=1)
    return Y
    """
    if not isinstance(equation, str):
        kind = type(equation).__name__
        raise DiagramError(f'an equation is a string, as in "bshw,tshw->bthw|hw", not {kind}')
    faults: list[Fault] = []
    read = read_equation(equation, faults, named=True)
    operands = expand(read, read_shapes(shapes, faults) if shapes else None, faults)
    output = output_letters(read, operands, faults)
    joints = read_joints(read, operands, rules, faults)
    sizes = lengths(operands, joints, faults)
    if faults:
        raise DiagramError(faults, equation, OF)
    return check(_program(operands, output, joints, sizes))


def _program(
    operands: Sequence[Sequence[Place]],
    output: Sequence[Hashable],
    joints: Joints,
    sizes: dict[Hashable, int],
) -> Program:
    sizes |= {letter: n for letter, joint in joints.items() if (n := joint.lengths[0]) is not None}
    names = leg_names(leg.letter for legs in operands for leg in legs)
    own = _kernels(joints, names)
    sources, nodes = declare(operands, names, sizes, own)
    order = ordered(len(nodes), {pair for joint in joints.values() for pair in joint.pairs})
    in_order = tuple(nodes[place] for place in order or ())
    convs = tuple(_conv(letter, joint, names, own) for letter, joint in joints.items())
    lets = _lets(in_order, [names[letter] for letter in output], convs, joints, names)
    return Program(defaults(names, sizes), sources, lets, ("Y",))


def _kernels(joints: Joints, names: Mapping[Hashable, str]) -> dict[tuple[int, Hashable], Leg]:
    """The legs of kernels: a name with a number, and its length where that is told."""
    own: dict[tuple[int, Hashable], Leg] = {}
    for letter, joint in joints.items():
        for use, length in zip(joint.uses[1:], joint.lengths[1:], strict=True):
            taken = {*names.values(), *(leg.name for leg in own.values())}
            name = numbered(names[letter], taken, 1)
            own[use, letter] = Leg(name, Size.of(name if length is None else length))
    return own


def _conv(
    letter: Hashable,
    joint: Joint,
    names: Mapping[Hashable, str],
    own: Mapping[tuple[int, Hashable], Leg],
) -> Conv:
    signal, kernel = Size.of(names[letter]), own[joint.uses[1], letter].size
    conv = star(names[letter], joint.rule, signal, kernel)
    return turned(conv, signal, kernel) if joint.is_turned else conv


def _lets(
    nodes: tuple[Node, ...],
    output: Sequence[str],
    convs: tuple[Conv, ...],
    joints: Joints,
    names: Mapping[Hashable, str],
) -> tuple[Let, ...]:
    """The product; then what is more than is wanted is cut off, leg after leg."""
    cropped = {names[letter]: joint for letter, joint in joints.items() if joint.rule.is_cropped}
    kept = axes([*output, *(name for name in cropped if name not in output)])
    more = len(kept) > len(output)
    primes = len(cropped) + more
    lets = [Let("Y" + "'" * primes, Diagram(nodes, kept, convs=convs))]
    for name, joint in cropped.items():
        stop = (("stop", Size.of(name) // joint.rule.stride),)
        use = Node(lets[-1].name, kept)
        lets.append(Let(use.value[:-1], Apply("slice", (name,), (use,), kept, stop)))
    if more:
        lets.append(Let("Y", Diagram((Node(lets[-1].name, kept),), axes(output))))
    return tuple(lets)
