"""The automatic layout: seconds of a whole picture, overlaps, and crossings beside neato's.

python benchmarks/layout.py [--rounds 5] [--programs 200]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

if not __package__:  # run as a file: the rooms lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.timing import machine
from diagram import Program, draw
from tests.draw.crossings import crossed, neato, overlaps
from tests.draw.random_networks import random_programs, sparse

RESULTS = Path(__file__).parent / "results" / "layout.json"
SIZES = {40: 0.5, 200: 2.0}
"""Nodes, and how many seconds their picture may take."""
SEEDS = range(5)


def seconds(program: Program, rounds: int) -> float:
    """The median time of a whole picture, its defs written out."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        assert draw(program, folded=False).svg
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def timed(rounds: int) -> dict[str, list[float]]:
    """For each size the times of a few sparse networks."""
    return {
        str(size): [round(seconds(sparse(Random(seed), size), rounds), 3) for seed in SEEDS]
        for size in SIZES
    }


def counted(count: int) -> dict[str, int]:
    """Crossings of ours and of neato's pictures, and what overlaps, over random programs."""
    drawings = [draw(program) for program in random_programs(count).values()]
    found = {
        "programs": len(drawings),
        "crossings": sum(map(crossed, drawings)),
        "overlaps": sum(len(overlaps(drawing)) for drawing in drawings),
    }
    if shutil.which("neato"):
        found["neato"] = sum(neato(drawing.scene) for drawing in drawings)
    return found


def summary(times: dict[str, list[float]], counts: dict[str, int]) -> list[dict[str, str]]:
    """The rows of the table."""
    rows = [
        {
            "work": f"a picture of {size} nodes, seconds",
            "reach": f"<= {most}",
            "found": f"{statistics.median(times[str(size)]):.2f}",
        }
        for size, most in SIZES.items()
    ]
    over = f"over {counts['programs']} random programs"
    rows.append({"work": f"overlaps {over}", "reach": "0", "found": str(counts["overlaps"])})
    if "neato" in counts:
        ratio = counts["crossings"] / max(counts["neato"], 1)
        work = f"crossings {over}, ratio to neato's"
        rows.append({"work": work, "reach": "<= 1", "found": f"{ratio:.2f}"})
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="pictures of each (default 5)")
    parser.add_argument("--programs", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    given = parser.parse_args(arguments)
    times = timed(1 if given.quick else given.rounds)
    counts = counted(10 if given.quick else given.programs)
    rows = summary(times, counts)
    for row in rows:
        print(f"{row['work']:<60}{row['reach']:>8}{row['found']:>8}")
    if not given.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        found = {"machine": machine(), "summary": rows, "results": {"seconds": times, **counts}}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
