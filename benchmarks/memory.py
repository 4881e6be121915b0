"""Memory limits: what is predicted, what is taken, and what it costs in time.

    python benchmarks/memory.py [--rounds 5] [--quick]

Each program is compiled without a limit, then for parts of what it takes so: values run in slices
or, in training, are made again for the gradients. `values` are those that the plan has alive at
once, with what is kept for gradients; `predicted` is what the plan tells before anything is
allocated, with all that torch takes besides; `taken` are the most bytes that lived at once in a
real call, counted as torch's operations make them, but for gradients of inputs and weights; `with
kernels` is what torch's allocator had handed out, with what kernels take inside. Times are of one
call beside the same without a limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

import diagram
from benchmarks.timing import compare, machine
from diagram.runtime.ledger import peak
from diagram.runtime.samples import random_inputs
from models import BLOCKS, ZOO

RESULTS = Path(__file__).parent / "results" / "memory.json"
PROGRAMS = ("multi-head", "grouped-query", "lossless", "skip-right", "linear-factored", "minilm")
PARTS = (None, 0.75, 0.5, 0.25)
SIZES = {"b": 4, "n": 256}

Run = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One program under one limit; bytes, and time beside the same without a limit."""

    program: str
    train: bool
    limit: int | None
    values: int
    predicted: int
    taken: int
    with_kernels: int | None
    time: float
    slices: int
    made_again: int


def modules(name: str, train: bool) -> dict[int | None, Any]:
    """The program's modules, by their limits; those that cannot be lack."""
    program = {**ZOO, **BLOCKS}[name].program()
    whole = diagram.compile(program, SIZES, train=train, memory="1 PB")
    found: dict[int | None, Any] = {None: whole}
    for part in PARTS:
        if part is None:
            continue
        limit = int(part * whole.plan.memory)
        try:
            found[limit] = diagram.compile(program, SIZES, train=train, memory=limit)
        except diagram.DiagramError:
            print(f"  {name}: no plan takes {part:.0%} of {whole.plan.memory:,} bytes")
            break
        found[limit].load_state_dict(whole.state_dict())
    return found


def calls(module: Any, train: bool) -> tuple[Run, list[Tensor], list[Tensor]]:
    """A call, what is there before it, and what it learns."""
    module.train(train)
    inputs = random_inputs(module, SIZES, seed=0)
    real = [x.requires_grad_(train) for x in inputs if x.is_floating_point()]
    known = [*inputs, *module.parameters(), *module.buffers()]
    return lambda: module(*inputs), known, [*real, *module.parameters()] if train else []


def timed(run: Run, learned: Sequence[Tensor]) -> Run:
    """A call, forward or forward and back."""

    def forward() -> object:
        with torch.no_grad():
            return run()

    def both() -> object:
        made = run()
        assert isinstance(made, Tensor)
        return torch.autograd.grad(made.sum(), learned, allow_unused=True)

    return both if learned else forward


def allocated(run: Run) -> int:
    """The most bytes that torch's allocator had handed out at once in a call."""
    run()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        kept = run()
    results = found.profiler.kineto_results
    events = [event for event in results.events() if event.name() == "[memory]"]
    changes = [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
    del kept
    return max(accumulate(changes), default=0)


def measure(name: str, train: bool, rounds: int, sample: float) -> list[Row]:
    """All limits of one program, after a check that all make the same."""
    found = modules(name, train)
    parts = {str(limit): calls(module, train) for limit, module in found.items()}
    runs = {limit: timed(run, learned) for limit, (run, _, learned) in parts.items()}
    expected = runs["None"]()
    for run in runs.values():
        torch.testing.assert_close(run(), expected, rtol=1e-3, atol=1e-3)
    ratios = {t.name: t.ratio for t in compare(runs, "None", rounds, sample)}
    rows = []
    for limit, module in found.items():
        plan = module.plan
        made = plan.memory, peak(*parts[str(limit)]), None if train else allocated(runs[str(limit)])
        values = plan.peak * plan.policy.rates.element
        blocks = len(plan.slices), len(plan.recomputed)
        rows.append(Row(name, train, limit, values, *made, round(ratios[str(limit)], 3), *blocks))
    return rows


def line(row: Row) -> str:
    """A row of the table."""
    numbers = (row.limit, row.values, row.predicted, row.taken, row.with_kernels)
    cells = [f"{number / 2**20:.2f}" if number is not None else "" for number in numbers]
    ratio = f"{row.taken / row.predicted:.3f}"
    blocks = f"{row.slices} / {row.made_again}"
    name = f"{row.program}{', training' if row.train else ''}"
    return f"{name:<26}" + "".join(f"{c:>13}" for c in [*cells, ratio, f"{row.time:.2f}", blocks])


def summary(rows: Sequence[Row]) -> list[dict[str, str]]:
    """How far predictions are off, and what limits cost."""
    off = max(abs(row.taken / row.predicted - 1) for row in rows)
    more = [row.with_kernels / row.predicted - 1 for row in rows if row.with_kernels]
    kept = sum(row.taken <= row.limit for row in rows if row.limit)
    limited = [row for row in rows if row.limit]
    times = {train: [row.time for row in limited if row.train is train] for train in (False, True)}
    middle = ", ".join(
        f"{statistics.median(found):.2f} {'in training' if train else 'forward'}"
        for train, found in times.items()
        if found
    )
    return [
        {
            "work": "memory taken, against what was predicted",
            "reach": "within 10 %",
            "found": f"at most {off:.1%} off in {len(rows)} calls",
        },
        {
            "work": "the same with what torch's kernels take inside, forward",
            "reach": "within 10 %",
            "found": f"{max(more):.1%} more at most, {statistics.median(more):.1%} in the middle",
        },
        {
            "work": "limits of 75, 50 and 25 % that a plan was found for",
            "reach": "kept",
            "found": f"{kept} of {len(limited)} kept; time, median: {middle}",
        },
    ]


HEAD = (
    "limit",
    "values",
    "predicted",
    "taken",
    "with kernels",
    "taken/pred.",
    "time",
    "slices/again",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="samples of each (default 5)")
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    given = parser.parse_args(arguments)
    rounds, sample = (2, 0.01) if given.quick else (given.rounds, 0.05)
    about = machine() | {"rounds": rounds, "sizes": " ".join(f"{k}={n}" for k, n in SIZES.items())}
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print("MiB; time beside the same without a limit, median over rounds\n")
    print(" " * 26 + "".join(f"{head:>13}" for head in HEAD))
    rows: list[Row] = []
    for name in PROGRAMS[:2] if given.quick else PROGRAMS:
        for train in (False, True):
            found = measure(name, train, rounds, sample)
            print("\n".join(line(row) for row in found), flush=True)
            rows += found
    if not given.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        results = [asdict(row) for row in rows]
        document = {"machine": about, "summary": summary(rows), "results": results}
        RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
