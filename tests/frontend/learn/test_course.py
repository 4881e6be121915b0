"""The course: every lesson of it, what it quotes, and what it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagram import DiagramError, parse, plan
from frontend.learn.check import check, solution
from frontend.learn.lesson import Exercise, Lesson
from frontend.learn.quantity import quantities, written
from frontend.learn.reading import LESSONS, course, load
from models import ZOO

LESSON = """
title = "One"
text = "It has [[parameters]]."
diagram = "weight W[i:3]\\nreturn W"
"""

ASKED = [(lesson, place) for lesson in course()[0] for place in range(len(lesson.exercises))]


def name(asked: object) -> str:
    return asked.name if isinstance(asked, Lesson) else str(asked)


def test_the_course_goes_from_scalars_to_the_core_without_faults():
    lessons, faults = course()
    assert faults == ()
    assert len(lessons) >= 12
    assert lessons[0].title.startswith("Scalar")
    assert "core" in lessons[-1].title


@pytest.mark.parametrize(("lesson", "place"), ASKED, ids=name)
def test_the_right_answer_is_right_and_others_are_not(lesson, place):
    exercise = lesson.exercises[place]
    assert exercise.hints
    assert check(exercise, solution(exercise)).is_right
    wrong = exercise.given if exercise.kind == "draw" else "S[n] = Q[n]"
    for answer in (wrong, "", "7 7 7 7 7", "\x00", "(" * 3_999, "9" * 3_999, "x" * 5_000):
        assert not check(exercise, answer).is_right


@pytest.mark.parametrize("lesson", course()[0], ids=name)
def test_every_number_of_a_text_is_computed(lesson):
    assert "[[" not in lesson.shown
    assert "[[" in lesson.text or lesson.title.startswith(("Batch", "Outer", "Trace", "Conv"))


def test_the_numbers_of_the_barrier():
    lesson = next(lesson for lesson in course()[0] if lesson.name == "10-barrier")
    sizes = {"b": 1, "n": 4096, "f": 512, "h": 8, "d": 64}
    free = plan(parse(lesson.programs["free"]), sizes).flops
    forced = plan(ZOO["linear-quadratic"].program(), sizes).flops
    assert (f"{free:.1e}", f"{forced:.1e}") == ("4.9e+09", "4.3e+10")
    assert written(free) in lesson.shown
    assert written(forced) in lesson.shown


def test_an_equation_may_be_an_einsum_and_names_do_not_matter():
    asked = Exercise("equation", "", "t[] = A[i j] B[j i]", "input A[i j] B[j i]")
    assert check(asked, "xy,yx->").is_right
    assert check(asked, "s[] = A[p q] B[q p]").is_right
    assert "kept in yours" in check(asked, "xy,yx->x").said


def test_a_number_may_be_written_in_groups():
    asked = Exercise(
        "number", "", given="weight W[i]\nreturn W", of="parameters", sizes={"i": 4096}
    )
    assert all(check(asked, text).is_right for text in ("4096", " 4,096 ", "4 096"))
    assert "too many" in check(asked, "5000").said
    assert "whole number" in check(asked, "many").said


def test_quantities_of_programs_of_the_zoo_and_of_values():
    assert quantities("[[parameters multi-head]]", {}) == "1,048,576"
    assert quantities("[[elements of S multi-head b=1 n=4]]", {}) == "128"


@pytest.mark.parametrize(
    "bad", ["[[flops nothing]]", "[[cost lossless]]", "[[flops lossless n=x]]"]
)
def test_quantities_that_are_none(bad):
    with pytest.raises(DiagramError):
        quantities(bad, {})


def test_a_lesson_is_one_file(tmp_path: Path):
    path = tmp_path / "one.toml"
    path.write_text(LESSON, encoding="utf-8")
    assert load(path).shown == "It has 3."


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title", "titel", "did you mean `title`"),
        ('title = "One"', "", "`title` is missing"),
        ('"One"', "1", "`title` is a text"),
        ("return W", "return V", "`V` is not defined"),
        ("[[parameters]]", "[[flips]]", "no quantity `flips`"),
        ("title", "=", "is no lesson"),
        ('W[i:3]\\nreturn W"', 'W[i:3]\\nreturn W"\nexercise = 3', "a table is expected"),
        (
            'return W"',
            'return W"\n[[exercise]]\nkind = "sing"\nquestion = ""',
            "`kind` is one of draw",
        ),
        (
            'return W"',
            'return W"\n[[exercise]]\nkind = "draw"\nquestion = ""\nanswer = "x"',
            "exercise 1",
        ),
    ],
)
def test_what_is_wrong_in_a_lesson_is_told(tmp_path: Path, old, new, said):
    path = tmp_path / "one.toml"
    path.write_text(LESSON.replace(old, new), encoding="utf-8")
    with pytest.raises(DiagramError, match=r"one\.toml") as caught:
        load(path)
    assert said in str(caught.value)


def test_the_format_is_described_with_all_its_entries():
    said = (LESSONS / "README.md").read_text(encoding="utf-8")
    for entry in (
        "title",
        "text",
        "diagram",
        "placement",
        "programs",
        "question",
        "hints",
        "sizes",
    ):
        assert entry in said
