"""Laws of DOT: graphviz reads it, the graph is that of the scene, every name stands for itself."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from functools import cache
from typing import Any

import pytest

import models
from diagram.draw import Drawing, draw
from diagram.draw.label import plain
from diagram.draw.markup import printable
from diagram.draw.scene import Dot, Item, Scene
from tests.draw.readers import CASES, drawn, reader
from tests.draw.test_svg import HOSTILE, hostile, hostile_everywhere


def dot(drawing: Drawing) -> str:
    return drawing.to("dot")


@cache
def read(text: str) -> list[dict[str, Any]]:
    """The graphs that graphviz reads, without a word of complaint."""
    done = subprocess.run(
        [reader("dot"), "-Tdot_json"], input=text.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    # One document after the other.
    found, decoder, left = [], json.JSONDecoder(), done.stdout.decode().strip()
    while left:
        graph, end = decoder.raw_decode(left)
        found.append(graph)
        left = left[end:].strip()
    return found


def written(text: str) -> str:
    """A text as graphviz keeps it inside of quotes."""
    return printable(text).replace("\\", "\\\\")


def check(scene: Scene, graph: dict[str, Any]) -> None:
    things = graph["objects"]
    clusters = {t["name"]: t for t in things if t["name"].startswith("cluster ")}
    names = {t["_gvid"]: t["name"] for t in things}
    nodes = {t["name"] for t in things} - clusters.keys()
    spots: list[Item | Dot] = [*scene.items, *scene.dots]
    ends = {written(f"open {wire.id}") for wire in scene.wires if wire.is_open}
    assert nodes == {written(spot.id) for spot in spots} | ends
    assert clusters.keys() == {written(f"cluster {region.id}") for region in scene.regions}
    for region in scene.regions:
        inside = {names[place] for place in clusters[written(f"cluster {region.id}")]["nodes"]}
        own = {spot.id for spot in spots if spot.region == region.id}
        assert {written(id) for id in own} <= inside
    degrees: Counter[str] = Counter()
    for edge in graph.get("edges", []):
        degrees.update((names[edge["tail"]], names[edge["head"]]))
    expected = Counter(written(end) for wire in scene.wires for end in wire.ends if end)
    expected += Counter(ends) + Counter({written(each.id): 2 for each in scene.dots})
    assert degrees == expected
    labels = Counter(edge["label"] for edge in graph.get("edges", []) if edge.get("label"))
    assert labels.total() == sum(bool(plain(wire.label)) for wire in scene.wires)


def test_the_graph_is_that_of_the_scene():
    drawings = [drawn(name) for name in CASES]
    graphs = read("".join(dot(drawing) for drawing in drawings))
    assert len(graphs) == len(drawings)
    for drawing, graph in zip(drawings, graphs, strict=True):
        check(drawing.scene, graph)


@pytest.mark.parametrize("make", [hostile, hostile_everywhere])
@pytest.mark.parametrize("name", [*HOSTILE, "\\", '\\"', '"', "a\\nb", "\\N", "&lt;", "<b>", "a:b"])
def test_every_name_stands_for_itself(name: str, make: Any):
    drawing = draw(make(name), folded=True)
    (graph,) = read(dot(drawing))
    check(drawing.scene, graph)


def test_a_picture_shows_the_labels():
    svg = subprocess.run(
        [reader("dot"), "-Tsvg"],
        input=dot(draw(models.multi_head())).encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert svg.count(">W</text>") == 4
    assert ">softmax over </text>" in svg


def test_colours_say_the_dims():
    text = dot(draw(models.multi_head(), colour="dim"))
    assert (
        len({line.partition(" color=")[2][:9] for line in text.splitlines() if "--" in line}) == 4
    )
