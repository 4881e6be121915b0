"""What a call costs: a chain of four products of 8 by 8, beside `a @ b @ c @ d`.

python benchmarks/overhead.py [--rounds 60] [--busy]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cotengra
import opt_einsum
import torch
from torch import Tensor, nn

import diagram
from benchmarks.timing import Run, Timing, compare, machine

REFERENCE = "a @ b @ c @ d"
RESULTS = Path(__file__).parent / "results" / "overhead.json"
EQUATION = "ij,jk,kl,lm->im"
SIDE = 8
PEERS = ("opt_einsum expression", "cotengra expression")


class Chain(nn.Module):
    """The products in a module by hand."""

    def forward(self, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
        """One after another."""
        return a @ b @ c @ d


def contestants() -> dict[str, Run]:
    """Calls on the same four matrices; all agree, or an AssertionError."""
    torch.manual_seed(0)
    shapes = [(SIDE, SIDE)] * 4
    a, b, c, d = (torch.randn(shape) for shape in shapes)
    compiled = diagram.compile(diagram.from_einsum(EQUATION)).eval()
    module = Chain().eval()
    expression = opt_einsum.contract_expression(EQUATION, *shapes)
    found = cotengra.einsum_expression(EQUATION, *shapes)
    runs: dict[str, Run] = {
        REFERENCE: lambda: a @ b @ c @ d,
        "module by hand": lambda: module(a, b, c, d),
        "compiled": lambda: compiled(a, b, c, d),
        "torch.einsum": lambda: torch.einsum(EQUATION, a, b, c, d),
        "opt_einsum expression": lambda: expression(a, b, c, d),
        "cotengra expression": lambda: found(a, b, c, d),
    }
    for name, run in runs.items():
        torch.testing.assert_close(run(), a @ b @ c @ d, msg=lambda text: f"{name}: {text}")  # noqa: B023
    return runs


def table(timings: Sequence[Timing]) -> str:
    """Median microseconds and the ratio to the plain products."""
    lines = [f"{'':<24}{'median':>10}{'ratio':>9}"]
    lines += [f"{t.name:<24}{1e6 * t.median:>10.2f}{t.ratio:>9.3f}" for t in timings]
    return "\n".join(lines)


def summary(timings: Sequence[Timing]) -> list[dict[str, str]]:
    """The ratio of the compiled diagram, and those of its peers."""
    ratios = {timing.name: timing.ratio for timing in timings}
    peers = ", ".join(f"{name} {ratios[name]:.2f}" for name in PEERS)
    work = f"a call of a chain of four products of {SIDE} by {SIDE}: ratio to {REFERENCE}"
    found = f"{ratios['compiled']:.2f} ({peers})"
    return [{"work": work, "reach": "<= 1.5", "found": found}]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=60, help="samples of each (default 60)")
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    parser.add_argument(
        "--busy", action="store_true", help="one thread, its own time; writes nothing"
    )
    given = parser.parse_args(arguments)
    rounds, sample = (3, 0.001) if given.quick else (given.rounds, 0.02)
    clock = time.process_time if given.busy else time.perf_counter
    if given.busy:
        torch.set_num_threads(1)
    about = machine() | {"rounds": rounds}
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(f"microseconds of one call under no_grad; ratio to {REFERENCE}, median over rounds\n")
    with torch.no_grad():
        timings = compare(contestants(), REFERENCE, rounds, sample, clock)
    print(table(timings))
    if not given.quick and not given.busy:
        RESULTS.parent.mkdir(exist_ok=True)
        results = {t.name: t.record() for t in timings}
        found = {"machine": about, "summary": summary(timings), "results": results}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
