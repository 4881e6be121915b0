"""The document that Playground, Plan and Module share: a text, and numbers for its dims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from diagram import DiagramError, Program
from diagram.language.count import dim_names
from frontend.notation import letter
from frontend.programs import Store, fault, read
from models import BLOCKS, WILD, ZOO
from models.zoo import Example

LARGEST = 10**9
"""The largest number of a dim: counts may go where no machine does."""

STARTS = {"b": 1, "n": 1024, "m": 1024}
"""Numbers of dims that a text leaves open, until the reader says others."""
START = 16

EXAMPLES: Mapping[str, Example] = {**ZOO, **BLOCKS, **WILD}


@dataclass(frozen=True)
class Document:
    """What is worked on; `text` may have faults, `good` is the last text that had none.

    `name` is the example that it began as: a small edit leaves its nodes where they were.
    """

    text: str
    good: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    name: str = ""

    @property
    def program(self) -> Program:
        return read(self.good)

    @property
    def error(self) -> DiagramError | None:
        """What is wrong with the text, if anything is."""
        return None if self.text == self.good else reason(self.text)

    @property
    def title(self) -> str:
        if self.name not in EXAMPLES:
            return "Your diagram"
        title = EXAMPLES[self.name].title
        return title if self.good == example(self.name).good else f"{title}, edited"

    @property
    def numbers(self) -> dict[str, int]:
        """A number for each dim that can have one: the reader's, the text's, or a start."""
        program = self.program
        known = {**STARTS, **program.defaults, **self.sizes}
        dims = [dim for dim in dim_names(program) if dim not in program.equations]
        return {dim: known.get(dim, START) for dim in dims}


def reason(text: str) -> DiagramError | None:
    """Why a text cannot be read; None if it can."""
    try:
        read(text)
    except DiagramError as error:
        return error
    return None


@lru_cache(maxsize=64)
def example(name: str) -> Document:
    """A program of the zoo as a document."""
    text = str(EXAMPLES[name].program())
    return Document(text, text, name=name)


FIRST = "multi-head"


# -- what the reader does ---------------------------------------------------------------------


def current(store: Store) -> Document:
    """The document as it stands; the first one for a new visitor."""
    found = store.get("document")
    if not isinstance(found, Document):
        found = store["document"] = example(FIRST)
    return found


def revision(store: Store) -> int:
    """Which text the editor should show: another number is another text."""
    return int(store.get("document.revision", 0))


def write(store: Store, text: str) -> None:
    """The text was edited: the pictures follow as soon as it can be read.

    A number that was written into the text counts more than one that was set beside it.
    """
    before = current(store)
    if reason(text):
        _keep(store, replace(before, text=text))
        return
    old, new = before.program.defaults, read(text).defaults
    sizes = {dim: n for dim, n in before.sizes.items() if old.get(dim) == new.get(dim)}
    _keep(store, replace(before, text=text, good=text, sizes=sizes))


def open_document(store: Store, document: Document) -> None:
    """Another document takes the place of this one; the editor can undo it."""
    _keep(store, document)
    store["document.revision"] = revision(store) + 1


def resize(store: Store, dim: str, value: object) -> str:
    """Another number for a dim: taken, or why not."""
    said = fault(dim, value, LARGEST)
    if not said and isinstance(value, int):
        before = current(store)
        _keep(store, replace(before, sizes={**before.sizes, dim: value}))
    return said


def is_touched(store: Store) -> bool:
    """Whether the document is the reader's choice, and not what a new visitor sees."""
    return "document.touched" in store


def _keep(store: Store, document: Document) -> None:
    store["document"] = document
    store["document.touched"] = True


def legend(document: Document) -> list[tuple[str, str, str]]:
    """Each dim of the program, its letter and its number, as the canvas lists them."""
    return [(dim, letter(dim), f"= {number:,}") for dim, number in document.numbers.items()]
