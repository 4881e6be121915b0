"""What Python tells a component of the browser."""

from __future__ import annotations

from collections.abc import Mapping


def told(data: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The data as a component takes it: in a list.

    In a dict Streamlit looks for tables, and imports pandas for that: a second before the first
    figure.
    """
    return [data]
