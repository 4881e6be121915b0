"""Hostile input on every page: a message in its place, nothing done, and the page stays up."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from frontend.document import Document
from frontend.link import encode
from frontend.pages import ROOMS
from frontend.programs import read
from frontend.results import Failure, drawn, planned

SCRIPT = "<img src=x onerror=alert(1)>"
HUGE = "input X[n m] Y[m k]\nZ[n k] = X[n m] Y[m k]\nreturn Z"
LARGE = {"n": 10**9, "m": 10**9, "k": 10**9}
WITH_DOCUMENT = [name for name, room in ROOMS.items() if room.has_document]


def shown(app: AppTest) -> str:
    return json.dumps([str(each) for each in app.main])


@pytest.mark.parametrize("room", ROOMS)
def test_a_link_of_garbage_is_told_of_and_the_page_stays(room, studio):
    app = studio(room, d=SCRIPT + "A" * 200_000)
    assert not app.exception
    if ROOMS[room].has_document:
        assert "is not read" in app.error[0].value


@pytest.mark.parametrize("room", WITH_DOCUMENT)
def test_dims_as_large_as_they_may_be(room, studio):
    app = studio(room, d=encode(Document(HUGE, HUGE, LARGE)))
    assert not app.exception


@pytest.mark.parametrize("room", WITH_DOCUMENT)
def test_a_script_in_a_note_is_text(room, studio):
    text = f"# {SCRIPT}\ninput X[n]\nY[n] = X[n]  # {SCRIPT}\nreturn Y"
    app = studio(room, d=encode(Document(text, text)))
    assert not app.exception
    assert all("<img" not in each.value for each in (*app.markdown, *app.error, *app.info))


def test_a_program_of_ten_thousand_lines_is_refused_at_once():
    lines = ["input X[n]", *(f"Y{i}[n] = relu(X)" for i in range(10_000)), "return Y9"]
    with pytest.raises(Exception, match="20,000"):
        read("\n".join(lines))


def test_a_program_of_as_many_lines_as_are_read_is_told_of():
    lines = ["input a[n]", *(f"b{i}[n]=relu(a)" for i in range(1100)), "return b9"]
    program = read("\n".join(lines))
    with pytest.raises(Failure, match="more than the studio lays out"):
        drawn(program)


def test_a_thicket_is_told_of():
    names = [f"A{i}" for i in range(13)]
    legs = {
        one: " ".join(f"e{min(i, j)}_{max(i, j)}" for j in range(13) if i != j)
        for i, one in enumerate(names)
    }
    nodes = " ".join(f"{one}[{legs[one]}]" for one in names)
    text = f"input {nodes}\nY[] = {nodes}\nreturn Y"
    with pytest.raises(Failure, match="more than the studio lays out"):
        drawn(read(text))
    nodes = " ".join(f"X[n{i}]" for i in range(81))
    many = f"input X[n]\nY[{' '.join(f'n{i}' for i in range(81))}] = {nodes}\nreturn Y"
    with pytest.raises(Failure):
        planned(many, {})
