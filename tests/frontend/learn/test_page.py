"""The course without a browser: a lesson is read, played with and solved."""

from __future__ import annotations

import json

import pytest

from frontend.document import current
from frontend.learn import reading
from frontend.learn.check import solution
from frontend.learn.reading import course

FIRST, SECOND = course()[0][:2]


@pytest.fixture
def app(studio):
    return studio("learn")


def key(lesson, place: int) -> str:
    return f"learn.{lesson.key(place)}"


def written(parts, app) -> list[str]:
    """The notations as the page shows them."""
    (found,) = parts(app, "notations")
    return ["".join(text for text, *_ in pieces) for _, _, pieces in found["notations"]]


def test_a_lesson_with_its_diagram_and_notations(app, parts):
    app.radio("learn.choice").set_value(SECOND.name).run()
    assert not app.exception
    assert app.header[0].value == SECOND.title
    assert 'data-dim="j"' in parts(app, "legend")[0]["svg"]
    index, einsum, loops, torch = written(parts, app)
    assert index == "Ci,k = Σj Ai,j Bj,k"
    assert einsum == "C = np.einsum('ij,jk->ik', A, B)"
    assert "for j in range" in loops
    assert "torch.mm" in torch
    (found,) = parts(app, "notations")
    assert found["edges"] == [["i", "i", "kept"], ["k", "k", "kept"], ["j", "j", "summed"]]


def test_the_notations_follow_the_text(app, parts):
    app.radio("learn.choice").set_value(SECOND.name).run()
    text = SECOND.diagram.strip().replace("C[i k]", "C[i j k]")
    app.session_state[f"learn.{SECOND.name}.editor"] = {"draft": {"text": text, "revision": 0}}
    app.run()
    assert "'ij,jk->ijk'" in written(parts, app)[1]
    app.button(f"learn.{SECOND.name}.back").click().run()
    assert "'ij,jk->ik'" in written(parts, app)[1]


def test_a_wrong_answer_then_hints_then_a_right_one(app, parts):
    asked = key(FIRST, 1)
    app.text_input(f"{asked}.field").set_value("7").run()
    assert "too few" in app.warning[0].value
    for hint in FIRST.exercises[1].hints:
        app.button(f"{asked}.hint").click().run()
        assert any(hint in text.value for text in app.markdown)
    app.button(f"{asked}.hint").click().run()
    assert any(code.value == solution(FIRST.exercises[1]) for code in app.code)
    app.text_input(f"{asked}.field").set_value("24,576").run()
    assert "Right" in app.success[0].value
    assert json.loads(parts(app, "keep")[0]["keep"]["progress"]) == [FIRST.key(1)]


def test_a_drawn_answer(app):
    asked = key(FIRST, 0)
    app.button(f"{asked}.check").click().run()
    assert "leg c stands only in what is asked for" in app.warning[0].value
    draft = {"text": "input P[x y z w]\nreturn P", "revision": 0}
    app.session_state[f"{asked}.editor"] = {"draft": draft}
    app.button(f"{asked}.check").click().run()
    assert "same picture" in app.success[0].value


def test_progress_of_an_earlier_visit_is_taken(app):
    told = {"progress": json.dumps([SECOND.key(0)]), "lesson": SECOND.name, "document": None}
    app.session_state["keeper"] = {"kept": told}
    app.run()
    assert app.session_state["lesson"] == SECOND.name
    assert app.session_state["progress"] == {SECOND.key(0)}


def test_a_diagram_is_taken_to_the_playground(app):
    app.button(f"learn.{FIRST.name}.open").click().run()
    assert not app.exception
    assert current(app.session_state).text == FIRST.diagram.strip()


def test_a_teacher_adds_a_lesson_and_mistakes_are_told(studio, tmp_path, monkeypatch):
    text = (reading.LESSONS / f"{FIRST.name}.toml").read_text(encoding="utf-8")
    monkeypatch.setattr(reading, "LESSONS", tmp_path)
    (tmp_path / "01.toml").write_text(text, encoding="utf-8")
    app = studio("learn")
    assert len(app.radio("learn.choice").options) == 1
    (tmp_path / "02.toml").write_text(text.replace("Scalar", "My own"), encoding="utf-8")
    (tmp_path / "03.toml").write_text(text.replace("title", "titel"), encoding="utf-8")
    (tmp_path / "04.toml").write_bytes(b"\xff\x00")
    app.run()
    assert not app.exception
    shown = [option[:9] for option in app.radio("learn.choice").options]
    assert shown == [
        "1. Scalar",
        "2. My own",
    ]
    said = [error.value.replace("\\", "") for error in app.error]
    assert "did you mean `title`" in said[0]
    assert "04.toml is no lesson" in said[1]


def test_a_lesson_on_the_batch_draws_it(app, parts):
    lesson = next(lesson for lesson in course()[0] if lesson.name == "03-batch")
    app.radio("learn.choice").set_value(lesson.name).run()
    shown = parts(app, "svg")
    assert 'data-dim="b"' in shown[0]["svg"]
    assert not any("not drawn" in each["svg"] for each in shown)
