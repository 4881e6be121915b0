"""Laws of what a click tells."""

from __future__ import annotations

import pytest

from diagram.draw.build import scene
from diagram.language.unfold import unfold
from frontend.document import example
from frontend.limits import MOST_NODES
from frontend.programs import read
from frontend.results import Failure, described

GPT = example("gpt-2")


def test_what_is_not_planned_says_why_to_a_click_too():
    product = " ".join(["X[n]"] * (MOST_NODES + 1))
    with pytest.raises(Failure, match=f"^Y is a product of {MOST_NODES + 1} nodes"):
        described(f"input X[n]\nY[n] = {product}\nreturn Y", {}, "Y")


@pytest.mark.parametrize("unfolded", [(), ("Y.0",), ("Y.1",), ("Y.0", "Y.1")], ids=str)
def test_all_that_is_drawn_is_told_in_unfolded_calls_too(unfolded: tuple[str, ...]):
    found = unfold(read(GPT.good), unfolded)
    drawn = scene(found.program, inside=found.inside)
    told = {id: described(GPT.good, GPT.numbers, id, unfolded) for id in drawn.ids}
    assert all(each.title and each.rows for each in told.values())
    assert all(dict(told[path].rows)["def"] == found.inside[path].definition for path in unfolded)
