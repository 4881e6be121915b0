"""Orders of merging: our search beside exhaustive search, opt_einsum's searches, and cotengra.

    python benchmarks/search.py [--quick] [--busy]

All orders are scored alike, by our counts: FLOPs with a multiply-add as 2, and the most elements of
intermediate values alive at once. cotengra searches for as long as we did, on each network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import diagram
from benchmarks.exhaustive import least_flops, longest_flops
from benchmarks.networks import (
    Instance,
    attending,
    convolving,
    cp_layer,
    families,
    of_forty,
    scattered,
)
from benchmarks.orders import PEERS, Order, network_of, ours, theirs
from benchmarks.timing import Clock, Run, compare, machine
from diagram.planner.optimizers import steps_of
from diagram.planner.price import FLOPS
from diagram.planner.search import found

Record = dict[str, object]
Rows = list[dict[str, str]]
"""For the table of the README: work, what is to be reached, what was found."""

RESULTS = Path(__file__).parent / "results" / "search.json"
STRATEGIES = (
    "optimal", "branch-all", "branch-2", "dp", "greedy", "auto", "auto-hq", "random-greedy",
)  # fmt: skip
OPTIMAL = 8
"""Nodes up to which `optimal` takes seconds; it takes minutes at ten."""

PLANNING = """
import json, time
from diagram import plan
from models import blocks
program = blocks.encoder()
times = []
for _ in range(5):
    start = time.perf_counter()
    plan(program, b=8, n=128)
    times.append(time.perf_counter() - start)
print(json.dumps([times[0], min(times[1:])]))
"""
"""In a process of its own, so that nothing is known; imports and the program's text come before."""


def planned_flops(instance: Instance) -> int:
    """FLOPs of the plan of an instance as a program."""
    return diagram.plan(diagram.parse(instance.text)).flops


# -- the parts ------------------------------------------------------------------------------------


def exhaustive(count: int) -> tuple[Record, Rows]:
    """FLOPs of plans with convolved edges, divided by the least there are."""
    instances = [convolving(5 + number % 8, number % 4, number) for number in range(count)]
    ratios = [planned_flops(instance) / least_flops(instance) for instance in instances]
    told = f"{min(ratios):.2f} to {max(ratios):.2f}"
    work = f"{count} networks of 5 to 12 nodes, 0 to 3 convolved edges: FLOPs / exhaustive search"
    print(f"{work}: {told}\n", flush=True)
    record: Record = {"networks": count, "greatest_ratio": max(ratios)}
    return record, [row(work, "1.00", told)]


def strategies(count: int) -> tuple[Record, Rows]:
    """On how many networks a strategy has neither fewer FLOPs nor a lower peak at as many."""
    worse = dict.fromkeys(STRATEGIES, 0)
    most = dict.fromkeys(STRATEGIES, 1.0)
    reached = 0
    for number in range(count):
        half = number // 2
        instance = attending(half) if number % 2 else scattered(4 + half % 7, half)
        mine = ours(instance)
        best = mine.flops == least_flops(instance)
        for name in STRATEGIES:
            if name != "optimal" or len(instance.inputs) <= OPTIMAL:
                other = theirs(instance, name)
                best = best and mine.cost <= other.cost
                worse[name] += mine.cost < other.cost
                most[name] = max(most[name], other.flops / mine.flops)
        reached += best
    work = (
        f"{count} networks of 4 to 10 nodes: no strategy of opt_einsum has fewer FLOPs or, at as "
        "many, a lower peak"
    )
    print(f"{work}: {reached}")
    for name in STRATEGIES:
        print(f"  {name:<14}worse on {worse[name]:>3}, at most {most[name]:>6.1f} times our FLOPs")
    print(f"  (`optimal` on up to {OPTIMAL} nodes only; exhaustive search on all)\n", flush=True)
    record: Record = {"networks": count, "reached": reached, "worse": worse, "most_times": most}
    return record, [row(work, f"{count} of {count}", f"{reached} of {count}")]


def large(count: int | None) -> tuple[Record, Rows]:
    """Networks of einsum_benchmark's families, each peer for as long as we searched."""
    print("log10 FLOPs, log10 peak, seconds")
    print(f"  {'':<18}{'nodes':>5}" + "".join(f"{name:>24}" for name in ("ours", *PEERS)))
    records: dict[str, dict[str, Order]] = {}
    for instance in islice(families(), count):
        orders = {"ours": ours(instance)}
        for name, peer in PEERS.items():
            with suppress(ImportError):
                orders[name] = theirs(instance, peer(orders["ours"].seconds))
        cells = "".join(f"{orders.get(name, '')!s:>24}" for name in ("ours", *PEERS))
        print(f"  {instance.name:<18}{len(instance.inputs):>5}{cells}", flush=True)
        records[instance.name] = orders
    rows = [each for name in PEERS for each in against(name, list(records.values()))]
    print(*(f"  {each['work']}: {each['found']}" for each in rows), "", sep="\n", flush=True)
    return {
        name: {n: o.record() for n, o in orders.items()} for name, orders in records.items()
    }, rows


def against(peer: str, orders: Sequence[Mapping[str, Order]]) -> Iterator[dict[str, str]]:
    """On how many networks we are not worse, and better, in FLOPs and in peak."""
    pairs = [(each["ours"], each[peer]) for each in orders if peer in each]
    for what in ("flops", "peak") if pairs else ():
        values = [(getattr(mine, what), getattr(other, what)) for mine, other in pairs]
        kept = sum(mine <= other for mine, other in values)
        better = sum(mine < other for mine, other in values)
        told = f"{kept} of {len(pairs)} not worse, {better} better"
        name = "FLOPs" if what == "flops" else what
        yield row(f"einsum_benchmark's families: {name} against {peer}", "not worse on 90 %", told)


def forty(rounds: int, clock: Clock) -> tuple[Record, Rows]:
    """The time of our search on random networks of 40 nodes, beside opt_einsum's auto-hq."""
    ratios: dict[str, float] = {}
    for instance in of_forty():
        network = network_of(instance)
        runs: dict[str, Run] = {
            "ours": partial(found, network, FLOPS),
            "auto-hq": partial(steps_of, "auto-hq", network),
        }
        mine, _ = compare(runs, "auto-hq", rounds, sample=1e-9, clock=clock)
        ratios[instance.name] = round(mine.ratio, 3)
    middle, most = median(ratios.values()), max(ratios.values())
    told = f"{middle:.2f} in the middle, {most:.2f} at most"
    work = f"search time on {len(ratios)} random networks of 40 nodes / auto-hq's"
    print(f"{work}: {told}")
    print(
        *(f"  {name:<18}{ratio:>6.2f}" for name, ratio in ratios.items()), "", sep="\n", flush=True
    )
    return {"ratios": ratios}, [row(work, "<= 1.2", told)]


def convolutions() -> tuple[Record, Rows]:
    """CP layers: orders of those who count the longest length, and where the kernel is rebuilt."""
    layers = [cp_layer(64, 3, 56, 128, rank) for rank in (16, 64, 128, 269, 400)]
    layers += [cp_layer(512, 3, 7, 128, 512), cp_layer(64, 7, 56, 128, 100)]
    times = {each.name: round(longest_flops(each) / planned_flops(each), 2) for each in layers}
    switch = next(rank for rank in range(1, 1000) if rebuilds(cp_layer(64, 3, 56, 128, rank)))
    print("CP layers: FLOPs of the order that max(sizes) finds / ours")
    print(*(f"  {name:<44}{ratio:>6.2f}" for name, ratio in times.items()), sep="\n")
    print(
        f"  the kernel is rebuilt from rank {switch} on; S T k^2 / (S + T + 2 k) = 275.1\n",
        flush=True,
    )
    rows = [
        row(
            "CP layers: FLOPs of the order that max(sizes) finds / ours",
            "to 14",
            f"{min(times.values())} to {max(times.values())}",
        ),
        row(
            "rank from which a CP layer's kernel is rebuilt, 64 channels, 3x3",
            "about 275",
            str(switch),
        ),
    ]
    return {"times": times, "switch": switch}, rows


def rebuilds(layer: Instance) -> bool:
    """Whether X, the first node, meets a kernel that is made of factors, not a factor."""
    steps = diagram.plan(diagram.parse(layer.text)).steps
    (first,) = (step for step in steps if "A0" in {node.value for node in step.operands})
    return all(node.value == "A0" or ":" in node.value for node in first.operands)


def planning() -> tuple[Record, Rows]:
    """Seconds in which MiniLM's encoder of six layers is planned, at first and again."""
    printed = subprocess.run(
        [sys.executable, "-c", PLANNING],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    ).stdout
    cold, again = json.loads(printed)
    told = f"{1e3 * cold:.0f} ms cold, {1e3 * again:.2f} ms cached"
    print(f"planning the encoder of MiniLM, 6 layers: {told}\n")
    work = "planning the 6-layer MiniLM encoder"
    rows = [
        row(f"{work}, cold", "<= 1 s", f"{cold:.2f} s"),
        row(f"{work}, cached", "<= 5 ms", f"{1e3 * again:.1f} ms"),
    ]
    return {"cold_s": round(cold, 3), "cached_s": round(again, 5)}, rows


def row(work: str, reach: str, told: str) -> dict[str, str]:
    """A row of the table of the README."""
    return {"work": work, "reach": reach, "found": told}


def main(arguments: Sequence[str] | None = None) -> None:
    """Search, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few networks; writes nothing")
    parser.add_argument("--busy", action="store_true", help="time of this process; writes nothing")
    given = parser.parse_args(arguments)
    quick, clock = given.quick, time.process_time if given.busy else time.perf_counter
    about = machine()
    print(", ".join(f"{name} {value}" for name, value in about.items()), end="\n\n")
    parts = {
        "exhaustive": lambda: exhaustive(4 if quick else 30),
        "strategies": lambda: strategies(20 if quick else 200),
        "families": lambda: large(2 if quick else None),
        "forty": lambda: forty(1 if quick else 7, clock),
        "convolutions": convolutions,
        "planning": planning,
    }
    made = {name: part() for name, part in parts.items()}
    if not quick and not given.busy:
        RESULTS.parent.mkdir(exist_ok=True)
        results = {name: record for name, (record, _) in made.items()}
        summary = [each for _, rows in made.values() for each in rows]
        text = json.dumps({"machine": about, "summary": summary, "results": results}, indent=1)
        RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
