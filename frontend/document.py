"""The document that Playground, Plan and Module share: a text, and numbers for its dims."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from diagram import DiagramError, Program
from diagram.draw.geometry import Point
from diagram.language.count import dim_names
from frontend.desk import Desk, begun, changed, typed
from frontend.edit.edits import EMPTY
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

    `name` is the example that it began as: a small edit leaves its nodes where they were. `points`
    are where the reader put things; without any the picture is laid out. `batch` shows the legs
    that ride along, `unfolded` are the calls of defs that are written out in their place.
    """

    text: str
    good: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    name: str = ""
    points: Mapping[str, Point] = field(default_factory=dict)
    batch: bool = False
    unfolded: tuple[str, ...] = ()

    @property
    def program(self) -> Program:
        return program(self.good)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn yet."""
        return is_blank(self.good)

    @property
    def error(self) -> DiagramError | None:
        """What is wrong with the text, if anything is; an empty one is a diagram too."""
        return None if self.text == self.good or is_blank(self.text) else reason(self.text)

    @property
    def title(self) -> str:
        if self.name not in EXAMPLES:
            return "Your diagram"
        title = EXAMPLES[self.name].title
        return title if self.good == example(self.name).good else f"{title}, edited"

    @property
    def numbers(self) -> dict[str, int]:
        """A number for each dim that can have one: the reader's, the text's, or a start."""
        if self.is_empty:
            return {}
        program = self.program
        known = {**STARTS, **program.defaults, **self.sizes}
        dims = [dim for dim in dim_names(program) if dim not in program.equations]
        return {dim: known.get(dim, START) for dim in dims}


BLANK = re.compile(r"(?:[ \t]*(?:#[^\n]*)?(?:\n|$))*")


def is_blank(text: str) -> bool:
    """Whether a text has nothing but notes.

    >>> is_blank("# attention\\n"), is_blank("input X[n]")
    (True, False)
    """
    return BLANK.fullmatch(text) is not None


def program(text: str) -> Program:
    """The program of a text that has no faults; an empty text is the empty one."""
    return EMPTY if is_blank(text) else read(text)


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

Places = Mapping[str, Point]


def desk(store: Store) -> Desk[Document]:
    """All there is of the document of a session; a new visitor has the first one."""
    found = store.get("desk")
    if not isinstance(found, Desk):
        found = store["desk"] = Desk(example(FIRST))
    return found


def current(store: Store) -> Document:
    """The document as it stands."""
    return desk(store).document


def revision(store: Store) -> int:
    """Which text the editor should show: another number is another text."""
    return desk(store).revision


def write(
    store: Store, text: str, kept: Callable[[Document, Places], Places] | None = None
) -> None:
    """The text was edited: the pictures follow as soon as it can be read.

    A number that was written into the text counts more than one that was set beside it. `kept` says
    where things are of which some had a place.
    """
    before = current(store)
    found = replace(before, text=text)
    if is_blank(text) or reason(text) is None:
        old, new = before.program.defaults, program(text).defaults
        sizes = {dim: n for dim, n in before.sizes.items() if old.get(dim) == new.get(dim)}
        found = replace(found, good=text, sizes=sizes)
        if before.points:
            found = replace(found, points=kept(found, before.points) if kept else {})
    store["desk"] = typed(desk(store), found)


def open_document(store: Store, document: Document) -> None:
    """Another document takes the place of this one; that can be undone."""
    store["desk"] = changed(desk(store), document)


def begin(store: Store, document: Document) -> None:
    """What a session begins with."""
    store["desk"] = begun(desk(store), document)


def resize(store: Store, dim: str, value: object) -> str:
    """Another number for a dim: taken, or why not."""
    said = fault(dim, value, LARGEST)
    if not said and isinstance(value, int):
        before = current(store)
        found = replace(before, sizes={**before.sizes, dim: value})
        store["desk"] = replace(desk(store), document=found, is_touched=True)
    return said


def is_touched(store: Store) -> bool:
    """Whether the document is the reader's choice, and not what a new visitor sees."""
    return desk(store).is_touched


def legend(document: Document) -> list[tuple[str, str, str]]:
    """Each dim of the program, its letter and its number, as the canvas lists them."""
    return [(dim, letter(dim), f"= {number:,}") for dim, number in document.numbers.items()]
