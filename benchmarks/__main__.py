"""Every benchmark in turn, each in a process of its own, and the table of what was found.

    python -m benchmarks [--quick] [NAME ...]

With `--quick` each runs a few short rounds and nothing is written.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from benchmarks import report

NAMES = (
    "attention",
    "overhead",
    "layers",
    "lossless",
    "search",
    "memory",
    "layout",
    "studio",
    "gpu",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs them; the number of those that failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes nothing")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")
    failed = 0
    for name in given.names or NAMES:
        print(f"\n== {name}", flush=True)
        options = ["--quick"] if given.quick and name != "gpu" else []
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        failed += subprocess.run(command, check=False).returncode != 0
    if not given.quick:
        report.write()
    return failed


if __name__ == "__main__":
    sys.exit(main())
