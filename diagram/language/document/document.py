"""A program as JSON and back: `to_json`, `from_json`, and the published schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files

from diagram.errors import DiagramError, Fault
from diagram.language.check import check, derive
from diagram.language.core import Definition, Diagram, Let, Program
from diagram.language.document.read import program_of
from diagram.language.document.spot import Faults, Spot
from diagram.language.document.text import OF, Entries, data_of, text_of
from diagram.language.document.write import program_data
from diagram.language.findings import Finding
from diagram.language.places import Place

VERSION = 1


def to_json(program: Program) -> str:
    """The program as JSON; `from_json` reads it back, notes and all.

    >>> from diagram import parse
    >>> print(to_json(parse("input X[n:4]\\nreturn X")))
    {
      "version": 1,
      "sources": [{"kind": "input", "name": "X", "legs": [{"name": "n", "size": 4}]}],
      "outputs": ["X"]
    }
    """
    data = {"version": VERSION, **program_data(check(program))}
    rows = [f"  {json.dumps(key)}: {text_of(part, 2)}" for key, part in data.items()]
    return "{\n" + ",\n".join(rows) + "\n}"


def from_json(text: str) -> Program:
    """The program that a JSON text says, or one DiagramError with all faults and where they are.

    What an editor wrote of its `picture` beside the program is passed over.

    >>> from diagram import parse
    >>> program = parse("input X[n]  # given\\nY = relu(X)\\nreturn Y")
    >>> from_json(to_json(program)) == program
    True
    >>> from_json('{"version": 1, "outputs": [7]}')
    Traceback (most recent call last):
    diagram.errors.DiagramError: outputs[0]: expected a text, found the number 7
    """
    faults = Faults()
    spot = Spot(data_of(text), faults)
    _refuse_other_versions(spot)
    program = program_of(spot, "version", "$schema", "picture")
    if not faults:
        findings = derive(program).findings
        faults += [Fault(f.message, _where(program, f)) for f in findings]
    if faults:
        raise DiagramError(faults, of=OF)
    return program


def json_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of what `to_json` writes and `from_json` reads.

    >>> json_schema()["title"]
    'A tensor diagram'
    """
    text = (files("diagram.language.document") / "schema.json").read_text(encoding="utf-8")
    schema: dict[str, object] = json.loads(text)
    return schema


def _refuse_other_versions(spot: Spot) -> None:
    if isinstance(spot.value, Entries):
        if "version" not in spot.value:
            raise DiagramError(f'`version` is missing; this is version {VERSION}: "version": 1')
        version = spot.under("version", spot.value["version"])
        if version.count() != VERSION:
            version.fault(f"version {version.value} is not read by this version of the project")
        if spot.faults:
            raise DiagramError(spot.faults, of=OF)


# -- where a finding stands in the document -------------------------------------------------------


def _where(program: Program, finding: Finding) -> str:
    return ", ".join(path_of(program, place) for place in finding.places) or finding.where


def path_of(program: Program, place: Place) -> str:
    """The way to a place of a program in its document.

    >>> from diagram import parse
    >>> program = parse("input X[n m]\\nY[n] = X[n m]\\nreturn Y")
    >>> path_of(program, ("let", "Y", "node", 0, 1))
    'lets[0].diagram.nodes[0].axes[1]'
    """
    match place:
        case ("def", str(name), *rest):
            at = _index(program.definitions, name)
            inner = path_of(program.definitions[at].program, tuple(rest)) if rest else "name"
            return f"definitions[{at}].{'program.' * bool(rest)}{inner}"
        case ("dim", str(name), *_):
            return f"dims[{_index(program.dims, name)}]"
        case ("source", str(name), *rest):
            way = "".join(
                f".legs[{part}]" if isinstance(part, int) else f".{part}" for part in rest
            )
            return f"sources[{_index(program.sources, name)}]{way}"
        case ("let", str(name), *rest):
            at = _index(program.lets, name)
            return f"lets[{at}]{_in_let(program.lets[at], rest)}"
        case ("return", *rest):
            return "outputs" + "".join(f"[{part}]" for part in rest)
    return ""


def _index(named: Sequence[Definition | Let | object], name: str) -> int:
    return next((i for i, thing in enumerate(named) if getattr(thing, "name", "") == name), 0)


def _in_let(let: Let, rest: Sequence[str | int]) -> str:
    tag = {"Diagram": "diagram", "Apply": "op", "Call": "call"}[type(let.maker).__name__]
    uses = "nodes" if isinstance(let.maker, Diagram) else "values"
    match rest:
        case ["node", int(node), int(axis)]:
            return f".{tag}.{uses}[{node}].axes[{axis}]"
        case ["node", int(node)]:
            return f".{tag}.{uses}[{node}]"
        case ["out", int(axis)]:
            return f".{tag}.output[{axis}]"
        case ["out"]:
            return f".{tag}.output"
        case ["leg", int(leg)]:
            return f".{tag}.legs[{leg}]"
        case [("scale" | "conv") as key, int(item), *option]:
            return f".{tag}.{'convs' if key == 'conv' else key}[{item}]" + "".join(
                f".{name}" for name in option
            )
        case ["option", str(name)]:
            return f".{tag}.{'dims' if tag == 'call' else 'options'}.{name}"
        case ["op"]:
            return f".{tag}.{'definition' if tag == 'call' else 'name'}"
    return ""
