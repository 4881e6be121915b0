"""Laws of the scene: what must be in a picture, under which ids."""

from __future__ import annotations

import re

import pytest

import models
from diagram import DiagramError, parse
from diagram.draw import Scene, describe, draw
from diagram.draw.label import plain
from diagram.draw.scene import OPEN, Look
from tests.draw.networks import TEXTS, everything

CASES = everything()


def scene_of(name: str, batch: bool = False) -> Scene:
    return draw(CASES[name][0], CASES[name][1], batch=batch).scene


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_ids_are_unique_and_can_be_described(name: str, batch: bool):
    scene = scene_of(name, batch)
    assert len(set(scene.ids)) == len(scene.ids)
    for id in scene.ids:
        description = describe(CASES[name][0], id)
        assert description.title
        assert description.rows


@pytest.mark.parametrize("name", CASES)
def test_every_source_is_drawn_once_per_use(name: str):
    program = CASES[name][0]
    drawn = [item.tip.partition(":")[0] for item in scene_of(name).items if item.look.is_node]
    for source in program.sources:
        lets = [reader for reader in program.readers.get(source.name, ("",)) if reader != "return"]
        returned = source.name in program.outputs
        assert drawn.count(source.name) == len(lets) + returned


@pytest.mark.parametrize("name", CASES)
def test_every_leg_of_a_result_is_open(name: str):
    program = CASES[name][0]
    scene = scene_of(name, batch=True)
    for part in scene.parts:
        legs = program.let[part].maker.output if part in program.let else program.source[part].legs
        open_wires = [w for w in scene.wires if w.part == part and w.ends[1] == OPEN]
        assert len(open_wires) == len(legs)


@pytest.mark.parametrize("name", CASES)
def test_wires_end_at_items(name: str):
    scene = scene_of(name)
    for wire in scene.wires:
        assert wire.ends[0] in scene.item
        assert wire.ends[1] in scene.item or wire.ends[1] == OPEN


@pytest.mark.parametrize("name", CASES)
def test_junctions_have_three_ends_or_more_and_ends_one(name: str):
    scene = scene_of(name)
    for item in scene.items:
        ends = sum(wire.ends.count(item.id) for wire in scene.wires)
        if item.look is Look.END:
            assert ends == 1
        elif not item.look.is_node:
            assert ends >= 3, item.id


def labels(name: str) -> list[str]:
    return [plain(wire.label) for wire in scene_of(name).wires]


def test_multi_head_has_the_letters_of_the_figure():
    scene = scene_of("multi-head")
    found = {wire.id: plain(wire.label) for wire in scene.wires}
    assert found == {
        "Y:n": "N",
        "S:f": "F",
        "S/1/1": "H",
        "S:d": "D",
        "S:g": "F",
        "S/3/1": "H",
        "Y:m": "M",
        "Y/0/1": "H",
        "Y:g": "F",
        "Y/2/1": "H",
        "Y:d": "D",
        "Y/3/0": "H",
        "Y:f": "F",
    }
    assert [(region.id, plain(region.title)) for region in scene.regions] == [
        ("A", "softmax over M")
    ]
    assert scene.item["S:h"].region == "A"
    assert scene.item["Y:h"].region is None
    (dot,) = scene.dots
    assert (dot.id, dot.wire, dot.region, plain(dot.label)) == ("S/scale", "Y:m", "A", "1/√D")
    assert scene.note == "batch b not drawn"


def test_lossless_has_components_and_no_scale():
    scene = scene_of("lossless")
    assert set(labels("lossless")) == {"N", "F", "R", "M"}
    assert not scene.dots


def test_letters_of_the_other_models():
    assert set(labels("tunable-head")) == {"N", "F", "R", "S", "M"}
    assert set(labels("skip-left")) == {"N", "F", "H", "D", "M"}
    assert set(labels("skip-right")) == {"N", "F", "H", "K", "D", "M"}
    assert set(labels("grouped-query")) == {"N", "F", "K", "G", "D", "M"}
    assert set(labels("cross-attention")) == {"N", "F", "E", "H", "D", "M"}
    assert set(labels("linear-factored")) == {"N", "F", "H", "D", "M"}


def test_batch_legs_are_drawn_on_demand():
    assert "B" not in labels("multi-head")
    scene = scene_of("multi-head", batch=True)
    assert "B" in [plain(wire.label) for wire in scene.wires]
    assert scene.note == ""


def test_only_what_rides_along_is_batch():
    scored = "input X[b n f]\nweight W[b f k]\nY[b n k] = X[b n f] W[b f k]\nreturn Y"
    assert draw(parse(scored)).scene.note == ""
    summed = "input X[b n f]\nweight W[f k]\nY[n k] = X[b n f] W[f k]\nreturn Y"
    assert draw(parse(summed)).scene.note == ""
    named = "input X[b n f]\nY = softmax[b](X)\nreturn Y"
    assert draw(parse(named)).scene.note == ""


def test_a_value_used_twice_is_defined_once():
    scene = scene_of("kernel attention")
    assert scene.parts == ("Y", "Q", "K")
    results = [item for item in scene.items if item.look is Look.RESULT]
    assert [plain(item.label) for item in results] == ["Q", "K", "Q", "K"]
    titles = {region.id: plain(region.title) for region in scene.regions}
    assert titles == {"Z": "reciprocal", "Q": "Q: sum", "Q~2": "ELU", "K": "K: sum", "K~2": "ELU"}


def test_sums_meet_in_a_plus():
    scene = scene_of("biases")
    plus = {item.id for item in scene.items if item.look is Look.PLUS}
    assert plus == {"Q:h", "Q:d", "K:h", "K:d", "V:h", "V:d", "Y:f"}
    assert {item.id for item in scene.items if item.tip.startswith("BO:")} == {"Y/1"}


def test_numbers_and_signs_are_drawn():
    assert "Q~3/scale" in scene_of("kernel attention").item
    (dot,) = scene_of("difference").dots
    assert plain(dot.label) == "−1"


def test_loops_and_summed_legs():
    (loop,) = scene_of("trace").wires
    assert loop.ends == ("t/0", "t/0")
    ends = [item.id for item in scene_of("average").items if item.look is Look.END]
    assert ends == ["Y:x", "Y:y"]


def test_tips_say_dim_and_number():
    scene = draw(models.multi_head(), d=32).scene
    assert scene.wire["S:d"].tip == "D: d = 32"
    assert scene.item["S/1"].tip == "WQ: weight [f h d], 512 × 8 × 32"


def test_describe_says_what_a_click_shows():
    program = models.multi_head()
    text = str(describe(program, "S/1", flops={"S": "2 b n m h d"}))
    assert text == (
        "W^Q\n"
        "  kind: weight\n"
        "  shape: f h d = 512 × 8 × 64\n"
        "  parameters: f h d = 262,144\n"
        "  used in: S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)\n"
        "  formula: S_{bhnm} = Σ_{f,d,g} X_{bnf} W^Q_{fhd} X_{bmg} W^K_{ghd} / √d\n"
        "  FLOPs: 2 b n m h d"
    )
    assert dict(describe(program, "S/scale").rows)["value"] == "0.125"
    assert dict(describe(program, "S/scale", d=16).rows)["value"] == "0.25"
    roles = [text for label, text in describe(program, "Y:m").rows if label == "role"]
    assert roles == ["softmax along it in A", "contracted in Y"]
    roles = [text for label, text in describe(program, "S/1/1").rows if label == "role"]
    assert roles == ["kept in S: multiplied entry by entry (batch)", "contracted in Y"]


@pytest.mark.parametrize(
    "path", ["", "Z", "S/9", "S/1/9", "S:z", "Y/out/7", "A/scale", "S/x", "/", ":", "S/-1"]
)
def test_describe_refuses_what_is_not_there(path: str):
    with pytest.raises(DiagramError, match=re.escape(f"the diagram has no `{path}`")):
        describe(models.multi_head(), path)


def test_the_texts_are_all_drawn():
    assert all(scene_of(name).items for name in TEXTS)
