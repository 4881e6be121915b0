"""What the page says of a model: its figure, its plan, its module and its counts."""

from __future__ import annotations

from collections.abc import Mapping

from diagram import parameters
from diagram.language.count import Count, maps
from frontend import results
from frontend.attention.state import FREE, Model
from frontend.programs import opened
from frontend.results import Picture, Planned


def picture(model: Model) -> Picture:
    """The figure, with the placement of the model where it has one; the same for all numbers."""
    return results.drawn(model.program, model.name or "")


def compared(model: Model, other: Model) -> Picture:
    """The same, with marks where the other model has not the same."""
    texts = [str(opened(each.program)) for each in (model, other)]
    return results.compared(texts[0], {}, model.name or "", texts[1])


def differences(left: Model, right: Model) -> list[str]:
    """What the two have otherwise, in the words of the page."""
    texts = [str(opened(each.program)) for each in (left, right)]
    said = results.differences(texts[0], {}, texts[1])
    return [
        line.replace("the first", "the left").replace("the second", "the right") for line in said
    ]


def planned(model: Model, sizes: Mapping[str, int]) -> Planned:
    """The plan as a table, and its FLOPs."""
    return results.planned(model.text, sizes)


def python_file(model: Model) -> str:
    """A Python file that defines the module."""
    name = "".join(word.capitalize() for word in model.base.split("-"))
    return results.python_file(model.text, {}, name)


def weights(model: Model) -> Count:
    """The parameters."""
    return parameters(model.program)


def stored_maps(model: Model, sizes: Mapping[str, int]) -> Count:
    """The elements of the attention maps."""
    return maps(model.program, **sizes)


def map_count(model: Model) -> Count:
    """How many attention maps there are for each sequence."""
    free = set(FREE) - model.program.defaults.keys()
    return maps(model.program, *free)
