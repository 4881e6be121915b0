"""The canvas as a person uses it: attention by mouse alone, a mistake, undo, and all at once."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from diagram import equivalent
from frontend.board.ops import Fold, op
from frontend.edit.edits import EMPTY, Edited, Sketch, apply
from frontend.programs import opened
from models import ZOO
from tests.browser.board import PATIENCE, Hand
from tests.frontend.board.gestures import gesture


@pytest.fixture(scope="module")
def hand(browser: Browser, studio_url: str) -> Iterator[Hand]:
    """One visitor, at an empty canvas."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.goto(f"{studio_url}/playground")
    expect(page.locator(".board .figure svg")).to_have_count(1, timeout=PATIENCE)
    hand = Hand(page)
    hand.press("New")
    hand.rest()
    expect(page.get_by_text("Nothing is here yet")).to_be_visible(timeout=PATIENCE)
    yield hand
    context.close()


def test_multi_head_attention_by_mouse_alone(hand: Hand):
    hand.add("input", "b n f")
    hand.add("weight", "f h d", "f h d", "f h d", "h d f")
    q, k, v, o = "W", "W2", "W3", "W4"
    for _ in range(2):
        hand.thing(hand.uses("X")[0]).click()
        hand.press("Duplicate")
        hand.rest()
    _, two, three = hand.uses("X")
    hand.join(f"{two}/2", "W/0")
    hand.join(f"{three}/2", "W2/0")

    def of(weight: str, axis: int) -> str:
        return f"{hand.uses(weight)[0]}/{axis}"

    def beside(weight: str) -> str:
        """The X that a weight is joined to by its f."""
        letter = hand.letter(hand.uses(weight)[0], 0)
        own = hand.uses(weight)[0].rpartition("/")[0]
        return next(
            use
            for use in hand.uses("X")
            if use.rpartition("/")[0] == own and hand.letter(use, 2) == letter
        )

    hand.join(of(q, 2), of(k, 2))
    hand.batch(of(q, 1), of(k, 1))
    hand.batch(f"{beside(q)}/0", f"{beside(k)}/0")
    hand.choose(of(q, 2))
    hand.press("Scale …")
    hand.press("/ sqrt(d)")
    hand.rest()
    hand.choose(f"{beside(k)}/1")
    hand.press("Op …")
    hand.press("softmax")
    hand.rest()
    (free,) = set(hand.uses("X")) - {beside(q), beside(k)}
    hand.join(f"{free}/2", "W3/0")
    hand.join(f"{beside(k)}/1", f"{beside(v)}/1")
    hand.batch(f"{beside(q)}/0", f"{beside(v)}/0")
    hand.join(of(q, 1), of(v, 1))
    hand.join(of(v, 2), "W4/1")
    hand.join(of(v, 1), of(o, 0))
    assert equivalent(hand.program, opened(ZOO["multi-head"].program())), hand.text


def test_a_leg_of_another_length_is_refused_at_the_place(hand: Hand):
    before = hand.text
    (query,) = hand.uses("W")
    target = hand.grip(f"{hand.uses('W3')[0]}/2").locator(".knob")
    at = hand.middle(target)
    hand.join(f"{query}/0", f"{hand.uses('W3')[0]}/2")
    bubble = hand.board.get_by_role("alert")
    expect(bubble).to_contain_text("only legs of one length can be joined")
    box = bubble.bounding_box()
    assert box
    assert abs(box["x"] + box["width"] / 2 - at[0]) < 200
    assert abs(box["y"] + box["height"] / 2 - at[1]) < 100
    assert hand.text == before
    hand.thing(query).click()
    expect(bubble).to_be_hidden()


def test_what_is_refused_stays_in_its_field(hand: Hand):
    before = hand.text
    hand.press("Add node")
    field = hand.board.get_by_role("dialog").get_by_role("textbox")
    for text in ("X[b n f]", "9[[", "9[["):
        field.fill(text)
        field.press("Enter")
        hand.rest()
        expect(hand.board.get_by_role("alert")).to_be_visible()
        expect(field).to_have_value(text)
    hand.press("Add node")
    assert hand.text == before


def test_twenty_steps_back_and_forth(hand: Hand):
    after = hand.document
    hand.press("Fit")
    for _ in range(20):
        hand.press("Undo")
    hand.rest()
    assert len(hand.document.program.lets) < len(after.program.lets)
    for _ in range(20):
        hand.press("Redo")
    hand.rest()
    assert hand.document == after


def test_a_reload_right_after_a_gesture_loses_nothing(hand: Hand):
    before, drawn = hand.document, hand.places()
    (query,) = hand.uses("W")
    node = hand.thing(query).locator("rect")
    x, y = hand.middle(node)
    hand.page.mouse.move(x, y)
    hand.page.mouse.down()
    hand.page.mouse.move(x + 30, y - 60, steps=3)
    hand.page.mouse.up()
    hand.page.reload()
    expect(node).to_be_visible(timeout=PATIENCE)
    hand.rest()
    expect(node).not_to_have_attribute("y", drawn[query][1], timeout=PATIENCE)
    after = hand.document
    assert after.text == hand.text == before.text
    assert {path for path, at in before.points.items() if after.points[path] != at} == {query}


def test_what_is_written_and_what_is_drawn_are_one(hand: Hand):
    """A text with faults is not lost to an edit of the picture: undo brings it back."""
    area = hand.page.get_by_role("textbox", name="Text of the diagram")
    area.click()
    hand.page.keyboard.press("Control+End")
    hand.page.keyboard.type(" Z")
    expect(hand.board.get_by_text("The text has faults")).to_be_visible(timeout=PATIENCE)
    faulty = hand.text
    hand.thing(hand.uses_of(hand.document.program, "W4")[0]).click()
    hand.press("Rename …")
    hand.press("WO")
    hand.rest()
    expect(area).to_contain_text("WO[h d f]", timeout=PATIENCE)
    assert "Z" not in hand.text
    area.focus()
    hand.page.keyboard.press("Control+z")
    expect(area).to_contain_text("return X2 Z", timeout=PATIENCE)
    assert hand.text == faulty
    hand.page.keyboard.press("Control+z")
    expect(hand.board.get_by_text("The text has faults")).to_be_hidden(timeout=PATIENCE)


def test_five_hundred_edits_at_full_speed(hand: Hand):
    """The document is what the log makes of the same start, and no op is missing."""
    hand.press("New")
    hand.rest()
    start = int(hand.board.get_attribute("data-taken") or 0)
    chance, sketch, acts = random.Random(7), Sketch(EMPTY), []
    for number in range(start + 1, start + 501):
        act = gesture(sketch.program, chance)
        acts.append({**act, "seen": number - 1})
        sketch = replayed(sketch, {"n": number, **acts[-1]})
    hand.board.evaluate(
        "async (board, acts) => { for (const act of acts) { board.push(act);"
        " if (Math.random() < 0.1) await new Promise(requestAnimationFrame); } }",
        acts,
    )
    hand.rest()
    sent = hand.board.evaluate("board => board.record()")[-500:]
    assert [op["n"] for op in sent] == list(range(start + 1, start + 501))
    found = hand.document
    assert found.program == sketch.program
    assert found.points == dict(sketch.points)
    assert hand.program == sketch.program


def replayed(sketch: Sketch, sent: dict[str, object]) -> Sketch:
    read = op(sent)
    assert read is not None
    assert not isinstance(read.act, str | Fold)
    found = apply(sketch, read.act)
    return found.sketch if isinstance(found, Edited) else sketch
