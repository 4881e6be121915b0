"""Orders on disk: found again, under their own name, and never believed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.networks import scattered
from diagram.planner import folder, stored
from diagram.planner.network import Network
from diagram.planner.price import ELEMENTS, FLOPS, Counts, Price
from diagram.planner.search import best
from diagram.planner.tree import Path as Order

GIVEN = scattered(10, 1)
NETWORK = Network.of(GIVEN.inputs, GIVEN.output, GIVEN.sizes)
ORDER: Order = ((0, 1),) * 9


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and searches that are all slow."""
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    monkeypatch.setattr(stored, "SLOW", 0.0)
    return tmp_path


class Search:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Order:
        self.times += 1
        return ORDER


def asked(price: Price = FLOPS, optimizer: str | None = None, network: Network = NETWORK) -> int:
    """Searches that are made for two questions."""
    search = Search()
    for _ in range(2):
        assert stored.stored(network, price, optimizer, search) == ORDER
    return search.times


def test_an_order_is_found_once(home: Path):
    assert asked() == 1
    assert asked() == 0
    (file,) = home.iterdir()
    assert json.loads(file.read_text()) == {"path": [list(pair) for pair in ORDER]}


def test_what_an_order_depends_on_has_its_own_file(monkeypatch: pytest.MonkeyPatch):
    longer = scattered(10, 2)
    assert asked() == 1
    assert asked(price=ELEMENTS) == 1
    assert asked(optimizer="greedy") == 1
    assert asked(network=Network.of(longer.inputs, longer.output, longer.sizes)) == 1
    monkeypatch.setattr(stored, "SEARCH", stored.SEARCH + 1)
    assert asked() == 1


def test_names_of_edges_make_no_difference():
    names = {edge: f"renamed {edge}" for edge in GIVEN.sizes}
    inputs = [frozenset(names[edge] for edge in edges) for edges in GIVEN.inputs]
    sizes = {names[edge]: length for edge, length in GIVEN.sizes.items()}
    output = frozenset(names[edge] for edge in GIVEN.output)
    assert asked() == 1
    assert asked(network=Network.of(inputs, output, sizes)) == 0


def nameless(left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts, /) -> Counts:
    return out


def test_prices_without_a_name_are_not_kept(home: Path):
    assert asked(price=nameless) == 2
    assert not list(home.iterdir())


def test_what_is_found_fast_is_not_kept(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored, "SLOW", 60.0)
    assert asked() == 2
    assert not list(home.iterdir())


def test_off(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(folder.VARIABLE, "off")
    assert asked() == 2
    assert not list(home.iterdir())


def test_a_folder_that_cannot_be_written(home: Path, monkeypatch: pytest.MonkeyPatch):
    file = home / "file"
    file.write_text("")
    monkeypatch.setenv(folder.VARIABLE, str(file / "below"))
    assert asked() == 2


BAD: Sequence[object] = (
    "", "{", "[]", "null", '{"path": 3}', '{"path": []}', '{"path": [[0, 1]]}',
    '{"path": "((0, 1),) * 9"}', json.dumps({"path": [[0, 1]] * 8 + [[0, 2]]}),
    json.dumps({"path": [[0, 1]] * 8 + [[1, 1]]}), json.dumps({"path": [[0, 1]] * 8 + [[-1, 1]]}),
    json.dumps({"path": [[0, 1]] * 8 + [[0.0, 1.0]]}),
    json.dumps({"path": [[0, 1]] * 8 + [[0, 1, 2]]}),
    json.dumps({"path": [[0, 1]] * 8 + [[False, True]]}), json.dumps({"path": [[0, 1]] * 10}),
    "[" * 100_000, b"\xff\xfe\x00",
)  # fmt: skip


@pytest.mark.parametrize("content", BAD, ids=range(len(BAD)))
def test_a_damaged_file_is_written_anew(home: Path, content: str | bytes):
    assert asked() == 1
    (file,) = home.iterdir()
    whole = file.read_bytes()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert asked() == 1
    assert file.read_bytes() == whole


def test_a_search_reads_the_disk(home: Path):
    """The order in the file is taken, even where it is not the one that would be found."""
    plain = scattered(14, 77)
    given = plain.inputs, plain.output, plain.sizes
    found = best(*given)
    (file,) = home.iterdir()
    assert json.loads(file.read_text()) == {"path": [list(pair) for pair in found]}
