"""The command `tensor-diagrams`: check, draw, plan, count, run and export; open the studio.

Exit codes: 0 done; 2 something is wrong with the program, a file or the arguments, said on stderr.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

import diagram
from diagram.draw import Drawing, figure
from diagram.errors import DiagramError, FileError
from diagram.language.core import Program

FORMATS = ("python", "svg", "text")
LONGEST = 40
"""Digits of a number for a dim."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    if not hasattr(options, "output"):
        _replace_what_cannot_be_shown()
    try:
        options.run(options)
    except DiagramError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tensor-diagrams", description="Draw, interpret, plan and compile tensor diagrams."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    dims = argparse.ArgumentParser(add_help=False)
    dims.add_argument("--dims", default="", metavar="f=512,h=8", help="numbers for dims")
    for name, run, wants, text in (
        ("check", _check, [], "say whether a program is right, and what is likely wrong"),
        ("draw", _draw, [dims], "draw it as SVG"),
        ("plan", _plan, [dims], "print the steps in which it runs, and their costs"),
        ("params", _params, [dims], "count its parameters"),
        ("run", _run, [dims], "run it on random or given inputs"),
        ("export", _export, [dims], "write it as Python, SVG or canonical text"),
    ):
        command = commands.add_parser(name, help=text, parents=wants)
        command.add_argument("file", metavar="FILE", help="a .td file, or - for standard input")
        command.set_defaults(run=run)
        _own_options(name, command)
    studio = commands.add_parser("studio", help="open the studio in the browser")
    studio.add_argument("--port", type=int, help="the port to serve on")
    studio.set_defaults(run=_studio)
    return parser


def _own_options(name: str, command: argparse.ArgumentParser) -> None:
    if name in ("draw", "export"):
        command.add_argument("-o", "--output", metavar="PATH", help="a file, else standard output")
    if name == "draw":
        command.add_argument("--batch", action="store_true", help="draw batch legs too")
    if name == "export":
        command.add_argument("--to", choices=FORMATS, default="python", help="the format")
    if name == "run":
        command.add_argument("--steps", action="store_true", help="tell every step")
        command.add_argument("--seed", type=int, default=0, help="of random inputs and weights")
        command.add_argument(
            "--input", action="append", default=[], metavar="X=x.npy", help="a value from a file"
        )


def _check(options: argparse.Namespace) -> None:
    program = _program(options.file)
    for warning in diagram.warnings(program):
        print(f"warning: {warning}", file=sys.stderr)
    lets = sum(not let.is_part for let in program.lets)
    count = diagram.parameters(program)
    print(
        f"ok: {_number(len(program.sources), 'source')}, {_number(lets, 'let')}, {count} parameters"
    )


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _draw(options: argparse.Namespace) -> None:
    drawing = _drawing(_program(options.file), options.dims, options.batch)
    if options.output:
        drawing.save(options.output)
    else:
        _print(f"{drawing.svg}\n")


def _drawing(program: Program, dims: str, batch: bool = False) -> Drawing:
    return figure(program, _dims(dims), batch=batch)


def _plan(options: argparse.Namespace) -> None:
    print(diagram.plan(_program(options.file), **_dims(options.dims)))


def _params(options: argparse.Namespace) -> None:
    count = diagram.parameters(_program(options.file), **_dims(options.dims))
    rows = [(name, str(part)) for name, part in count.of] + [("total", str(count))]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        print(f"{name.ljust(width)}  {text}")


def _run(options: argparse.Namespace) -> None:
    from diagram.runtime.trial import lesson, trial

    program = _program(options.file)
    paths: dict[str, str] = {}
    for text in options.input:
        name, path = _named_path(text, program)
        if name in paths:
            raise DiagramError(f"--input {text}: `{name}` is given twice")
        paths[name] = path
    try:
        given = (program, _dims(options.dims), paths, options.seed)
        for line in lesson(*given, _has_colour()) if options.steps else trial(*given):
            print(line)
    except DiagramError:
        raise
    except (RuntimeError, MemoryError, OverflowError) as error:
        reason = str(error).strip().split("\n")[0] or "the memory is used up"
        raise DiagramError(f"cannot run {options.file}: {reason}") from None


def _has_colour() -> bool:
    """Whether a person reads on a terminal that shows colours and has not asked for none."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def _export(options: argparse.Namespace) -> None:
    program = _program(options.file)
    if options.to == "python":
        from diagram.runtime.export import python_source

        text = python_source(program, **_dims(options.dims))
    elif options.to == "svg":
        text = _drawing(program, options.dims).svg
    else:
        text = f"{program}\n"
    if options.output:
        _write(options.output, text)
    else:
        _print(text)


def _studio(options: argparse.Namespace) -> None:
    app = Path(diagram.__file__).resolve().parent.parent / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(app)]
    command += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    command += [f"--server.port={options.port}"] if options.port else []
    if not app.exists() or not _has_streamlit():
        raise DiagramError("the studio is not installed; pip install 'tensor-diagrams[app]'")
    try:
        subprocess.run(command, cwd=app.parent, check=False)
    except KeyboardInterrupt:
        print()


def _has_streamlit() -> bool:
    from importlib.util import find_spec

    return find_spec("streamlit") is not None


def _program(file: str) -> Program:
    return diagram.parse(_standard_input()) if file == "-" else diagram.load(file)


def _standard_input() -> str:
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="strict")
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise FileError("cannot read standard input: it is not UTF-8 text") from None


def _replace_what_cannot_be_shown() -> None:
    """A terminal that has no `×` shows `?`; tables and facts are read by people."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _print(text: str) -> None:
    """A text that another program reads, exactly."""
    try:
        print(text, end="")
    except UnicodeEncodeError as error:
        guilty = error.object[error.start]
        raise FileError(
            f"standard output is {error.encoding} and has no {guilty!a}; write a file with -o"
        ) from None


def _dims(text: str) -> dict[str, int]:
    """`f=512,h=8` as numbers."""
    found: dict[str, int] = {}
    for part in text.replace(",", " ").split():
        name, sign, number = part.partition("=")
        if not sign or not number.isdecimal():
            raise DiagramError(f"--dims {text}: `{part}` is not of the form name=number")
        if len(number) > LONGEST:
            raise DiagramError(f"--dims: the number of `{name}` has {len(number):,} digits")
        if name in found:
            raise DiagramError(f"--dims {text}: `{name}` is given twice")
        found[name] = int(number)
    return found


def _named_path(text: str, program: Program) -> tuple[str, str]:
    """`X=x.npy` as a name and a path."""
    name, sign, path = text.partition("=")
    if not sign:
        raise DiagramError(f"--input {text} is not of the form NAME=FILE.npy")
    if name not in program.source:
        raise DiagramError(f"--input {text}: `{name}` is no source of this program")
    return name, path


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
