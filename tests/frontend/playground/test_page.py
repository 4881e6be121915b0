"""The playground without a browser: texts, faults, ways in and out."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from diagram import DiagramError, from_json
from frontend.document import Document, example
from frontend.link import decode, encode
from frontend.playground.examples import examples
from frontend.playground.files import from_equation, opened_file, saved
from frontend.programs import LONGEST_TEXT

MATMUL = "input A[i j] B[j k]\nC[i k] = A[i j] B[j k]\nreturn C"


@pytest.fixture
def app(studio):
    return studio("playground")


def write(app: AppTest, text: str, revision: int = 0) -> None:
    app.session_state["playground.editor"] = {"draft": {"text": text, "revision": revision}}
    app.run()
    assert not app.exception


def test_an_edit_is_drawn_and_kept_in_the_address(app, parts):
    write(app, MATMUL)
    assert 'data-dim="j"' in parts(app, "svg")[0]["svg"]
    assert decode(parts(app, "link")[0]["link"]).text == MATMUL


def test_faults_stand_at_their_lines_and_the_picture_stays(app, parts):
    write(app, MATMUL)
    before = parts(app, "svg")[0]["svg"]
    write(app, MATMUL.replace("B[j k]\nC", "B[j k\nC").replace("return C", "return D"))
    (shown,) = parts(app, "faults")
    assert [fault["spans"] for fault in shown["faults"]] == [[[1, 14, 15]], [[3, 7, 8]]]
    assert "2 problems" in shown["status"]
    assert parts(app, "svg")[0]["svg"] == before
    assert decode(parts(app, "link")[0]["link"]).good == MATMUL


def test_an_edit_of_a_text_that_was_replaced_is_passed_over(app, parts):
    app.selectbox("playground.example").set_value("Lossless multi-head (zoo)").run()
    assert parts(app, "faults")[0]["revision"] == 1
    write(app, MATMUL, revision=0)
    assert parts(app, "faults")[0]["text"] == example("lossless").text


def test_an_einsum_and_a_bad_one(app, parts):
    app.text_input("playground.equation").set_value("bshw,rt,rs,rh,rw->bthw|h,w")
    app.text_input("playground.shapes").set_value("(8, 3, 32, 32) (5, 16) (5, 3) (5, 3) (5, 3)")
    app.button[0].click().run()
    assert "conv h w" in parts(app, "faults")[0]["text"]
    app.text_input("playground.equation").set_value("ij,jk-ik")
    app.text_input("playground.shapes").set_value("")
    app.button[0].click().run()
    assert not app.exception
    assert "no einsum" in app.error[0].value


@pytest.mark.parametrize("shapes", ["3", "(a)", "(2, 3", "(99999999999999)"])
def test_shapes_that_are_none(shapes):
    with pytest.raises(DiagramError):
        from_equation("ij->i", shapes)


def test_a_garbage_link_gives_a_message_and_the_first_example(studio, parts):
    app = studio("playground", d="garbage")
    assert "cut off" in app.error[0].value
    assert parts(app, "faults")[0]["text"] == example("multi-head").text
    app.button("link.close").click().run()
    assert not app.error


def test_a_link_opens_with_its_faults(studio, parts):
    app = studio("playground", d=encode(Document("input X[n", MATMUL)))
    assert parts(app, "faults")[0]["faults"]
    assert 'data-dim="j"' in parts(app, "svg")[0]["svg"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * (LONGEST_TEXT + 1),
        "x" * 10_000_000,
        "input <script>alert(1)</script>[n]\nreturn X",
        "input X[n:1000000000000 m:1000000000000]\nreturn X",
        "\x00\ud800",
    ],
)
def test_hostile_texts(app, text):
    write(app, text)


def test_every_example_is_offered_and_can_be_read():
    assert {"Multi-head (zoo)", "GPT-2 decoder (block)", "Batch (language)"} <= examples().keys()
    assert all(found.error is None and found.program.outputs for found in examples().values())


def test_files_are_opened_as_they_were_saved():
    before = example("multi-head")
    for file in saved(before)[:2]:
        content = file.write()
        assert isinstance(content, str)
        assert opened_file(file.name, content.encode(), before).program == before.program


def test_a_text_file_with_faults_is_opened_to_be_mended():
    found = opened_file("a.td", b"input X[n", example("lossless"))
    assert (found.text, found.good) == ("input X[n", example("lossless").good)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b"[1, 2"),
        ("a.json", b'{"version": "one", "sources": 7}'),
        ("a.json", b"[" * 100_000),
        ("a.td", b"\xff\xfe\x00"),
        ("a.td", b"x" * 10_000_000),
    ],
)
def test_files_that_are_none(name, content):
    with pytest.raises(DiagramError):
        opened_file(name, content, example("lossless"))


def test_every_format_can_be_saved():
    files = {file.name.rpartition(".")[2]: file.write() for file in saved(example("lossless"))}
    assert files.keys() == {"td", "json", "svg", "png", "pdf", "tex", "dot", "html"}
    assert from_json(str(files["json"])) == example("lossless").program
    assert files["png"][:4] == b"\x89PNG"


def done(app: AppTest, *acts: dict[str, object]) -> None:
    """What the canvas sends once these were done on it."""
    log = app.session_state["desk"].log
    ops = [{"n": log.taken + 1 + at, "seen": log.taken, **act} for at, act in enumerate(acts)]
    app.session_state["playground.canvas"] = {"log": {"name": log.name, "ops": ops}}
    app.run()
    assert not app.exception


def test_a_canvas_edit_is_a_text_a_link_and_a_file(app, parts):
    write(app, MATMUL)
    done(app, {"kind": "move", "points": {"C/0": [30, 40]}}, {"kind": "cut", "path": "C/1/0"})
    (shown,) = parts(app, "faults")
    assert "A[i j]" in shown["text"]
    assert shown["revision"] == 1
    (found,) = parts(app, "ack")
    assert (found["ack"], found["undo"], found["stale"]) == (2, True, False)
    now = decode(parts(app, "link")[0]["link"])
    assert now == app.session_state["desk"].document
    assert (30.0, 40.0) in now.points.values()
    json = next(file for file in saved(now) if file.name.endswith(".json")).write()
    assert isinstance(json, str)
    assert opened_file("a.json", json.encode(), now).points == now.points
    assert from_json(json) == now.program


def test_an_empty_document_is_calm_everywhere(app, parts, studio):
    done(app, {"kind": "new"})
    assert parts(app, "ack")[0]["svg"] == ""
    assert parts(app, "faults")[0]["faults"] == []
    assert not app.error
    link = parts(app, "link")[0]["link"]
    for page in ("playground", "plan", "module"):
        other = studio(page, d=link)
        assert not other.error
        assert page == "playground" or "empty" in other.info[0].value
    done(app, {"kind": "undo"})
    assert parts(app, "faults")[0]["text"] == example("multi-head").text
