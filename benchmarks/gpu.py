"""On a GPU: compiled attention and convolutions beside torch's own fused attention and convs.

    python benchmarks/gpu.py [--rounds 20]

Attention in float32, bfloat16 and float16 beside modules by hand around torch's fused kernel;
factored convolutions, forward and backward, beside both ways by hand. All agree before any is
timed; a time ends when the GPU is done. Without a GPU it says so, writes nothing, and exits 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import nn

from benchmarks import attention, factored, layers
from benchmarks.by_hand import Sizes
from benchmarks.timing import Clock, Run, Timing, compare, machine, rebased

RESULTS = Path(__file__).parent / "results" / "gpu.json"
SIZES = (Sizes(8, 128, 512, 8, 64), Sizes(4, 2048, 1024, 16, 64))
DTYPES = {torch.float32: 2e-3, torch.bfloat16: 6e-2, torch.float16: 1e-2}
"""With the error, relative to the largest entry, that rounding in it may make."""


@dataclass(frozen=True)
class Row:
    """One comparison: what, the ratio of ours to the faster by hand, and all times."""

    what: str
    ratio: float
    times: dict[str, dict[str, float]]


def finished() -> float:
    """Seconds, once the GPU has done what it was told."""
    torch.cuda.synchronize()
    return time.perf_counter()


def row(what: str, timings: Sequence[Timing], by_hand: Sequence[str]) -> Row:
    """Compared with the faster by hand."""
    own = [timing for timing in timings if timing.name in by_hand]
    best = min(own, key=lambda timing: timing.median).name
    found = {timing.name: timing for timing in rebased(timings, best)}
    times = {name: timing.record() for name, timing in found.items()}
    return Row(what, round(found["compiled"].ratio, 4), times)


def attentions(
    case: attention.Case, device: str, dtype: torch.dtype, rounds: int, sample: float, clock: Clock
) -> Iterator[Row]:
    """Forward, and forward and back, of one kind of attention in one dtype."""
    torch.manual_seed(0)
    modules = case.contestants(case.weights())
    exact = [x.to(device) for x in case.inputs()]
    require_agreement(modules, exact, device, dtype)
    inputs = [x.to(dtype) for x in exact]
    upstream = torch.randn_like(inputs[0])
    there = [x.clone().requires_grad_() for x in inputs]
    for name in ("forward", "forward+backward"):
        runs: dict[str, Run] = {
            who: attention.forward(module, inputs)
            if name == "forward"
            else attention.forward_backward(module, there, upstream)
            for who, module in modules.items()
        }
        for module in modules.values():
            module.train(name != "forward")
        timings = compare(runs, attention.BY_HAND[0], rounds, sample, clock)
        what = f"{case}, {str(dtype).removeprefix('torch.')}, {name}"
        yield row(what, timings, attention.BY_HAND)


def require_agreement(
    modules: dict[str, nn.Module], inputs: list[torch.Tensor], device: str, dtype: torch.dtype
) -> None:
    """An AssertionError unless each is near the float64 result; leaves all in the dtype."""
    by_hand = modules[attention.BY_HAND[0]].to(device, torch.float64)
    with torch.no_grad():
        expected = by_hand(*(x.double() for x in inputs))
        bound = DTYPES[dtype] * float(expected.abs().max())
        for name, module in modules.items():
            found = module.to(device, dtype)(*(x.to(dtype) for x in inputs))
            off = float((found.double() - expected).abs().max())
            assert off <= bound, f"{name} is off by {off:.2g}"


def convolutions(
    name: str, share: float, device: str, rounds: int, sample: float, clock: Clock
) -> Row:
    """A factored layer, forward and back, in float32."""
    with torch.device(device):
        runs = layers.weighted(factored.FORMS[name], share)
        timings = compare(runs, "compiled", rounds, sample, clock)
    present = [way for way in ("sequence", "rebuilt") if way in runs]
    return row(f"{name} convolution of {share:.0%}, forward+backward", timings, present)


def rows(device: str, rounds: int, sample: float, clock: Clock) -> Iterator[Row]:
    """All comparisons."""
    for kind in attention.KINDS:
        for sizes in SIZES:
            for dtype in DTYPES:
                case = attention.Case(kind, sizes)
                yield from attentions(case, device, dtype, rounds, sample, clock)
    for name in factored.FORMS:
        for share in layers.SHARES:
            yield convolutions(name, share, device, rounds, sample, clock)


def summary(found: Sequence[Row]) -> list[dict[str, str]]:
    """The largest ratios."""
    parts = {
        "attention": [row.ratio for row in found if " convolution " not in row.what],
        "factored convolutions": [row.ratio for row in found if " convolution " in row.what],
    }
    return [
        {
            "work": f"{what} on a GPU: largest ratio to the faster by hand",
            "reach": reach,
            "found": f"{max(ratios):.2f} (mean {sum(ratios) / len(ratios):.2f})",
        }
        for (what, ratios), reach in zip(parts.items(), ("<= 1.05", "<= 1.1"), strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results; nothing of it where there is no GPU."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="samples of each (default 20)")
    given = parser.parse_args(arguments)
    if not torch.cuda.is_available():
        print("no GPU here: nothing was measured")
        return
    about = machine() | {"gpu": torch.cuda.get_device_name(), "rounds": given.rounds}
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    found = []
    for each in rows("cuda", given.rounds, 0.05, finished):
        found.append(each)
        medians = (f"{who} {t['median_ms']:.3f}" for who, t in each.times.items())
        print(f"{each.what}: {each.ratio:.2f}  ({', '.join(medians)} ms)", flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    results = {row.what: {"ratio": row.ratio, "times": row.times} for row in found}
    document = {"machine": about, "summary": summary(found), "results": results}
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
