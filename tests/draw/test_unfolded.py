"""Calls that are unfolded, each by its path: what is in them stands in a region of that path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

import models
from diagram import Program, draw, parameters, parse
from diagram.draw import describe
from diagram.draw.build import scene
from diagram.draw.label import plain
from diagram.draw.scene import Frame, Look, Scene
from diagram.language.check import types
from diagram.language.core import Call
from diagram.language.unfold import unfold
from tests.draw.networks import calls, everything

CASES = {name: everything()[name][0] for name in calls()}
CASES |= {name: example.program() for name, example in models.BLOCKS.items()}
CALL = Look.CALL
LAYERS = CASES["6 layers, weights of their own"]


def paths(program: Program) -> Iterator[tuple[str, ...]]:
    """Each call by itself, the last of its repetitions, and each with those inside it."""
    for let in program.lets:
        if isinstance(let.maker, Call):
            last = f"{let.name}.{let.maker.times - 1}" if let.maker.times > 1 else let.name
            yield (let.name,)
            yield (last,)
            opened = unfold(program, [last])
            names = opened.inside[last].names
            yield (last, *(x.name for x in opened.program.lets if x.name in names))


def scene_of(program: Program, chosen: Sequence[str]) -> Scene:
    opened = unfold(program, chosen)
    return scene(opened.program, inside=opened.inside)


WAYS = [
    pytest.param(program, chosen, id=f"{name} {' '.join(chosen)}")
    for name, program in CASES.items()
    for chosen in dict.fromkeys(paths(program))
]


@pytest.mark.parametrize(("program", "chosen"), WAYS)
def test_what_is_in_a_call_stands_in_its_region(program: Program, chosen: tuple[str, ...]):
    opened = unfold(program, chosen)
    found = scene_of(program, chosen)
    assert {r.id for r in found.regions if r.frame is Frame.UNFOLDED} == opened.inside.keys()
    assert len(set(found.ids)) == len(found.ids)
    for id in found.ids if len(chosen) > 1 else ():
        assert describe(program, id, unfolded=chosen).title
    for path, inside in opened.inside.items():
        for item in found.items:
            value = opened.program.source.get(item.tip.partition(":")[0])
            if value is not None and value.name in inside.names:
                assert path in found.around(item.region), item.id


@pytest.mark.parametrize("name", CASES)
def test_unfolding_changes_no_value(name: str):
    program = CASES[name]
    for chosen in paths(program):
        opened = unfold(program, chosen).program
        for value in program.outputs:
            assert types(opened)[value] == types(program)[value]
        if "tied" not in name:
            assert parameters(opened).formula == parameters(program).formula


def test_of_repeated_calls_one_is_shown_and_the_others_stay_boxes():
    for chosen, boxes in (
        (["Y"], {"Y.1": "layer^5"}),
        (["Y.0"], {"Y.1": "layer^5"}),
        (["Y.2"], {"Y.0": "layer^2", "Y.3": "layer^3"}),
        (["Y.1", "Y.2", "Y.5"], {"Y.0": "layer", "Y.3": "layer^2"}),
    ):
        drawn = scene_of(LAYERS, chosen)
        found = {i.id: plain(i.label).rpartition(": ")[2] for i in drawn.items if i.look is CALL}
        assert found == boxes
        names = {"Y.0" if path == "Y" else path for path in chosen}
        assert {r.id for r in drawn.regions if r.frame is Frame.UNFOLDED} == names


def test_tied_weights_keep_their_one_name():
    drawn = scene_of(CASES["6 layers, tied (ALBERT)"], ["Y.0", "Y.3"])
    tips = {item.tip.partition(":")[0] for item in drawn.items if item.look is Look.WEIGHT}
    assert "Y.WQ" in tips
    assert not any(tip.startswith(("Y.0", "Y.3")) for tip in tips)


def test_a_value_that_is_given_once_comes_in_on_a_wire():
    text = """
def f(X[n])
  weight W[n]
  Y[n] = relu(X[n] W[n])
  return Y
input X[n]
Y = f^2(X)
return Y"""
    drawn = scene_of(parse(text), ["Y.0"])
    region = {plain(item.label): item.region for item in drawn.items if item.label}
    assert region == {"X": None, "W": "Y.0.Y", "f": None}
    assert drawn.region["Y.0.Y"].parent == "Y.0"
    assert plain(drawn.region["Y.0"].title) == "Y_0: f"


def test_paths_that_are_no_call_are_passed_over():
    drawn = draw(LAYERS, unfolded=["Z", "X", "Y.9", "Y.x", "Y~1", ""])
    assert drawn.svg == draw(LAYERS).svg


def test_a_region_says_which_def_it_is():
    rows = dict(describe(LAYERS, "Y.2").rows)
    assert rows["def"] == "layer"
    assert "Y.2.WQ" in rows["weights"].split()


def test_the_order_of_paths_does_not_matter():
    assert scene_of(LAYERS, ["Y.1", "Y.4"]) == scene_of(LAYERS, ["Y.4", "Y.1"])
