"""Convolution layers with factored kernels: compiled beside both ways in which people write them.

    python benchmarks/layers.py [--rounds 20] [--quick]

A layer of 64 to 64 channels, 3 x 3, on a batch of 16 images of 28 x 28, its kernel factored as CP,
Tucker, TT and TR, and reshaped as r-CP and r-TT (64 = 4 * 4 * 4; Su et al. 2018), at ranks for
which it has 1 to 100 % of the dense kernel's parameters. By hand one either applies factor after
factor, or rebuilds the kernel and convolves once. Forward and backward together; all agree before
any is timed. The machine is calibrated first.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import Tensor

import diagram
from benchmarks.factored import FORMS, B, Form, S, X
from benchmarks.timing import Timing, compare, machine
from diagram.planner.folder import VARIABLE
from diagram.planner.rates import kept

RESULTS = Path(__file__).parent / "results" / "layers.json"
SHARES = (0.01, 0.05, 0.2, 0.5, 1.0)

Run = Callable[[], object]


def layers(form: Form, rank: int, weights: Mapping[str, Tensor]) -> dict[str, Run]:
    """Every way, on the same weights and signal: one pass forward and back."""
    signal = torch.randn(B, S, X, X)
    upstream = torch.randn(B, S, X, X)
    found: dict[str, Run] = {}
    values: dict[str, Tensor] = {}

    def add(name: str, call: Callable[[Tensor], Tensor], learned: Sequence[Tensor]) -> None:
        x = signal.clone().requires_grad_()
        wanted = [x, *learned]
        values[name] = call(x).detach()
        found[name] = lambda: torch.autograd.grad(call(x), wanted, upstream)

    for objective in ("time", "measure"):
        module = diagram.compile(
            form.program, b=B, x=X, y=X, r=rank, objective=objective, train=True
        )
        module.load_state_dict(dict(weights))
        add("compiled" if objective == "time" else "measured", module, list(module.parameters()))
    for name, layer in (("sequence", form.sequence), ("rebuilt", form.rebuilt)):
        own = [weights[w].clone().requires_grad_() for w in form.factors.split()]
        add(name, lambda x, layer=layer, own=own: layer(x, own), own)  # type: ignore[misc]
    for name, value in values.items():
        torch.testing.assert_close(value, values["sequence"], rtol=1e-3, atol=1e-3, msg=name)
    return hopeful(found | tensorly(form, rank, signal, upstream))


def hopeful(runs: dict[str, Run]) -> dict[str, Run]:
    """Without those that take more than ten times as long as the better way by hand."""
    once: dict[str, float] = {}
    for name, run in runs.items():
        start = time.perf_counter()
        run()
        once[name] = time.perf_counter() - start
    most = 10 * min(once[name] for name in ("sequence", "rebuilt"))
    slow = [
        n for n, seconds in once.items() if seconds > most and n not in ("compiled", "measured")
    ]
    for name in slow:
        print(
            f"  {name} takes {once[name]:.2f} s, more than ten times the better by hand: left out"
        )
    return {name: run for name, run in runs.items() if name not in slow}


def tensorly(form: Form, rank: int, signal: Tensor, upstream: Tensor) -> dict[str, Run]:
    """tensorly-torch's layer of the same ranks, in both its ways; nothing where it is absent."""
    try:
        from tltorch import FactorizedConv
    except ImportError:
        return {}
    if not form.tensorly:
        return {}
    ranks = {"cp": rank, "tucker": (rank, rank, 3, 3), "tt": (1, rank, rank, rank, 1)}
    found: dict[str, Run] = {}
    for way in ("factorized", "reconstructed"):
        try:
            layer = FactorizedConv(
                S, S, 3, order=2, padding=1, bias=False, factorization=form.tensorly,
                rank=ranks[form.tensorly], implementation=way,
            )  # fmt: skip
            x = signal.clone().requires_grad_()
            learned = [x, *layer.parameters()]
            torch.autograd.grad(layer(x), learned, upstream)
        except Exception as error:  # noqa: BLE001 - a peer's fault is told, and is no figure
            print(f"  tensorly-torch {form.tensorly} {way} fails: {str(error)[:70]}")
            continue
        found[f"tensorly {way}"] = lambda layer=layer, x=x, learned=learned: torch.autograd.grad(  # type: ignore[misc]
            layer(x), learned, upstream
        )
    return found


def weighted(form: Form, share: float) -> dict[str, Run]:
    """Every way, on random weights of the rank for this share."""
    torch.manual_seed(0)
    rank = form.rank(share)
    shapes = {
        s.name: [leg.size.value({"r": rank, **form.program.defaults}) for leg in s.legs]
        for s in form.program.sources
        if s.name in form.factors.split()
    }
    weights = {name: torch.randn(shape) / shape[0] ** 0.5 for name, shape in shapes.items()}
    return layers(form, rank, weights)


def measure(form: Form, share: float, rounds: int, sample: float) -> dict[str, object]:
    """Medians, and ratios to the better way by hand and of tensorly-torch."""
    timings = compare(weighted(form, share), "compiled", rounds, sample)
    medians = {timing.name: timing.median for timing in timings}
    record: dict[str, object] = {"share": share, "rank": form.rank(share)}
    record["median_ms"] = {name: round(1e3 * seconds, 4) for name, seconds in medians.items()}
    record["to_hand"] = {
        name: ratio(timings, name, ("sequence", "rebuilt")) for name in ("compiled", "measured")
    }
    peers = tuple(name for name in medians if name.startswith("tensorly"))
    if peers:
        record["to_tensorly"] = {
            name: ratio(timings, name, peers) for name in ("compiled", "measured")
        }
    return record


def summarised(records: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, str]]:
    """What is to be reached, and what was."""
    rows = []
    every = [record for form in records.values() for record in form]
    for name, how in (("compiled", "by prediction"), ("measured", 'with objective="measure"')):
        hand = [record["to_hand"][name] for record in every]
        peer = [record["to_tensorly"][name] for record in every if "to_tensorly" in record]
        work = f"factored convolutions, forward+backward, {how}"
        rows.append(
            {
                "work": f"{work}: largest ratio to the better way by hand",
                "reach": "<= 1.1",
                "found": f"{max(hand):.2f} (mean {sum(hand) / len(hand):.2f})",
            }
        )
        if peer:
            rows.append(
                {
                    "work": f"{work}: mean ratio to tensorly-torch's better way",
                    "reach": "<= 0.8",
                    "found": f"{sum(peer) / len(peer):.2f}",
                }
            )
    return rows


def ratio(timings: Sequence[Timing], name: str, peers: Sequence[str]) -> float:
    """The time of one divided by that of the best of its peers, medians of all rounds."""
    medians = {timing.name: timing.median for timing in timings}
    return round(medians[name] / min(medians[peer] for peer in peers if peer in medians), 4)


@contextmanager
def rates_of_this_machine() -> Iterator[None]:
    """Calibrated anew, with nothing kept of earlier runs; the user's own folder is let alone."""
    with TemporaryDirectory() as home, patch.dict(os.environ, {VARIABLE: home}):
        try:
            diagram.calibrate()
            yield
        finally:
            kept.cache_clear()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="samples of each (default 20)")
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    parser.add_argument("--form", choices=list(FORMS), help="only this one; writes nothing")
    given = parser.parse_args(arguments)
    rounds, sample = (3, 0.01) if given.quick else (given.rounds, 0.1)
    about = machine() | {"rounds": rounds}
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(
        "milliseconds, forward and backward; ratios to the better way by hand / of tensorly-torch"
    )
    records: dict[str, list[dict[str, object]]] = {}
    with rates_of_this_machine():
        for name, form in FORMS.items():
            if given.form not in (None, name):
                continue
            records[name] = []
            for share in SHARES:
                record = measure(form, share, rounds, sample)
                records[name].append(record)
                print(f"{name:>7} {share:>5.0%} rank {record['rank']:>3}", end="  ")
                print(*(f"{k} {v:.2f}" for k, v in record["median_ms"].items()), sep=", ", end="  ")  # type: ignore[attr-defined]
                print("|", record["to_hand"], record.get("to_tensorly", ""), flush=True)
    summary = summarised(records)
    print(
        *(f"{row['work']}: {row['found']} (to reach: {row['reach']})" for row in summary), sep="\n"
    )
    if not given.quick and given.form is None:
        written = {"machine": about, "summary": summary, "results": records}
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
