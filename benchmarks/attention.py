"""Multi-head attention: the compiled diagram beside the ways in which people write it by hand.

    python benchmarks/attention.py [--rounds 30] [--quick]

All get the same weights and inputs, must agree in values and gradients before anything is timed,
and run in turn. `forward` is under no_grad; `forward+backward` has gradients for the input and
every weight. The times of one run are comparable; those of different runs are not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import Tensor, nn
from torch.nn import functional

import diagram
import models
from benchmarks.timing import Run, Timing, compare, machine

REFERENCE = "hand-written"
RESULTS = Path(__file__).parent / "results" / "attention.json"


@dataclass(frozen=True)
class Sizes:
    """Batch, length, features, heads, features of a head."""

    b: int
    n: int
    f: int
    h: int
    d: int

    def __str__(self) -> str:
        return " ".join(f"{name}={number}" for name, number in asdict(self).items())


SIZES = (Sizes(1, 16, 64, 4, 16), Sizes(8, 128, 512, 8, 64), Sizes(2, 1024, 512, 8, 64))

Weights = dict[str, Tensor]
"""WQ, WK, WV of shape `f h d` and WO of shape `h d f`."""


class HandWritten(nn.Module):
    """What one writes: four nn.Linear without bias around the fused kernel."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads = sizes.h
        self.query = nn.Linear(sizes.f, sizes.h * sizes.d, bias=False)
        self.key = nn.Linear(sizes.f, sizes.h * sizes.d, bias=False)
        self.value = nn.Linear(sizes.f, sizes.h * sizes.d, bias=False)
        self.output = nn.Linear(sizes.h * sizes.d, sizes.f, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        b, n, _ = x.shape
        query = self.query(x).view(b, n, self.heads, -1).transpose(1, 2)
        key = self.key(x).view(b, n, self.heads, -1).transpose(1, 2)
        value = self.value(x).view(b, n, self.heads, -1).transpose(1, 2)
        read = functional.scaled_dot_product_attention(query, key, value)
        result: Tensor = self.output(read.transpose(1, 2).reshape(b, n, -1))
        return result


class Packed(nn.Module):
    """The same with query, key and value in one nn.Linear, cut in three."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads = sizes.h
        self.inward = nn.Linear(sizes.f, 3 * sizes.h * sizes.d, bias=False)
        self.output = nn.Linear(sizes.h * sizes.d, sizes.f, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        b, n, _ = x.shape
        parts = self.inward(x).chunk(3, dim=-1)
        query, key, value = (part.view(b, n, self.heads, -1).transpose(1, 2) for part in parts)
        read = functional.scaled_dot_product_attention(query, key, value)
        result: Tensor = self.output(read.transpose(1, 2).reshape(b, n, -1))
        return result


class Torchs(nn.Module):
    """nn.MultiheadAttention, asked for no maps."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(sizes.f, sizes.h, bias=False, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        result: Tensor = self.attention(x, x, x, need_weights=False)[0]
        return result


class Einsum(nn.Module):
    """The equations as torch.einsum, one line each."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.wq = nn.Parameter(weights["WQ"].clone())
        self.wk = nn.Parameter(weights["WK"].clone())
        self.wv = nn.Parameter(weights["WV"].clone())
        self.wo = nn.Parameter(weights["WO"].clone())

    def forward(self, x: Tensor) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        query = torch.einsum("bnf,fhd->bhnd", x, self.wq)
        key = torch.einsum("bmf,fhd->bhmd", x, self.wk)
        value = torch.einsum("bmf,fhd->bhmd", x, self.wv)
        scores = torch.einsum("bhnd,bhmd->bhnm", query, key) / query.shape[-1] ** 0.5
        read = torch.einsum("bhnm,bhmd->bhnd", torch.softmax(scores, dim=-1), value)
        return torch.einsum("bhnd,hdf->bnf", read, self.wo)


def contestants(sizes: Sizes, weights: Weights) -> dict[str, nn.Module]:
    """All modules, on the same weights."""
    f = sizes.f
    inwards = [weights[name].reshape(f, -1).T for name in ("WQ", "WK", "WV")]
    output = weights["WO"].reshape(-1, f).T
    compiled = diagram.compile(models.multi_head(sizes.f, sizes.h, sizes.d))
    compiled.load_state_dict(weights)
    names = ("query.weight", "key.weight", "value.weight")
    hand = HandWritten(sizes)
    hand.load_state_dict(dict(zip(names, inwards, strict=True)) | {"output.weight": output})
    packed = Packed(sizes)
    packed.load_state_dict({"inward.weight": torch.cat(inwards), "output.weight": output})
    torchs = Torchs(sizes)
    torchs.attention.load_state_dict(
        {"in_proj_weight": torch.cat(inwards), "out_proj.weight": output}
    )
    return {
        "compiled": compiled,
        REFERENCE: hand,
        "packed": packed,
        "nn.MultiheadAttention": torchs,
        "einsum": Einsum(weights),
    }


def forward(module: nn.Module, x: Tensor) -> Run:
    """One forward pass, without gradients."""
    module.eval()

    def run() -> Tensor:
        with torch.no_grad():
            result: Tensor = module(x)
            return result

    return run


def forward_backward(
    module: nn.Module, x: Tensor, upstream: Tensor
) -> Callable[[], Sequence[Tensor]]:
    """One pass forward and back: gradients for x, then for every parameter."""
    module.train()
    wanted = [x, *module.parameters()]
    return lambda: torch.autograd.grad(module(x), wanted, upstream)


def measure(sizes: Sizes, rounds: int, sample: float) -> dict[str, list[Timing]]:
    """Times by pass, after a check that all agree."""
    torch.manual_seed(0)
    f, h, d = sizes.f, sizes.h, sizes.d
    shapes = {"WQ": (f, h, d), "WK": (f, h, d), "WV": (f, h, d), "WO": (h, d, f)}
    weights = {name: torch.randn(shape) / f**0.5 for name, shape in shapes.items()}
    modules = contestants(sizes, weights)
    x = torch.randn(sizes.b, sizes.n, f)
    upstream = torch.randn(sizes.b, sizes.n, f)
    require_agreement(modules, x, upstream)
    there = x.clone().requires_grad_()
    passes: dict[str, dict[str, Run]] = {
        "forward": {name: forward(module, x) for name, module in modules.items()},
        "forward+backward": {
            name: forward_backward(module, there, upstream) for name, module in modules.items()
        },
    }
    found = {}
    for name, runs in passes.items():
        for module in modules.values():
            module.train(name != "forward")
        found[name] = compare(runs, REFERENCE, rounds, sample)
    return found


def require_agreement(modules: dict[str, nn.Module], x: Tensor, upstream: Tensor) -> None:
    """An AssertionError unless all give the same values and the same gradient of x, to 1e-4."""
    there = x.clone().requires_grad_()

    def outcome(module: nn.Module) -> tuple[object, Tensor, Tensor]:
        gradient = forward_backward(module, there, upstream)()[0]
        return forward(module, x)(), module(there).detach(), gradient

    def agree(name: str, module: nn.Module) -> None:
        torch.testing.assert_close(
            outcome(module), expected, rtol=1e-4, atol=1e-4, msg=lambda text: f"{name}: {text}"
        )

    expected = outcome(modules[REFERENCE])
    for name, module in modules.items():
        agree(name, module)


def table(sizes: Sizes, found: dict[str, list[Timing]]) -> str:
    """Median and quartiles in milliseconds, and the ratio to the hand-written one."""
    lines = [str(sizes)]
    for name, timings in found.items():
        lines.append(f"  {name:<24}{'median':>10}{'quartiles':>20}{'ratio':>9}")
        for timing in timings:
            low, high = (f"{1e3 * number:.3f}" for number in timing.quartiles)
            spread, ms = f"{low} - {high}", 1e3 * timing.median
            lines.append(f"    {timing.name:<22}{ms:>10.3f}{spread:>20}{timing.ratio:>9.3f}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30, help="samples of each (default 30)")
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    given = parser.parse_args(arguments)
    rounds, sample = (3, 0.01) if given.quick else (given.rounds, 0.1)
    about = machine() | {"rounds": rounds}
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print("milliseconds of one call; ratio to hand-written, median over rounds\n")
    records = []
    for sizes in SIZES:
        found = measure(sizes, rounds, sample)
        print(table(sizes, found), flush=True)
        times = {name: {t.name: t.record() for t in timings} for name, timings in found.items()}
        records.append({"sizes": asdict(sizes)} | times)
    if not given.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps({"machine": about, "results": records}, indent=1) + "\n")


if __name__ == "__main__":
    main()
