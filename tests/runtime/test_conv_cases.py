"""Convolutions of others, in one to six dimensions: forward, unfolded, transposed, backward."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from diagram import Program, compile, interpret, parse

DATA = Path(__file__).parent.parent / "data"
CASES: dict[str, list[dict[str, Any]]] = json.loads(
    (DATA / "einconv_conv_cases.json").read_text(encoding="utf-8")
)
AXES = "xyzuvw"


def each(value: Any, count: int) -> list[int]:
    return [value] * count if isinstance(value, int) else list(value)


def pads(kwargs: Mapping[str, Any], kernel: Sequence[int]) -> list[tuple[int, int]]:
    """Zeros left and right of each axis, as torch pads."""
    padding = kwargs.get("padding", 0)
    if padding == "valid":
        padding = 0
    if padding == "same":
        reach = [d * (k - 1) for d, k in zip(dilations(kwargs, len(kernel)), kernel, strict=True)]
        return [(r // 2, r - r // 2) for r in reach]
    return [(p, p) for p in each(padding, len(kernel))]


def strides(kwargs: Mapping[str, Any], count: int) -> list[int]:
    return each(kwargs.get("stride", 1), count)


def dilations(kwargs: Mapping[str, Any], count: int) -> list[int]:
    return each(kwargs.get("dilation", 1), count)


def clauses(signal: Sequence[int], kernel: Sequence[int], kwargs: Mapping[str, Any]) -> str:
    """One `corr` for each axis; `same` is written out where a kernel is longer than its signal."""
    count = len(kernel)
    found: list[str] = []
    for place, (n, k, d) in enumerate(zip(signal, kernel, dilations(kwargs, count), strict=True)):
        left, right = pads(kwargs, kernel)[place]
        is_word = isinstance(kwargs.get("padding"), str) and d * (k - 1) < n
        pad = kwargs["padding"] if is_word else f"({left}, {right})"
        stride = strides(kwargs, count)[place]
        found.append(f"corr {AXES[place]} (stride={stride}, dilation={d}, pad={pad})")
    return " ".join(found)


def layer(
    signal: Sequence[int], kernel: Sequence[int], kwargs: Mapping[str, Any], bias: bool
) -> Program:
    """A convolution with groups as a batch leg, along as many axes as the kernel has."""
    axes = " ".join(AXES[: len(kernel)])
    taps = " ".join(f"k{x}" for x in AXES[: len(kernel)])
    convolved = clauses(signal, kernel, kwargs)
    return parse(
        f"dims g={kwargs.get('groups', 1)}\ninput U[b c:(g*s) {axes}]\n"
        f"weight K[o:(g*t) s {taps}]{' B[o:(g*t)]' if bias else ''}\n"
        f"V[b (g t) {axes}] = U[b (g s) {axes}] K[(g t) s {axes}] {convolved}\n"
        f"Y[b o {axes}] = V[b o {axes}]{' + B[o]' if bias else ''}\nreturn Y"
    )


def dense(u: Tensor, k: Tensor, kwargs: Mapping[str, Any], bias: Tensor | None = None) -> Tensor:
    """By the definition: the sum over all taps of shifted signals."""
    kernel, groups = k.shape[2:], kwargs.get("groups", 1)
    padding = [p for pair in reversed(pads(kwargs, kernel)) for p in pair]
    padded = functional.pad(u, padding)
    stride, dilation = strides(kwargs, len(kernel)), dilations(kwargs, len(kernel))
    lengths = [(n - d * (t - 1) - 1) // s + 1 for n, d, t, s in
               zip(padded.shape[2:], dilation, kernel, stride, strict=True)]  # fmt: skip
    signal = padded.reshape(len(u), groups, -1, *padded.shape[2:])
    weight = k.reshape(groups, -1, *k.shape[1:])
    total = torch.zeros(1, dtype=u.dtype)
    for taps in itertools.product(*map(range, kernel)):
        part = signal
        for axis, (tap, d, s, n) in enumerate(zip(taps, dilation, stride, lengths, strict=True), 3):
            part = part.narrow(axis, tap * d, (n - 1) * s + 1)
            part = part.index_select(axis, torch.arange(0, part.shape[axis], s))
        entry = weight.flatten(3)[..., np.ravel_multi_index(taps, kernel)]
        total = total + torch.einsum("bgs...,gts->bgt...", part, entry)
    total = total.flatten(1, 2)
    return total if bias is None else total + bias.reshape(-1, *[1] * len(kernel))


def reference(
    u: Tensor, k: Tensor, kwargs: Mapping[str, Any], bias: Tensor | None = None
) -> Tensor:
    """torch's convolution where it has one, else the definition."""
    conv = {3: functional.conv1d, 4: functional.conv2d, 5: functional.conv3d}.get(u.ndim)
    if conv is None:
        return dense(u, k, kwargs, bias)
    padding = [p for pair in reversed(pads(kwargs, k.shape[2:])) for p in pair]
    rest = {name: value for name, value in kwargs.items() if name != "padding"}
    return conv(functional.pad(u, padding), k, bias, **rest)


def whole(*shape: int) -> Tensor:
    """Small whole numbers: every order of sums is exact."""
    return torch.from_numpy(np.random.default_rng(0).integers(-2, 3, shape).astype(np.float64))


def same(found: Tensor | None, expected: Tensor) -> None:
    assert found is not None
    assert found.shape == expected.shape
    assert torch.equal(found.round(decimals=6), expected.round(decimals=6))


def listed(part: str) -> list[Any]:
    """The cases whose name has this part, apart by their own contents."""
    found = [case for name, cases in CASES.items() if part in name for case in cases]
    unique = {json.dumps({k: v for k, v in c.items() if k != "id"}): c for c in found}
    return [pytest.param(case, id=text[:90]) for text, case in unique.items()]


def shapes(case: Mapping[str, Any]) -> tuple[list[int], list[int], bool, dict[str, Any]]:
    """Input, weight, whether there is a bias, and the rules of a case of a function or a module."""
    kwargs = {name: value for name, value in case["kwargs"].items() if name in
              ("stride", "padding", "dilation", "groups")}  # fmt: skip
    if "weight" in case:
        return case["input"], case["weight"], case.get("bias") is not None, kwargs
    kernel = each(case["kernel_size"], len(case["input"]) - 2)
    inner = case["in_channels"] // kwargs.get("groups", 1)
    weight = [case["out_channels"], inner, *kernel]
    return case["input"], weight, case["kwargs"].get("bias", True), kwargs


def small(signal: list[int], weight: list[int], kwargs: Mapping[str, Any]) -> list[list[int]]:
    """The same of a size at which dense indicators of all axes fit."""
    count = len(weight) - 2
    kernel = [min(k, 2) if count > 3 else k for k in weight[2:]]
    reach = [d * (k - 1) for d, k in zip(dilations(kwargs, count), kernel, strict=True)]
    lengths = [min(n, r + (3 if count < 4 else 1)) for n, r in zip(signal[2:], reach, strict=True)]
    return [[*signal[:2], *lengths], [*weight[:2], *kernel]]


def at(weight: Sequence[int], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of the weights' dims."""
    sizes = {"s": weight[1], "t": weight[0] // kwargs.get("groups", 1)}
    return sizes | {f"k{x}": n for x, n in zip(AXES, weight[2:], strict=False)}


FORWARD = [*listed("functionals.conv_cases"), *listed("modules.conv_cases")]


@pytest.mark.parametrize("case", FORWARD)
def test_forward_interpreted_and_compiled_when_it_is_small(case: dict[str, Any]):
    signal, weight, bias, kwargs = shapes(case)
    signal, weight = small(signal, weight, kwargs)
    program = layer(signal[2:], weight[2:], kwargs, bias)
    assert parse(str(program)) == program
    values: dict[str, Any] = {"K": whole(*weight)} | ({"B": whole(weight[0])} if bias else {})
    u = whole(*signal)
    expected = reference(u, values["K"], kwargs, values.get("B"))
    same(interpret(program, u, **values, **at(weight, kwargs))["Y"], expected)
    module = compile(program, **at(weight, kwargs)).double()
    module.load_state_dict(values)
    same(module(u).detach(), expected)


@pytest.mark.slow
@pytest.mark.parametrize("case", FORWARD)
def test_forward(case: dict[str, Any]):
    signal, weight, bias, kwargs = shapes(case)
    program = layer(signal[2:], weight[2:], kwargs, bias)
    values: dict[str, Any] = {"K": whole(*weight)} | ({"B": whole(weight[0])} if bias else {})
    u = whole(*signal)
    module = compile(program, **at(weight, kwargs)).double()
    module.load_state_dict(values)
    with torch.no_grad():
        found = module(u)
    same(found, reference(u, values["K"], kwargs, values.get("B")))
    if case.get("output"):
        assert list(found.shape) == case["output"]


# -- unfolding: a convolution with the identity ---------------------------------------------------


def unfolded(signal: Sequence[int], kernel: Sequence[int], clauses: str) -> Program:
    """The entries that each tap meets: a kernel of ones on its diagonal for each axis."""
    axes, taps = AXES[: len(kernel)], [f"k{x}" for x in AXES[: len(kernel)]]
    legs, inner = " ".join(axes), " ".join(taps)
    eyes = " ".join(f"E{x}[{k} j{x}:{k}]=eye" for x, k in zip(axes, taps, strict=True))
    uses = " ".join(f"E{x}[{k} {x}]" for x, k in zip(axes, taps, strict=True))
    numbers = " ".join(f"{k}={n}" for k, n in zip(taps, kernel, strict=True))
    return parse(
        f"dims {numbers}\ninput U[b c {legs}]\nconst {eyes}\n"
        f"V[b c {inner} {legs}] = U[b c {legs}] {uses} {clauses}\n"
        f"Y[b (c {inner}) ({legs})] = V[b c {inner} {legs}]\nreturn Y"
    )


def by_identity(u: Tensor, kernel: Sequence[int], kwargs: Mapping[str, Any]) -> Tensor:
    """The same with torch: one kernel of a single 1 for each tap, channels as batch."""
    taps = int(np.prod(kernel))
    eye = torch.eye(taps, dtype=u.dtype).reshape(taps, 1, *kernel)
    alone = u.reshape(-1, 1, *u.shape[2:])
    return reference(alone, eye, kwargs).reshape(u.shape[0], u.shape[1] * taps, -1)


@pytest.mark.parametrize("case", listed("functionals.unfold_cases"))
def test_unfold(case: dict[str, Any]):
    count = len(case["input"]) - 2
    kernel, kwargs = each(case["kernel_size"], count), case["kwargs"]
    signal, _ = small(case["input"], [1, 1, *kernel], kwargs)
    signal = signal if count > 1 else case["input"]
    u = whole(*signal)
    program = unfolded(signal[2:], kernel, clauses(signal[2:], kernel, kwargs))
    expected = by_identity(u, kernel, kwargs)
    if count == 2:
        same(expected, functional.unfold(u, tuple(kernel), **kwargs))
    same(interpret(program, u)["Y"], expected)
    same(compile(program).double()(u), expected)


@pytest.mark.parametrize("case", listed("transpose_unfold_cases"))
def test_unfold_for_a_transposed_convolution(case: dict[str, Any]):
    count = len(case["input"]) - 2
    kernel, kwargs = each(case["kernel_size"], count), case["kwargs"]
    more = {name: each(kwargs.get(name, 0), count) for name in ("padding", "output_padding")}
    rules = zip(AXES, kernel, strides(kwargs, count), dilations(kwargs, count), *more.values(),
                strict=False)  # fmt: skip
    written = " ".join(
        f"conv {x} (up={s}, dilation={d}, pad=({d * (k - 1) - p}, {d * (k - 1) - p + o}))"
        for x, k, s, d, p, o in rules
    )
    u = whole(*case["input"][:2], *(min(n, 6) for n in case["input"][2:]))
    program = unfolded(u.shape[2:], kernel, written)
    taps = int(np.prod(kernel))
    eye = torch.eye(taps, dtype=u.dtype).reshape(1, taps, *kernel)
    transposed = (functional.conv_transpose1d, functional.conv_transpose2d,
                  functional.conv_transpose3d)[count - 1]  # fmt: skip
    made = transposed(u.reshape(-1, 1, *u.shape[2:]), eye, **kwargs)
    expected = made.reshape(u.shape[0], u.shape[1] * taps, -1)
    same(interpret(program, u)["Y"], expected)
    same(compile(program).double()(u), expected)


@pytest.mark.parametrize("case", listed("INDEX_PATTERN_CASES"))
def test_index_pattern(case: dict[str, Any]):
    """Which entry of the signal each tap meets: the unfolded identity."""
    n, k = case["input_size"], case["kernel_size"]
    rules: dict[str, Any] = {
        name: case[name] for name in case if name.islower() and "_" not in name
    }
    program = unfolded([n], [k], clauses([n], [k], rules))
    found = interpret(program, torch.eye(n, dtype=torch.float64)[None])["Y"].reshape(n, k, -1)
    (left, _), (stride,), (dilation,) = pads(rules, [k])[0], strides(rules, 1), dilations(rules, 1)
    for j, tap, i in itertools.product(range(n), range(k), range(found.shape[2])):
        assert found[j, tap, i] == (j == i * stride - left + tap * dilation)


# -- backward: each derivative of a convolution is one --------------------------------------------


@pytest.mark.parametrize("case", listed("VJP"))
def test_backward(case: dict[str, Any]):
    """Autograd through the compiled module, and both derivatives as diagrams, as torch has them."""
    kwargs = case["kwargs"]
    signal, weight = small(case["input"], case["weight"], kwargs)
    u, k = whole(*signal).requires_grad_(), whole(*weight).requires_grad_()
    made = reference(u, k, kwargs)
    v = whole(*made.shape)
    expected = torch.autograd.grad(made, (u, k), v)

    module = compile(layer(signal[2:], weight[2:], kwargs, False), **at(weight, kwargs)).double()
    module.load_state_dict({"K": k.detach()})
    again = u.detach().requires_grad_()
    module(again).backward(v)
    same(again.grad, expected[0])
    same(module.get_parameter("K").grad, expected[1])

    legs, groups = " ".join(AXES[: len(weight) - 2]), kwargs.get("groups", 1)
    count = len(weight) - 2
    rules = (strides(kwargs, count), dilations(kwargs, count), pads(kwargs, weight[2:]))
    ends = list(zip(AXES, signal[2:], weight[2:], made.shape[2:], *rules, strict=False))
    to_input = " ".join(
        f"conv {x} (up={s}, dilation={d}, pad=({d * (t - 1) - p}, {n - 1 + p - s * (i - 1)}))"
        for x, n, t, i, s, d, (p, _) in ends
    )
    to_weight = " ".join(
        f"corr {x} (stride={d}, dilation={s}, "
        f"pad=({p}, {max(0, (t - 1) * d + s * (i - 1) + 1 - n - p)}))"
        for x, n, t, i, s, d, (p, _) in ends
    )
    inner = " ".join(f"n{x}" for x in legs.split())
    back = parse(
        f"dims g={groups}\ninput V[b o:(g*t) {inner}] K[o:(g*t) s {legs}]\n"
        f"D[b (g s) {legs}] = V[b (g t) {legs}] K[(g t) s {legs}] {to_input}\nreturn D"
    )
    numbers = {"s": weight[1], "t": weight[0] // groups}
    same(interpret(back, v, k.detach(), **numbers)["D"], expected[0])
    same(compile(back, **numbers).double()(v, k.detach()), expected[0])
    wide = parse(
        f"dims g={groups}\ninput U[b c:(g*s) {legs}] V[b o:(g*t) {inner}]\n"
        f"D[(g t) s {legs}] = U[b (g s) {legs}] V[b (g t) {legs}] {to_weight}\nreturn D"
    )
    found = interpret(wide, u.detach(), v, **numbers)["D"]
    # A stride may pass over the last entries: there the result is longer than the kernel.
    same(found[(slice(None), slice(None), *map(slice, weight[2:]))], expected[1])
