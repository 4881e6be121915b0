"""Laws of the scene: what must be in a picture, under which ids."""

from __future__ import annotations

import re
from functools import cache

import pytest

import models
from diagram import DiagramError, parse
from diagram.draw import Scene, describe, draw, shown
from diagram.draw.build import scene
from diagram.draw.label import plain
from diagram.draw.scene import OPEN, Look
from diagram.language.core import Apply, Call, Diagram, nodes
from tests.draw.networks import STORED, TEXTS, calls, everything

SOURCES = (Look.INPUT, Look.WEIGHT, Look.CONST)

CASES = everything()
WAYS = [(name, False) for name in CASES] + [(name, True) for name in calls()]


@cache
def scene_of(name: str, batch: bool = False, folded: bool | None = None) -> Scene:
    return scene(shown(CASES[name][0], folded), batch)


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize(("name", "folded"), WAYS)
def test_ids_are_unique_and_can_be_described(name: str, folded: bool, batch: bool):
    found = scene_of(name, batch, folded)
    assert len(set(found.ids)) == len(found.ids)
    for id in found.ids:
        description = describe(CASES[name][0], id)
        assert description.title
        assert description.rows


@pytest.mark.parametrize(("name", "folded"), WAYS)
def test_every_source_is_drawn_once_per_use(name: str, folded: bool):
    program = shown(CASES[name][0], folded)
    items = scene_of(name, False, folded).items
    drawn = [item.tip.partition(":")[0] for item in items if item.look in SOURCES]
    for source in program.sources:
        lets = [reader for reader in program.readers.get(source.name, ("",)) if reader != "return"]
        returned = source.name in program.outputs
        assert drawn.count(source.name) == len(lets) + returned


@pytest.mark.parametrize(("name", "folded"), WAYS)
def test_every_leg_of_a_result_is_open(name: str, folded: bool):
    program = shown(CASES[name][0], folded)
    found = scene_of(name, True, folded)
    for part in found.parts:
        legs = program.let[part].maker.output if part in program.let else program.source[part].legs
        open_wires = [w for w in found.wires if w.part == part and w.ends[1] == OPEN]
        assert len(open_wires) == len(legs)


def ends(found: Scene, id: str) -> int:
    """How many wires end at an item."""
    return sum(wire.ends.count(id) for wire in found.wires)


@pytest.mark.parametrize(("name", "folded"), WAYS)
def test_every_leg_of_a_node_is_a_wire(name: str, folded: bool):
    program, found = shown(CASES[name][0], folded), scene_of(name, True, folded)
    for let in program.lets:
        added = len(let.maker.legs) if isinstance(let.maker, Apply) else 0
        one_hot = added * (isinstance(let.maker, Apply) and let.maker.op == "one_hot")
        for place, node in enumerate(nodes(let.maker)):
            if (id := f"{let.name}/{place}") in found.item:
                assert ends(found, id) == len(node.axes) + one_hot, id
        if isinstance(let.maker, Call):
            legs = sum(len(node.axes) for node in let.maker.args)
            assert ends(found, let.name) == legs + len(let.maker.output)


@pytest.mark.parametrize(("name", "folded"), WAYS)
def test_every_bundle_is_a_joint_and_every_convolved_edge_a_star(name: str, folded: bool):
    program, found = shown(CASES[name][0], folded), scene_of(name, True, folded)
    wanted = {Look.JOINT: 0, Look.STAR: 0}
    for let in program.lets:
        axes = [(f"{let.name}:out/{k}", axis) for k, axis in enumerate(let.maker.output)]
        for place, node in enumerate(nodes(let.maker)):
            axes += [(f"{let.name}:{place}/{k}", axis) for k, axis in enumerate(node.axes)]
        bundles = {id: axis for id, axis in axes if len(axis) > 1}
        for id, axis in bundles.items():
            assert found.item[id].look is Look.JOINT
            assert ends(found, id) == len(axis) + 1
            assert [id in wire.bundled for wire in found.wires].count(True) == 1
        convs = let.maker.convs if isinstance(let.maker, Diagram) else ()
        for conv in convs:
            id = f"{let.name}:{conv.edge}"
            assert found.item[id].look is Look.STAR
            arms = [axis for _, axis in axes if axis == (conv.edge,)]
            assert ends(found, id) == len(arms)
        wanted[Look.JOINT] += len(bundles)
        wanted[Look.STAR] += len(convs)
    for look, count in wanted.items():
        assert [item.look for item in found.items].count(look) == count


@pytest.mark.parametrize("name", CASES)
def test_wires_end_at_items(name: str):
    found = scene_of(name)
    for wire in found.wires:
        assert wire.ends[0] in found.item
        assert wire.ends[1] in found.item or wire.ends[1] == OPEN


@pytest.mark.parametrize(("name", "folded"), WAYS)
def test_junctions_have_three_ends_or_more_and_ends_one(name: str, folded: bool):
    found = scene_of(name, False, folded)
    for item in found.items:
        if item.look is Look.END:
            assert ends(found, item.id) == 1
        elif item.look is Look.STAR:
            assert ends(found, item.id) >= 2
        elif not item.look.is_node:
            assert ends(found, item.id) >= 3, item.id


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
    assert all(scene_of(name).items for name in (*TEXTS, *STORED))
    assert len(STORED) == 57


def conv(rule: str) -> str:
    return f"input U[s x]\nweight K[t s i:3]\nY[t x] = U[s x] K[t s x] {rule}\nreturn Y"


@pytest.mark.parametrize(
    ("rule", "words", "formula"),
    [
        ("corr x", "correlation", "U_{s, x+i}"),
        ("conv x", "convolution", "U_{s, x−i+2}"),
        ("corr x (pad=1)", "correlation, pad 1", "U_{s, x+i−1}"),
        ("corr x (stride=2, pad=(2, 1))", "correlation, stride 2, pad (2, 1)", "U_{s, 2x+i−2}"),
        ("corr x (dilation=2, pad=same)", "correlation, dilation 2, pad same", "U_{s, x+2i−2}"),
        ("conv x (up=2, pad=1)", "convolution, up 2, pad 1", "U_{s, (x−i+1)/2}"),
        ("conv x (pad=full)", "convolution, pad full", "U_{s, x−i}"),
        ("conv x (pad=circular)", "convolution, pad circular", "U_{s, x−i mod x}"),
        (
            "corr x (pad=circular, shift=1, stride=2)",
            "correlation, stride 2, shift 1, pad circular",
            "U_{s, 2x+i−1 mod x}",
        ),
    ],
)
def test_a_star_says_how_it_convolves(rule: str, words: str, formula: str):
    program = parse(conv(rule))
    found = scene(program)
    assert found.stars == (words,)
    assert found.item["Y:x"].tip.startswith(f"X: {words} of U (x) with K (3)")
    rows = dict(describe(program, "Y").rows)
    assert rows["formula"] == f"Y_{{tx}} = Σ_{{s,i}} {formula} K_{{tsi}}"
    for id in ("Y:x", "Y/0/1", "Y/1/2", "Y/out/1"):
        assert dict(describe(program, id).rows)["convolved"] == f"{words}, of U (x) with K (3)"
    assert [plain(found.wire[id].label) for id in ("Y/0/1", "Y/1/2", "Y/out/1")] == ["X", "I", "X"]


def test_the_index_of_a_kernel_takes_no_letter_twice():
    text = "input A[n c] B[n c] C[n c]\nY[n] = A[n c] B[n c] C[n c] conv n (pad=full)\nreturn Y"
    rows = dict(describe(parse(text), "Y").rows)
    assert rows["formula"] == "Y_{n} = Σ_{c,n',n''} A_{n−n'−n'', c} B_{n'c} C_{n''c}"


def test_a_bundle_is_a_joint_with_its_edges_and_one_leg():
    program = CASES["r-CP m=2"][0]
    found = scene_of("r-CP m=2")
    shown_as = {id: plain(found.wire[id].label) for id in ("Y/0/1", "Y:s1", "Y:s2", "Y/out/1")}
    assert shown_as == {"Y/0/1": "S", "Y:s1": "S_1", "Y:s2": "S_2", "Y/out/1": "(T_1 T_2)"}
    assert found.item["Y:0/1"].tip == "bundle (S1 S2) of leg s, s1 s2 = 6"
    assert found.wire["Y/0/1"].bundled == ("Y:0/1",)
    description = describe(program, "Y/out/1", t1=3, t2=2)
    assert description.title == "bundle (T1 T2)"
    assert description.rows == (
        ("letter", "(t1 t2)"),
        ("dim", "(t1 t2)"),
        ("length", "t1 t2 = 6"),
        ("bundle", "(T1 T2) of length t1 t2 = 6"),
        ("order", "t1 is slowest, t2 fastest"),
    )


def test_a_call_is_a_box_or_its_lines():
    name = "6 layers, weights of their own"
    folded = scene_of(name)
    assert [(item.id, item.look, plain(item.label)) for item in folded.items] == [
        ("Y/0", Look.INPUT, "X"),
        ("Y", Look.CALL, "layer^6"),
    ]
    assert folded.item["Y"].tip == "Y: the def layer, 6 times with their own weights"
    tied = scene_of("6 layers, tied (ALBERT)").item["Y"].tip
    assert tied == "Y: the def layer, 6 times with one set of weights"
    rows = dict(describe(CASES[name][0], "Y").rows)
    assert rows["formula"] == "Y_{bnf} = layer⁶(X_{bnf})"
    assert rows["times"] == "6, each with weights of its own"
    unfolded = scene_of(name, False, False)
    assert not [item for item in unfolded.items if item.look is Look.CALL]
    queries = [item for item in unfolded.items if "WQ: weight" in item.tip]
    assert [plain(item.label) for item in queries] == [f"W^Q_{k}" for k in range(6)]
    layer = CASES[name][0].definition["layer"].program
    assert draw(layer).scene.parts[0] == "Y"


def test_what_a_call_returns_has_the_name_that_it_has_outside():
    found = scene_of("ResNet block with down-sampling")
    titles = [plain(region.title) for region in found.regions]
    assert "N_2: sum" in titles
    assert plain(found.item["N2.Y/1"].label) == "B_N2"


def test_a_one_hot_value_has_the_leg_that_is_added():
    text = "index T[n] of v\nweight E[v f]\nX[n f] = one_hot[v](T)[n v] E[v f]\nreturn X"
    found = scene(parse(text))
    assert [wire.ends for wire in found.wires] == [
        ("X~1/0", OPEN),
        ("X~1/0", "X/1"),
        ("X/1", OPEN),
    ]


def test_boxes_that_would_nest_too_deep_are_drawn_apart():
    found = scene_of("BERT encoder layer")
    depths = [len(found.around(region.id)) for region in found.regions]
    assert max(depths) == 5
    assert found.parts == ("Y", "Y.A", "Y.U", "Y.N", "Y.Z")


@pytest.mark.parametrize("name", models.ZOO)
def test_every_leg_of_a_node_is_an_end_of_one_wire(name: str):
    program = models.ZOO[name].program()
    drawn = scene(program, batch=True)
    found = [leg for wire in drawn.wires for leg in wire.legs if leg]
    assert sorted(found) == sorted(
        f"{let.name}/{place}/{axis}"
        for let in program.lets
        for place, node in enumerate(nodes(let.maker))
        if f"{let.name}/{place}" in drawn.item
        for axis in range(len(node.axes))
    )
    for wire in drawn.wires:
        for leg, end in zip(wire.legs, wire.ends, strict=True):
            assert not leg or leg.startswith(f"{end}/")
