"""The command `tensor-diagrams`: check, draw, plan, count, run, compare, export; open the studio.

Exit codes: 0 done; 1 two programs differ; 2 something is wrong with a program, a file or the
arguments, said on stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from diagram.cli import commands, output
from diagram.cli.facts import error_facts
from diagram.cli.usage import Parser, parsed
from diagram.errors import DiagramError

DRAWN = "a file whose suffix says the format, else SVG on standard output"
FILE = "a .td or .json file, or - for standard input"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = parsed(_parser(), sys.argv[1:] if arguments is None else arguments)
    if not hasattr(options, "output"):
        output.replace_what_cannot_be_shown()
    try:
        return int(options.run(options) or 0)
    except DiagramError as error:
        as_json = getattr(options, "format", "text") == "json"
        print(json.dumps(error_facts(error)) if as_json else error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="tensor-diagrams", description="Draw, interpret, plan and compile tensor diagrams."
    )
    found = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    dims = Parser(add_help=False)
    dims.add_argument("--dims", default="", metavar="f=512,h=8", help="numbers for dims")
    policy = _policy_options()
    for name, run, wants, text in (
        ("check", commands.check, [], "say whether a program is right, and what is likely wrong"),
        ("draw", commands.draw, [dims], "draw it as SVG, PNG, PDF, TikZ, DOT or HTML"),
        (
            "plan",
            commands.plan,
            [dims, policy],
            "print the steps in which it runs, and their costs",
        ),
        ("params", commands.params, [dims], "count its parameters"),
        ("run", commands.run, [dims], "run it on random or given inputs"),
        ("diff", commands.diff, [], "say what differs between two programs"),
        ("export", commands.export, [dims, policy], "write it as Python, ONNX, SVG, JSON and more"),
    ):
        command = found.add_parser(name, help=text, parents=wants)
        command.add_argument("file", metavar="FILE", help=FILE)
        command.set_defaults(run=run)
        command.add_argument(
            "--format", choices=("text", "json"), default="text", help="of what is printed"
        )
        _own_options(name, command)
    calibrate = found.add_parser("calibrate", help="measure this machine, for plans by time")
    calibrate.add_argument("--device", help="where torch computes: cpu, cuda (default cpu)")
    calibrate.add_argument("--dtype", help="of the numbers: float32, bfloat16 (default float32)")
    calibrate.add_argument(
        "--format", choices=("text", "json"), default="text", help="of what is printed"
    )
    calibrate.set_defaults(run=commands.calibrate)
    studio = found.add_parser("studio", help="open the studio in the browser")
    studio.add_argument("--port", type=int, help="the port to serve on")
    studio.set_defaults(run=commands.studio)
    return parser


def _policy_options() -> Parser:
    policy = Parser(add_help=False)
    found = policy.add_argument_group("how it is planned")
    found.add_argument("--objective", help="flops, time, memory or measure")
    found.add_argument("--memory", metavar="2GiB", help="the most that values may take")
    found.add_argument("--train", action="store_true", help="count the gradients too")
    found.add_argument("--optimizer", metavar="NAME", help="a search of opt_einsum's, such as dp")
    found.add_argument(
        "--tolerance", type=float, metavar="1e-4", help="lets attention with scalar queries be off"
    )
    return policy


def _own_options(name: str, command: argparse.ArgumentParser) -> None:
    if name in ("draw", "export"):
        text = "a file, else standard output" if name == "export" else DRAWN
        command.add_argument("-o", "--output", metavar="PATH", help=text)
    if name == "draw":
        command.add_argument("--batch", action="store_true", help="draw batch legs too")
        command.add_argument(
            "--fold",
            action=argparse.BooleanOptionalAction,
            help="draw each call of a def as one box; left out, large programs are folded",
        )
        command.add_argument(
            "--unfold",
            action="append",
            default=[],
            metavar="Y.0",
            help="a call to write out in its place, all others as boxes; may stand more than once",
        )
    if name == "diff":
        command.add_argument("other", metavar="OTHER", help="the program to compare it with")
    if name == "export":
        command.add_argument(
            "--to", choices=commands.FORMATS, default="python", help="what to write it as"
        )
    if name == "run":
        command.add_argument("--steps", action="store_true", help="tell every step")
        command.add_argument("--seed", type=int, default=0, help="of random inputs and weights")
        command.add_argument(
            "--input", action="append", default=[], metavar="X=x.npy", help="a value from a file"
        )
