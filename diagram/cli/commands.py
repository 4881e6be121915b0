"""The commands: each does one thing with a program and prints it, for people or as JSON."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import diagram
from diagram.cli import arguments, facts, output
from diagram.draw import figure
from diagram.errors import DiagramError
from diagram.language.warn import find_warnings
from diagram.planner import Plan

FORMATS = ("python", "torch-export", "onnx", "svg", "text", "json")
Options = argparse.Namespace


def check(options: Options) -> None:
    """Faults, warnings, and how large it is."""
    program = arguments.program(options.file)
    warnings = find_warnings(program)
    if options.format == "json":
        output.as_json(facts.check_facts(program, warnings))
        return
    for warning in warnings:
        print(f"warning: {warning.message}", file=sys.stderr)
    lets = sum(not let.is_part for let in program.lets)
    count = diagram.parameters(program)
    print(
        f"ok: {_number(len(program.sources), 'source')}, {_number(lets, 'let')}, {count} parameters"
    )


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def draw(options: Options) -> None:
    """The picture."""
    program = arguments.program(options.file)
    sizes = arguments.dims(options.dims)
    opened = arguments.calls(options.unfold, program)
    drawing = figure(program, sizes, batch=options.batch, folded=options.fold, unfolded=opened)
    if options.output:
        drawing.save(options.output)
    if options.format == "json":
        output.as_json(facts.draw_facts(drawing, options.output))
    elif not options.output:
        output.exactly(f"{drawing.svg}\n")


def plan(options: Options) -> None:
    """The steps and their costs."""
    found = _planned(options, "flops")
    if options.format == "json":
        output.as_json(facts.plan_facts(found))
    else:
        print(found)


def _planned(options: Options, objective: str) -> Plan:
    program, sizes = arguments.program(options.file), arguments.dims(options.dims)
    return diagram.plan(program, sizes, **arguments.policy(options, objective))


def params(options: Options) -> None:
    """The number of parameters, of each weight and of all."""
    count = diagram.parameters(arguments.program(options.file), **arguments.dims(options.dims))
    if options.format == "json":
        output.as_json(facts.params_facts(count))
        return
    rows = [(name, str(part)) for name, part in count.of] + [("total", str(count))]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        print(f"{name.ljust(width)}  {text}")


def run(options: Options) -> None:
    """The values of a trial run."""
    from diagram.runtime.trial import lesson, trial

    program = arguments.program(options.file)
    paths = arguments.paths(options.input, program)
    given = (program, arguments.dims(options.dims), paths, options.seed)
    try:
        if options.format == "json":
            from diagram.runtime.facts import run_facts, steps_facts

            output.as_json(steps_facts(*given) if options.steps else run_facts(*given))
            return
        for line in lesson(*given, output.has_colour()) if options.steps else trial(*given):
            print(line)
    except DiagramError:
        raise
    except (RuntimeError, MemoryError, OverflowError) as error:
        reason = str(error).strip().split("\n")[0] or "the memory is used up"
        raise DiagramError(f"cannot run {options.file}: {reason}") from None


def diff(options: Options) -> int:
    """What differs; 1 if something does."""
    if options.file == options.other == "-":
        raise DiagramError("standard input is one program; name a file for the other")
    lines = diagram.diff(arguments.program(options.file), arguments.program(options.other))
    if options.format == "json":
        output.as_json({"equivalent": not lines, "differences": list(lines)})
    else:
        print("\n".join(lines) or "equivalent")
    return 1 if lines else 0


def export(options: Options) -> None:
    """The program in another form."""
    arguments.require_policy_is_used(options)
    made = _exported(options)
    if isinstance(made, bytes) and not options.output:
        raise DiagramError(f"--to {options.to} is no text; write a file with -o")
    if options.output:
        output.write(options.output, made)
    if options.format == "json":
        where = {"file": options.output} if options.output else {"text": made}
        output.as_json({"to": options.to, **where})
    elif isinstance(made, str) and not options.output:
        output.exactly(made)


def _exported(options: Options) -> str | bytes:
    program = arguments.program(options.file)
    match options.to:
        case "python":
            from diagram.runtime.export import plan_source

            return plan_source(_planned(options, "time"))
        case "torch-export" | "onnx":
            from diagram.runtime.written import onnx_bytes, torch_export_bytes

            sizes = arguments.dims(options.dims)
            module = diagram.compile(program, sizes, **arguments.policy(options, "time")).eval()
            return onnx_bytes(module) if options.to == "onnx" else torch_export_bytes(module)
        case "svg":
            return figure(program, arguments.dims(options.dims)).svg
        case "json":
            return f"{diagram.to_json(program)}\n"
        case _:
            return f"{program}\n"


def calibrate(options: Options) -> None:
    """How fast this machine is, measured and kept."""
    from dataclasses import asdict

    from diagram.runtime.calibrating import calibrate, dtype_named

    found = calibrate(options.device, dtype_named(options.dtype) if options.dtype else None)
    if options.format == "json":
        output.as_json(asdict(found))
        return
    rows = {name: f"{rate:.3g}" for name, rate in asdict(found).items() if type(rate) is float}
    width = max(map(len, rows))
    print(f"{found.device} in {found.dtype}, per second or seconds:")
    print("\n".join(f"{name.ljust(width)}  {rate}" for name, rate in rows.items()))


def studio(options: Options) -> None:
    """The app in the browser."""
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
