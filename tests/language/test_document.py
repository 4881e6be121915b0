"""A program and its JSON say the same, the schema fits, and what is wrong in JSON is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagram import DiagramError, Program, from_json, json_schema, load, parse, to_json
from models import ZOO
from tests.language.author import Author, Written, laid_out, programs

DATA = Path(__file__).parent.parent / "data"
NETWORKS: dict[str, Any] = json.loads((DATA / "networks.json").read_text(encoding="utf-8"))
SCHEMA = jsonschema.Draft202012Validator(json_schema())

WHOLE = """\
# the head
dims   n=4 f r = 2*f  # sizes
# what is repeated
def layer(X[b n f])  # one
  # learned
  weight W[f k] V[k f]=normal(0.02)
  Y[b n f] = X + gelu(X[b n f] W[f k])[b n k] V[k f]
  return Y
input  X[b n f]
index  T[b n] of v
weight E[v f] G[n s:2] K[k:3 f]
const  k[c:2]=(1 -0.5) eye[r r']=eye
# six of them
Y = layer^6(X, k=4*f)
Z = layer(Y, k=f, tied=1)
E1[b n f] = one_hot[v](T)[b n v] E[v f] / sqrt(f) * 2
U[b (n s) f] = X[b n f] G[n s]  # merged
C[b n] = X[b n f] K[n f] corr n (stride=2, pad=(1, 0))
S = slice[n](E1, start=1, stop=n - 1)
return Z, S, U, C
"""


def agrees(program: Program) -> None:
    """The law: JSON reads back to an equal program with equal notes and the same text."""
    text = to_json(program)
    again = from_json(text)
    assert (again, again.notes, str(again)) == (program, program.notes, str(program))
    assert [d.program.notes for d in again.definitions] == [
        d.program.notes for d in program.definitions
    ]
    assert to_json(again) == text
    SCHEMA.validate(json.loads(text))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", NETWORKS)
def test_stored_networks(name: str):
    agrees(parse(NETWORKS[name]["text"]))


def test_all_of_the_language():
    agrees(parse(WHOLE))


@pytest.mark.parametrize("name", ZOO)
def test_models_of_the_zoo(name: str):
    agrees(ZOO[name].program())


@given(programs())
def test_random_programs(written: Written):
    agrees(parse(written.text))


@given(laid_out())
def test_notes_survive(pair: tuple[Written, str]):
    agrees(parse(pair[1]))


def test_a_file_is_read_by_its_suffix(tmp_path: Path):
    program = ZOO["lossless"].program()
    for name in ("a.json", "b.JSON"):
        (tmp_path / name).write_text(to_json(program), encoding="utf-8")
        assert load(tmp_path / name) == program


def test_numbers_are_exact():
    program = parse(
        "const k[c:4]=(0.1 1e-7 123456789012345678901 0.333333333333333333333333)\nreturn k"
    )
    agrees(program)
    numbers = json.loads(to_json(program))["sources"][0]["init"]["numbers"]
    assert numbers == [0.1, 1e-07, "123456789012345678901", "0.333333333333333333333333"]


def test_sizes_may_be_written_as_any_number_or_text():
    def legs(size: str) -> Program:
        leg = f'{{"name": "n", "size": {size}}}'
        source = f'{{"kind": "input", "name": "X", "legs": [{leg}]}}'
        return from_json(f'{{"version": 1, "sources": [{source}], "outputs": ["X"]}}')

    assert legs("4") == legs('"4"') == legs("4.0") == legs('"2*2"') == legs('"8//2"')


# -- what is wrong --------------------------------------------------------------------------------

FINE = {
    "version": 1,
    "dims": [{"name": "f", "size": 4}],
    "sources": [
        {"kind": "input", "name": "X", "legs": [{"name": "f", "size": "f"}]},
        {"kind": "weight", "name": "W", "legs": [{"name": "f", "size": "f"}]},
    ],
    "lets": [
        {
            "name": "Y",
            "diagram": {
                "nodes": [{"value": "X", "axes": ["f"]}, {"value": "W", "axes": ["f"]}],
                "output": ["f"],
            },
        },
        {
            "name": "Z",
            "op": {"name": "softmax", "legs": ["f"], "values": [{"value": "Y", "axes": ["f"]}],
                   "output": ["f"]},
        },
    ],
    "outputs": ["Z"],
}  # fmt: skip


def put(path: str, value: object) -> str:
    """The document with another value at a path; `...` takes it away."""
    document = json.loads(json.dumps(FINE))
    *way, last = [int(key) if key.isdecimal() else key for key in path.split(".")]
    at = document
    for key in way:
        at = at[key]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return json.dumps(document)


WRONG = [
    ("version", 2, "version: version 2 is not read by this version of the project"),
    ("version", "1", "version: expected a whole number, found the text `1`"),
    ("version", ..., '`version` is missing; this is version 1: "version": 1'),
    ("lets.0.diagram.nodes.0.axes", "f",
     "lets[0].diagram.nodes[0].axes: expected a list, found the text `f`"),
    ("lets.0.diagram.nodes.0.axes.0", 3,
     "lets[0].diagram.nodes[0].axes[0]: expected the name of an edge, or a list of names, "
     "found the number 3"),
    ("lets.0.diagram.nodes.0.axes.0", ["f", None],
     "lets[0].diagram.nodes[0].axes[0][1]: expected a text, found null"),
    ("lets.0.diagram.nodes.0.axes", ..., "lets[0].diagram.nodes[0]: `axes` is missing"),
    ("lets.0.diagram.nodes.0.axis", [],
     "lets[0].diagram.nodes[0]: no key `axis` here; did you mean `axes`? (keys: value, axes)"),
    ("lets.0.diagram", ..., "lets[0]: a let has one of the keys diagram, op, call"),
    ("lets.0.op", {}, "lets[0]: a let has one of the keys diagram, op, call"),
    ("lets", {}, "lets: expected a list, found an object"),
    ("outputs", ..., "`outputs` is missing"),
    ("sources.0.kind", "inptu",
     "sources[0].kind: expected one of input, index, weight, buffer, const, "
     "found the text `inptu`"),
    ("sources.0.name", "a b", "sources[0].name: `a b` is no name"),
    ("sources.0.name", "X\nreturn X", "sources[0].name: `X\nreturn X` is no name"),
    ("sources.0.name", "def",
     "sources[0].name: `def` is a word of the language; expected a name"),
    ("sources.0.name", "X~1", "sources[0].name: `X~1` is no name"),
    ("sources.0.legs.0.size", "4*",
     "sources[0].legs[0].size: `4*` is no size: expected a dim or a number, found the end of "
     "the line"),
    ("sources.0.legs.0.size", "f f",
     "sources[0].legs[0].size: `f f` is no size: did not expect `f`"),
    ("sources.0.legs.0.size", "f # 2",
     "sources[0].legs[0].size: `f # 2` is no size: it is no line of the language"),
    ("sources.0.legs.0.size", "", "sources[0].legs[0].size: `` is no size: it is no line of the "
     "language"),
    ("sources.0.legs.0.size", True,
     "sources[0].legs[0].size: expected a size, as a number or a text, found true"),
    ("sources.0.legs.0.size", float("nan"),
     "sources[0].legs[0].size: `NaN` is no size: it is no number"),
    ("sources.0.legs.0.size", -float("inf"),
     "sources[0].legs[0].size: `-Infinity` is no size: it is no number"),
    ("sources.1.init", {}, "sources[1].init: a rule, numbers, or both are wanted"),
    ("sources.1.init", {"rule": "ones", "numbers": ["f"]},
     "sources[1].init.numbers[0]: expected a number, found the text `f`"),
    ("lets.0.diagram.scale", [{"size": 2, "root": 1}],
     "lets[0].diagram.scale[0].root: expected true or false, found the number 1"),
    ("lets.0.diagram.convs", [{"kind": "corr", "edge": "f", "pad": [1]}],
     "lets[0].diagram.convs[0].pad: expected two sizes, left and right, found 1"),
    ("lets.0.diagram.convs", [{"kind": "corr", "edge": "f", "pad": "some"}],
     "lets[0].diagram.convs[0].pad: expected one of valid, same, full, circular, found the text "
     "`some`"),
    ("notes", [{"at": "X", "text": "a\nreturn X", "above": True}],
     "notes[0].text: a note is one line, without spaces at its ends"),
    # What check finds.
    ("lets.1.op.values.0.value", "Yy",
     "lets[1].op.values[0]: `Yy` is not defined; did you mean `Y`?"),
    ("lets.1.op.legs.0", "g",
     "lets[1].op.legs[0]: softmax names leg `g`, which its value lacks (legs: f)"),
    ("lets.1.op.name", "softmx", "lets[1].op.name: no op `softmx`; did you mean `softmax`?"),
    ("lets.1.op.options", {"p": 0.5},
     "lets[1].op.options.p: softmax has no option `p` (options: none)"),
    ("lets.0.diagram.output", ["g"],
     "lets[0].diagram.output[0]: leg `g` on the left stands at no node"),
    ("lets.0.diagram.scale", [{"size": 0, "inverse": True}],
     "lets[0].diagram.scale[0]: a product is divided by 0"),
    ("sources.0.init", {"rule": "ones"},
     "sources[0].init: an input has no initial numbers; it is given"),
    ("sources.1.init", {"rule": "ons"},
     "sources[1].init: no initial rule `ons`; did you mean `ones`? (rules: zeros, ones, eye, "
     "range, normal, uniform, orthogonal, given)"),
    ("outputs.0", "Q", "outputs[0]: `Q` is not defined"),
    ("dims.0.size", 0.5, "dims[0]: dim `f` is 1/2; a dim is a whole number, 0 or more"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_path(path: str, value: object, message: str):
    with pytest.raises(DiagramError) as caught:
        from_json(put(path, value))
    assert str(caught.value) == message


def test_all_faults_are_told_at_once():
    with pytest.raises(DiagramError) as caught:
        from_json('{"version": 1, "lets": [7], "outputs": [[]], "dims": {}, "extra": 0}')
    assert str(caught.value).startswith("4 problems in the document:\n")
    assert {fault.where for fault in caught.value.faults} == {"", "lets[0]", "outputs[0]", "dims"}


def test_keys_that_stand_twice():
    told = "dims[0]: the key `name` stands here twice"
    with pytest.raises(DiagramError) as caught:
        from_json('{"version": 1, "dims": [{"name": "f", "name": "g"}], "outputs": ["X"]}')
    assert str(caught.value) == told


def test_no_json():
    with pytest.raises(DiagramError) as caught:
        from_json('{"version": 1,\n "outputs": [}')
    assert str(caught.value) == (
        "1 problem in the document:\n"
        "  line 2: this is not JSON: expecting value\n"
        '     "outputs": [}\n'
        "                 ^"
    )


DEEP = 100_000
HOSTILE: dict[str, Callable[[], object]] = {
    "nothing": lambda: "",
    "no text": lambda: {"version": 1},
    "bytes": lambda: b"{}",
    "a list": lambda: "[]",
    "a number": lambda: "1",
    "deep lists": lambda: "[" * DEEP,
    "deep objects": lambda: '{"a":' * DEEP,
    "deep axes": lambda: put("lets.0.diagram.output", "?").replace('"?"', "[" * 400 + "]" * 400),
    "deep defs": lambda: (
        '{"version": 1, "outputs": ["X"], "definitions": ['
        + '{"name": "f", "program": {"outputs": ["X"], "definitions": [' * 100
        + "]}}" * 100
        + "]}"
    ),
    "deep size": lambda: put("sources.0.legs.0.size", "(" * DEEP),
    "minus signs": lambda: put("sources.0.legs.0.size", "-" * DEEP + "1"),
    "a long number": lambda: put("dims.0.size", "?").replace('"?"', "9" * 10_000),
    "a long version": lambda: put("version", "?").replace('"?"', "9" * 10_000),
    "a great exponent": lambda: put("dims.0.size", "?").replace('"?"', "1e999999999"),
    "a long text": lambda: put("sources.0.legs.0.size", "f+" * 200_000),
    "a product of sums": lambda: put("sources.0.legs.0.size", "(a+b+c+d+e)*" * 50 + "f"),
    "one lone half of a sign": lambda: put("outputs.0", "\ud800"),
    "10 MB": lambda: " " * 10_000_001,
    "a million faults": lambda: '{"version": 1, "outputs": [' + "0," * 1_000_000 + "0]}",
    "a million unknown keys": lambda: json.dumps(dict.fromkeys(map(str, range(100_000)))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused(name: str):
    with pytest.raises(DiagramError) as caught:
        from_json(HOSTILE[name]())  # type: ignore[arg-type]
    assert len(str(caught.value)) < 20_000


def test_parts_are_not_nested_without_end():
    lets: list[dict[str, Any]] = [
        {
            "name": f"Y~{i}",
            "op": {"name": "relu", "values": [{"value": f"Y~{i - 1}" if i > 1 else "X",
                                               "axes": ["f"]}], "output": ["f"]},
        }
        for i in range(1, 3000)
    ]  # fmt: skip
    lets.append({"name": "Y", "op": lets[-1]["op"] | {"values": [{"value": "Y~2999",
                                                                 "axes": ["f"]}]}})  # fmt: skip
    document = json.loads(json.dumps(FINE)) | {"lets": lets, "outputs": ["Y"]}
    with pytest.raises(DiagramError, match=r"lets\[60\]: parts nested deeper than 60"):
        from_json(json.dumps(document))


# -- documents that are a little wrong ------------------------------------------------------------

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "f",
    "Y~1",
    "+",
    "4*f",
    [],
    {},
    ["f"],
    [["f"]],
    10**30,
)


def mutated(document: Any, random: Random) -> None:
    """Changes one place of a document: another value, a key more or less, items moved."""
    at = document
    while True:
        key = random.choice(list(at) if isinstance(at, dict) else range(len(at)))
        if not isinstance(at[key], dict | list) or not at[key] or random.random() < 0.15:
            break
        at = at[key]
    match random.randrange(4):
        case 0 if isinstance(at, dict):
            name = random.choice(("name", "size", "axes", "op", "init", "zzz"))
            at[name] = deepcopy(random.choice(ODD))
        case 1:
            del at[key]
        case 2 if isinstance(at, list):
            at.insert(random.randrange(len(at) + 1), deepcopy(at[key]))
        case _:
            at[key] = deepcopy(random.choice(ODD))


@settings(max_examples=4 * settings().max_examples)
@given(st.randoms(use_true_random=True))
def test_a_mutated_document_is_read_or_refused(random: Random):
    text = WHOLE if random.random() < 0.5 else Author(random).program().text
    document = json.loads(to_json(parse(text)))
    for _ in range(random.choice((1, 1, 2))):
        mutated(document, random)
    try:
        program = from_json(json.dumps(document))
    except DiagramError:
        return
    SCHEMA.validate(document)
    assert from_json(to_json(program)) == program
    assert str(program)
