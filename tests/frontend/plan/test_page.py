"""The plan without a browser: steps, options, orders by hand, and reasons."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from diagram import parse
from frontend.document import Document, example
from frontend.link import encode
from frontend.plan import hand
from frontend.plan.compare import duration
from frontend.plan.page import slid
from frontend.plan.steps import Options, groups_at, stepped
from frontend.plan.tree import joined
from frontend.programs import Store
from frontend.results import Failure

CHAIN = (
    "dims  i=2 j=50 k=40 l=30\ninput A[i j] B[j k] C[k l]\nD[i l] = A[i j] B[j k] C[k l]\nreturn D"
)


@pytest.fixture
def app(studio):
    return studio("plan", d=encode(example("multi-head")))


@pytest.fixture
def chain(studio):
    return studio("plan", d=encode(Document(CHAIN, CHAIN)))


def metric(app: AppTest) -> str:
    return str(app.metric[0].value)


def test_the_steps_one_after_the_other(app, parts):
    assert app.header[0].value == "Step 1 of 7: Y\\:q"
    first = parts(app, "svg")[0]["svg"]
    assert "td-left" in first
    assert "td-meeting" in first
    app.slider[0].set_value(4).run()
    assert app.header[0].value == "Step 4 of 7: S"
    assert r"\sqrt{64}" in app.latex[0].value
    assert any("fused call" in caption.value for caption in app.caption)
    app.slider[0].set_value(8).run()
    assert app.header[0].value == "All is merged"
    assert parts(app, "svg")[0]["svg"].count("td-ground") == 1


def test_playing_begins_and_stops(app):
    app.button("plan.play").click().run()
    assert app.session_state["plan.plays"]
    app.button("plan.play").click().run()
    assert not app.session_state["plan.plays"]


def test_playing_goes_on_though_the_slider_tells_late_where_it_was(app):
    app.slider[0].set_value(6).run()
    late = app.slider[0].key
    app.button("plan.play").click().run()
    app.run()
    assert app.session_state["plan.at"] == 7
    app.session_state[late] = 6
    app.run()
    app.run()
    assert app.header[0].value == "All is merged"
    assert not app.session_state["plan.plays"]


def test_a_slider_that_is_gone_is_not_heard():
    """The browser sends what it had with a later click."""
    store: Store = {"plan.moves": 3, "plan.at": 7, "plan.slider.1": 6, "plan.slider.3": 5}
    slid(store, "plan.slider.1")
    assert store["plan.at"] == 7
    slid(store, "plan.slider.3")
    assert store["plan.at"] == 5


def test_another_number_and_one_that_cannot_be(app):
    before = metric(app)
    app.number_input("plan.dim.n").set_value(2048).run()
    assert metric(app) != before
    app.number_input("plan.dim.n").set_value(10**12).run()
    assert "1,000,000,000" in app.error[0].value
    app.number_input("plan.dim.n").set_value(1024).run()
    assert not app.error
    assert metric(app) == before


def test_objective_and_memory_limit(app):
    app.button_group("plan.objective").set_value("memory").run()
    assert not app.exception
    assert not app.error
    app.text_input("plan.memory").set_value("1KiB").run()
    assert "memory limit is 1,024 bytes" in app.error[0].value
    app.text_input("plan.memory").set_value("lots").run()
    assert "write a number of bytes" in app.error[0].value


def test_an_order_by_hand_costs_what_it_costs(chain):
    cheapest = stepped(CHAIN, {}, Options()).flops
    chain.button_group("plan.order").set_value("By hand").run()
    chain.button_group("plan.groups.D.()").set_value([1, 2]).run()
    chain.button("plan.merge").click().run()
    assert not chain.exception
    by_hand = stepped(CHAIN, {}, Options(order=(("D", ((1, 2),)),))).flops
    assert by_hand > cheapest
    assert any("this one, by hand" in text.value for text in chain.markdown)
    chain.button("plan.undo").click().run()
    assert hand.chosen(chain.session_state, CHAIN) == {}


def click(app: AppTest, *paths: str) -> None:
    for path in paths:
        app.session_state["plan.canvas"] = {"selected": path}
        app.run()
        assert not app.exception


def test_two_nodes_at_a_barrier_are_told_why(app):
    click(app, "S/1", "Y/2")
    assert "inside softmax" in app.info[0].value


def test_two_nodes_that_are_clicked_too_fast_are_both_heard(app):
    """The second click came before Python was told of the first."""
    app.session_state["plan.canvas"] = {"selected": "Y/2", "missed": "S/1"}
    app.run()
    assert "inside softmax" in app.info[0].value


def test_two_nodes_that_are_clicked_are_merged(chain):
    chain.button_group("plan.order").set_value("By hand").run()
    click(chain, "D/1", "D/2")
    assert hand.chosen(chain.session_state, CHAIN) == {"D": ((1, 2),)}


@pytest.mark.parametrize("paths", [("S/1", "S:d"), ("A", "Y/2"), ("Z/0", "Y/2"), ("S/99", "Y/2")])
def test_what_is_no_node_is_passed_over(app, paths):
    click(app, *paths)
    assert not app.info


def test_another_order_is_compared(chain):
    table = next(text.value for text in chain.markdown if text.value.startswith("| |"))
    assert "as it is written" in table
    assert "| Steps | 2 | 2 | 100" in table


def test_a_document_without_steps(studio):
    app = studio("plan", d=encode(Document("input X[n]\nreturn X", "input X[n]\nreturn X")))
    assert "nothing to merge" in app.info[0].value


def test_dims_of_a_text_may_be_as_large_as_they_like(studio):
    text = CHAIN.replace("50", str(10**12))
    assert metric(studio("plan", d=encode(Document(text, text))))


def test_groups_at_a_step():
    plan = stepped(CHAIN, {}, Options())
    assert groups_at(plan, 0) == ()
    assert {role for _, role in groups_at(plan, 1)} == {"left", "right"}
    assert [role for _, role in groups_at(plan, 3)] == ["made"]


def test_the_tree_of_a_plan():
    """A name is its last step, and what no step made is a leaf."""
    joints = joined(stepped(CHAIN, {}, Options()).steps)
    assert [sorted(map(str, of)) for of, _ in joints] == [["A", "B"], ["0", "C"]]


def test_a_tree_is_drawn_as_far_as_it_can_be_read(chain, studio, parts):
    trees = [part["title"] for part in parts(chain, "svg") if "td-tree" in part["svg"]]
    assert trees == ["The tree of 2 steps, step 1 marked", "The tree", "The tree"]
    large = studio("plan", d=encode(example("gpt-2")))
    assert any("too large to be read" in caption.value for caption in large.caption)


def test_a_plan_that_cannot_be_is_a_failure():
    with pytest.raises(Failure, match="no objective"):
        stepped(CHAIN, {}, Options("beauty"))


def test_nodes_that_are_none():
    program = parse(CHAIN)
    assert hand.asked(program, hand.products(program), "D/0", "D/7") is None


def test_seconds():
    assert [duration(s) for s in (1.5, 2e-3, 3.21e-6, 4e-9, 0)] == [
        "1.5 s",
        "2 ms",
        "3.21 µs",
        "4 ns",
        "0 ns",
    ]
