"""Lossless attention in linear time, beside multi-head's fused core with as many parameters.

    python benchmarks/lossless.py [--rounds 9] [--quick]

One batch entry, f = 256; lossless with r = 256 scalar components, multi-head with 4 heads of 64:
4 f^2 parameters each. The cores have no projections: ours is interpolated to a tolerance of 1e-4,
the peer is torch's `scaled_dot_product_attention`. Queries and keys are standard normal. The
layers are the whole modules, compiled and, of multi-head, also by hand. All run in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import Tensor, nn
from torch.nn import functional

import diagram
import models
from benchmarks.by_hand import HandWritten
from benchmarks.timing import Run, Timing, compare, machine
from diagram.runtime.interpolated.kernel import interpolated

RESULTS = Path(__file__).parent / "results" / "lossless.json"
F, HEADS = 256, 4
TOLERANCE = 1e-4
LENGTHS = (1024, 4096, 16384)
LONGEST = 65536
ATTEND = functional.scaled_dot_product_attention
MULTI_HEAD = "multi-head"

Core = Callable[[Tensor, Tensor, Tensor], Tensor]
Logits = Callable[[Tensor], Tensor]
LOGITS: dict[str, Logits] = {
    "standard normal": lambda x: x,
    "of deviation 2": lambda x: 2 * x,
    "of deviation 3": lambda x: 3 * x,
    "skewed (log-normal)": torch.exp,
    "far from 0": lambda x: x + 20,
}
"""How queries and keys come from standard normal numbers."""


def ours(causal: bool) -> Core:
    """`q, k, v: 1 r n 1`, with no scale."""
    return lambda q, k, v: interpolated(q, k, v, TOLERANCE, 1.0, causal)


def theirs(causal: bool) -> Core:
    """`q, k, v: 1 h n d`."""
    return lambda q, k, v: ATTEND(q, k, v, is_causal=causal)


def given(heads: int, length: int) -> list[Tensor]:
    """Query, key and value: `1 heads length F/heads`."""
    torch.manual_seed(0)
    return [torch.randn(1, heads, length, F // heads) for _ in range(3)]


def forward(run: Callable[..., Tensor], inputs: Sequence[Tensor]) -> Run:
    """One pass without gradients."""

    def call() -> Tensor:
        with torch.no_grad():
            return run(*inputs)

    return call


def both(run: Callable[..., Tensor], inputs: Sequence[Tensor], more: Sequence[Tensor] = ()) -> Run:
    """One pass forward and back, with gradients of the inputs and of what else is learned."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    upstream = torch.randn_like(run(*inputs).detach())
    return lambda: torch.autograd.grad(run(*leaves), [*leaves, *more], upstream)


def cores(length: int, causal: bool, train: bool) -> dict[str, Run]:
    """Both cores at this length."""
    make = both if train else forward
    return {
        MULTI_HEAD: make(theirs(causal), given(HEADS, length)),
        "lossless": make(ours(causal), given(F, length)),
    }


def layers(length: int, train: bool) -> dict[str, Run]:
    """The whole modules, on weights that make queries and keys of variance 1."""
    torch.manual_seed(0)
    compiled = diagram.compile(models.multi_head(F, HEADS, F // HEADS))
    lossless = diagram.compile(models.lossless(F, F), tolerance=TOLERANCE)
    both_: tuple[nn.Module, ...] = (compiled, lossless)
    for module in both_:
        for weight in module.parameters():
            nn.init.normal_(weight, std=F**-0.5)
    by_hand = HandWritten(compiled.state_dict())
    x = torch.randn(1, length, F)
    modules = {MULTI_HEAD: by_hand, "multi-head compiled": compiled, "lossless": lossless}
    torch.testing.assert_close(by_hand(x), compiled(x), rtol=1e-4, atol=1e-4)
    make: dict[str, Run] = {}
    for name, module in modules.items():
        module.train(train)
        make[name] = both(module, [x], list(module.parameters())) if train else forward(module, [x])
    return make


def errors() -> Iterator[tuple[str, bool, float]]:
    """For each kind of logits, plain and causal, the largest error relative to max |v|."""
    for name, logits in LOGITS.items():
        q, k, v = (x[:, :8] for x in given(F, 4096))
        q, k = logits(q), logits(k)
        for causal in (False, True):
            exact = ATTEND(q.double(), k.double(), v.double(), is_causal=causal, scale=1.0)
            with torch.no_grad():
                off = (ours(causal)(q, k, v) - exact).abs().amax((2, 3))
            yield name, causal, float((off / v.abs().amax((2, 3))).max())


def growth(rounds: int, sample: float, longest: int) -> list[tuple[int, float]]:
    """Lengths, and the core's time for an entry beside that at the first of them."""
    lengths = [n for n in (4096, 8192, 16384, 32768, LONGEST) if n <= longest]
    runs = {str(n): forward(ours(False), given(F, n)) for n in lengths}
    found = {t.name: t for t in compare(runs, str(lengths[0]), rounds, sample)}
    return [(n, found[str(n)].ratio * lengths[0] / n) for n in lengths]


def show(title: str, timings: Sequence[Timing]) -> None:
    """Medians in milliseconds, and ratios to multi-head by hand."""
    print(title)
    for timing in timings:
        print(f"    {timing.name:<22}{1e3 * timing.median:>10.2f} ms{timing.ratio:>9.3f}")
    sys.stdout.flush()


Found = dict[str, list[Timing]]


def ratio(found: Found, title: str) -> str:
    """That of the lossless form, where it was measured."""
    ratios = {timing.name: timing.ratio for timing in found.get(title, [])}
    return f"{ratios['lossless']:.3f}" if ratios else "not run"


def title(what: str, length: int, causal: bool, train: bool) -> str:
    """The name of a comparison."""
    form = ", causal" if causal else ""
    return f"{what}{form}, n={length}, {'forward+backward' if train else 'forward'}"


def summary(
    found: Found,
    off: Sequence[tuple[str, bool, float]],
    grown: Sequence[tuple[int, float]],
) -> list[dict[str, str]]:
    """What was to be reached and what was found."""
    core = [ratio(found, title("core", n, causal=False, train=False)) for n in LENGTHS]
    at = {
        (causal, train): ratio(found, title("core", 4096, causal, train))
        for causal in (False, True)
        for train in (False, True)
    }
    layer = [ratio(found, title("layer", 4096, causal=False, train=t)) for t in (False, True)]
    beside = "beside multi-head's core with as many parameters"
    rows = [
        (
            f"lossless core, tolerance 1e-4, {beside}, n=1024, 4096, 16384",
            "<= 0.5, 0.15, 0.1",
            ", ".join(core),
        ),
        ("the same, causal, n=4096", "<= 0.5", at[True, False]),
        ("the same, forward+backward, n=4096", "<= 0.5", at[False, True]),
        ("the same, causal, forward+backward, n=4096", "<= 0.5", at[True, True]),
        ("the whole lossless layer, n=4096", "<= 0.4", f"{layer[0]} (forward+backward {layer[1]})"),
        (
            f"time of an entry at n={grown[-1][0]} to that at n={grown[0][0]}",
            "about 1: linear",
            f"{grown[-1][1]:.2f}",
        ),
        (
            "largest error on normal, wide, skewed and shifted logits, plain and causal",
            "<= 1e-4",
            f"{max(error for _, _, error in off):.1e}",
        ),
    ]
    return [{"work": work, "reach": reach, "found": what} for work, reach, what in rows]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="samples of each (default 9)")
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    given_ = parser.parse_args(arguments)
    rounds, sample = (2, 0.01) if given_.quick else (given_.rounds, 0.2)
    lengths = LENGTHS[:1] if given_.quick else LENGTHS
    about = machine() | {"rounds": rounds, "sizes": f"b=1 f=r={F}, multi-head h={HEADS}"}
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print("milliseconds of one call; ratio to multi-head by hand, median over rounds\n")
    found: Found = {}
    for length in lengths:
        for causal, train in [(c, t) for c in (False, True) for t in (False, True)]:
            if length == LENGTHS[-1] and train:
                continue
            name = title("core", length, causal, train)
            found[name] = compare(cores(length, causal, train), MULTI_HEAD, rounds, sample)
            show(name, found[name])
        for train in (False, True) if length != LENGTHS[-1] else ():
            name = title("layer", length, causal=False, train=train)
            found[name] = compare(layers(length, train), MULTI_HEAD, rounds, sample)
            show(name, found[name])
    off = list(errors())
    print("\nlargest error relative to max |v|, n=4096")
    for name, causal, error in off:
        print(f"    {name + (', causal' if causal else ''):<32}{error:.1e}")
    grown = growth(rounds, sample, 8192 if given_.quick else LONGEST)
    print("\ntime of an entry, beside that at the first length")
    for length, each in grown:
        print(f"    n={length:<10}{each:>8.3f}")
    if not given_.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        document = {
            "machine": about,
            "summary": summary(found, off, grown),
            "results": {
                "times": {name: {t.name: t.record() for t in ts} for name, ts in found.items()},
                "errors": [{"logits": n, "causal": c, "error": e} for n, c, e in off],
                "growth": [{"n": n, "of an entry": round(each, 4)} for n, each in grown],
            },
        }
        RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
