"""Attention: the compiled diagram beside the ways in which people write it by hand.

    python benchmarks/attention.py [--kinds causal,cross] [--rounds 30] [--quick] [--busy]

All get the same weights and inputs, must agree in values and gradients before anything is timed,
and run in turn. `forward` is under no_grad; `forward+backward` has gradients for the inputs and
every weight. The times of one run are comparable; those of different runs are not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import Tensor, nn

import diagram
import models
from benchmarks.by_hand import (
    Einops,
    Einsum,
    HandWritten,
    Packed,
    PackedCross,
    Sizes,
    Torchs,
    Weights,
)
from benchmarks.timing import Clock, Run, Timing, compare, machine, rebased

BY_HAND = ("hand-written", "packed")
"""The faster of them is what all are compared with."""

TORCHS = "nn.MultiheadAttention"

Record = dict[str, Any]

RESULTS = Path(__file__).parent / "results" / "attention.json"

SIZES = (Sizes(1, 16, 64, 4, 16), Sizes(8, 128, 512, 8, 64), Sizes(2, 1024, 512, 8, 64))

KINDS = ("multi-head", "with biases", "causal", "grouped-query", "cross")


@dataclass(frozen=True)
class Case:
    """One kind of attention at these sizes; cross-attention reads 3/2 as many keys as queries."""

    kind: str
    sizes: Sizes

    def __str__(self) -> str:
        return f"{self.kind}: {self.sizes}"

    @property
    def program(self) -> diagram.Program:
        """What is compiled; two heads of keys where queries share them."""
        f, h, d = self.sizes.f, self.sizes.h, self.sizes.d
        match self.kind:
            case "causal":
                text = str(models.multi_head(f, h, d))
                return diagram.parse(text.replace("softmax[m](S)", "softmax[m](causal[n m](S))"))
            case "grouped-query":
                return models.grouped_query(f, 2, h // 2, d)
            case "cross":
                return models.cross_attention(f, f, h, d)
            case kind:
                return models.multi_head(f, h, d, bias=kind == "with biases")

    def inputs(self) -> list[Tensor]:
        """Random ones, of which the first tells the shape of the result."""
        b, n, f = self.sizes.b, self.sizes.n, self.sizes.f
        lengths = (n, n + n // 2) if self.kind == "cross" else (n,)
        return [torch.randn(b, length, f) for length in lengths]

    def weights(self) -> Weights:
        """Random ones, by their names."""
        state = diagram.compile(self.program).state_dict()
        return {name: torch.randn_like(w) / self.sizes.f**0.5 for name, w in state.items()}

    def contestants(self, weights: Weights) -> dict[str, nn.Module]:
        """All modules, on the same weights."""
        compiled = diagram.compile(self.program)
        compiled.load_state_dict(weights)
        causal = self.kind == "causal"
        packed = PackedCross(weights) if self.kind == "cross" else Packed(weights, causal)
        found: dict[str, nn.Module] = {
            "compiled": compiled,
            "hand-written": HandWritten(weights, causal),
            "packed": packed,
        }
        if self.kind != "grouped-query":
            found[TORCHS] = Torchs(weights, causal)
        if self.kind == "multi-head":
            found |= {"einsum": Einsum(weights), "einops": Einops(weights)}
        return found


def forward(module: nn.Module, inputs: Sequence[Tensor]) -> Run:
    """One forward pass, without gradients."""
    module.eval()

    def run() -> Tensor:
        with torch.no_grad():
            result: Tensor = module(*inputs)
            return result

    return run


def forward_backward(
    module: nn.Module, inputs: Sequence[Tensor], upstream: Tensor
) -> Callable[[], Sequence[Tensor]]:
    """One pass forward and back: gradients for the inputs, then for every parameter."""
    module.train()
    wanted = [*inputs, *module.parameters()]
    return lambda: torch.autograd.grad(module(*inputs), wanted, upstream)


def measure(
    case: Case, rounds: int, sample: float, clock: Clock = time.perf_counter
) -> dict[str, list[Timing]]:
    """Times by pass, after a check that all agree; ratios to the faster one by hand."""
    torch.manual_seed(0)
    modules = case.contestants(case.weights())
    inputs = case.inputs()
    upstream = torch.randn_like(inputs[0])
    require_agreement(modules, inputs, upstream)
    there = [x.clone().requires_grad_() for x in inputs]
    passes: dict[str, dict[str, Run]] = {
        "forward": {name: forward(module, inputs) for name, module in modules.items()},
        "forward+backward": {
            name: forward_backward(module, there, upstream) for name, module in modules.items()
        },
    }
    found = {}
    for name, runs in passes.items():
        for module in modules.values():
            module.train(name != "forward")
        timings = compare(runs, BY_HAND[0], rounds, sample, clock)
        by_hand = [timing for timing in timings if timing.name in BY_HAND]
        found[name] = rebased(timings, min(by_hand, key=lambda timing: timing.median).name)
    return found


def require_agreement(
    modules: dict[str, nn.Module], inputs: Sequence[Tensor], upstream: Tensor
) -> None:
    """An AssertionError unless all give the same values and gradients of inputs, to 1e-4."""
    there = [x.clone().requires_grad_() for x in inputs]

    def outcome(module: nn.Module) -> tuple[object, ...]:
        gradients = forward_backward(module, there, upstream)()[: len(inputs)]
        return forward(module, inputs)(), module(*there).detach(), *gradients

    def agree(name: str, module: nn.Module) -> None:
        torch.testing.assert_close(
            outcome(module), expected, rtol=1e-4, atol=1e-4, msg=lambda text: f"{name}: {text}"
        )

    expected = outcome(modules[BY_HAND[0]])
    for name, module in modules.items():
        agree(name, module)


def table(case: Case, found: dict[str, list[Timing]]) -> str:
    """Median and quartiles in milliseconds, and the ratio to the faster one by hand."""
    lines = [str(case)]
    for name, timings in found.items():
        lines.append(f"  {name:<24}{'median':>10}{'quartiles':>20}{'ratio':>9}")
        for timing in timings:
            low, high = (f"{1e3 * number:.3f}" for number in timing.quartiles)
            spread, ms = f"{low} - {high}", 1e3 * timing.median
            lines.append(f"    {timing.name:<22}{ms:>10.3f}{spread:>20}{timing.ratio:>9.3f}")
    return "\n".join(lines)


def record(case: Case, found: dict[str, list[Timing]]) -> Record:
    """One case for the file of results; `to_torch` is the ratio to torch's own module."""
    times = {name: {t.name: t.record() for t in timings} for name, timings in found.items()}
    to_torch = {
        name: round(rebased(timings, TORCHS)[0].ratio, 4)
        for name, timings in found.items()
        if any(timing.name == TORCHS for timing in timings)
    }
    sizes = asdict(case.sizes)
    return {"kind": case.kind, "sizes": sizes, "passes": times, "to_torch": to_torch}


def kept(kinds: Sequence[str]) -> list[Record]:
    """The results of earlier runs of other kinds."""
    if not RESULTS.exists():
        return []
    records: list[Record] = json.loads(RESULTS.read_text())["results"]
    return [each for each in records if each.get("kind") in {*KINDS} - {*kinds}]


def summary(records: Sequence[Record]) -> list[dict[str, str]]:
    """The largest ratios of each kind, for each pass: at toy size, at larger ones, to torch's."""
    toy = asdict(SIZES[0])
    rows: list[dict[str, str]] = []
    for kind in KINDS:
        own = [each for each in records if each["kind"] == kind]
        ratios = [
            (
                each["sizes"] == toy,
                {name: t["compiled"]["ratio"] for name, t in each["passes"].items()},
            )
            for each in own
        ]
        named = (
            ("at toy size, to the faster by hand", "<= 1.2", [r for is_toy, r in ratios if is_toy]),
            ("larger, to the faster by hand", "<= 1.05", [r for is_toy, r in ratios if not is_toy]),
            (f"to {TORCHS}", "<= 1.0", [each["to_torch"] for each in own if each["to_torch"]]),
        )
        for what, reach, found in named:
            if found:
                largest = (f"{name} {max(each[name] for each in found):.2f}" for name in found[0])
                work = f"{kind} attention {what}: largest ratio"
                rows.append({"work": work, "reach": reach, "found": ", ".join(largest)})
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kinds", default=",".join(KINDS), help="some of these, by commas")
    parser.add_argument("--rounds", type=int, default=30, help="samples of each (default 30)")
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    parser.add_argument(
        "--busy", action="store_true", help="one thread, its own time; writes nothing"
    )
    given = parser.parse_args(arguments)
    rounds, sample = (3, 0.01) if given.quick else (given.rounds, 0.1)
    clock = time.process_time if given.busy else time.perf_counter
    if given.busy:
        torch.set_num_threads(1)
    about = machine() | {"rounds": rounds}
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print("milliseconds of one call; ratio to the faster by hand, median over rounds\n")
    kinds = [kind for kind in KINDS if kind in given.kinds.split(",")]
    records = kept(kinds)
    for case in (Case(kind, sizes) for kind in kinds for sizes in SIZES):
        found = measure(case, rounds, sample, clock)
        print(table(case, found), flush=True)
        records.append(record(case, found))
    records.sort(key=lambda each: KINDS.index(each["kind"]))
    if not given.quick and not given.busy:
        RESULTS.parent.mkdir(exist_ok=True)
        made = {"machine": about, "summary": summary(records), "results": records}
        RESULTS.write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
