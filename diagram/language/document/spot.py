"""A spot in a document: what stands there and the way to it, so that every fault says where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from diagram.errors import DiagramError, Fault, suggest
from diagram.language.document.text import OF, Entries, Literal
from diagram.language.reader import Reader, read_size
from diagram.language.size import Size
from diagram.language.tokens import Token, statements

MOST_FAULTS = 100
MISSING = object()
"""Stands where a key that must be there is not; that is told once, and nothing else of it."""


class Faults(list[Fault]):
    """What is wrong so far; a document with very many faults is not read to its end."""

    def put(self, path: str, message: str) -> None:
        """Remembers a fault; at the hundredth the reading ends."""
        self.append(Fault(message, path))
        if len(self) >= MOST_FAULTS:
            raise DiagramError([*self, Fault("there may be more")], of=OF)


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of a document under its key; what is read of a wrong one stands in for it."""

    value: object
    faults: Faults
    key: str | int = ""
    above: Spot | None = None

    @property
    def path(self) -> str:
        """The way from the top: `lets[3].diagram.nodes[0].axes`."""
        if self.above is None:
            return ""
        if isinstance(self.key, int):
            return f"{self.above.path}[{self.key}]"
        return ".".join(part for part in (self.above.path, self.key) if part)

    def fault(self, message: str) -> None:
        """Remembers what is wrong here."""
        self.faults.put(self.path, message)

    def wrong(self, wanted: str) -> None:
        """Remembers that something else stands here than is wanted."""
        if self.value is not MISSING:
            self.fault(f"expected {wanted}, found {said(self.value)}")

    def under(self, key: str | int, value: object) -> Spot:
        return Spot(value, self.faults, key, self)

    # -- what can stand in a document ---------------------------------------------------------

    def members(self, must: Sequence[str], may: Sequence[str] = ()) -> Mapping[str, Spot]:
        """The spots of an object by key; those that it may have are left out where it has not."""
        if not isinstance(self.value, Entries):
            self.wrong("an object")
            return {key: self.under(key, MISSING) for key in must}
        known = (*must, *may)
        for key in self.value.keys() - set(known):
            keys = f"(keys: {', '.join(known)})"
            self.fault(f"no key `{key[:40]}` here{suggest(key[:40], known, similar=True)} {keys}")
        for key in must:
            if key not in self.value:
                self.fault(f"`{key}` is missing")
        found = {key: self.under(key, MISSING) for key in must}
        return found | {key: spot for key, spot in self.entries().items() if key in known}

    def entries(self) -> Mapping[str, Spot]:
        """The spots of an object whose keys are free."""
        if not isinstance(self.value, Entries):
            self.wrong("an object")
            return {}
        for key in self.value.doubled:
            self.fault(f"the key `{key[:40]}` stands here twice")
        return {key: self.under(key, value) for key, value in self.value.items()}

    def items(self) -> Sequence[Spot]:
        if not isinstance(self.value, list):
            self.wrong("a list")
            return ()
        return [self.under(place, item) for place, item in enumerate(self.value)]

    def text(self) -> str:
        if isinstance(self.value, str):
            return self.value
        self.wrong("a text")
        return ""

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.wrong("true or false")
        return self.value is True

    def count(self) -> int:
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return self.value
        self.wrong("a whole number")
        return 1

    def choice(self, of: Sequence[str]) -> str:
        if self.value in of and isinstance(self.value, str):
            return self.value
        self.wrong(f"one of {', '.join(of)}")
        return of[0]

    # -- words of the language ----------------------------------------------------------------

    def name(self, part: bool = False) -> str:
        """A name, or (`part`) that of a part: `Y~1`."""
        text = self.text()
        base, tilde, number = text.partition("~")
        counted = number.isdecimal() and number.isascii() and number[0] != "0"
        try:
            known = read_name(base)
        except DiagramError as error:
            if isinstance(self.value, str):
                self.fault(error.faults[0].message)
            return text
        if tilde and not (part and counted and len(number) < 10):
            self.fault(f"`{text[:40]}` is no name")
        return known + tilde + number

    def size(self) -> Size:
        """A size as its text, or as a number."""
        value = self.value
        if isinstance(value, Literal):
            value = value.text
            if not value.lstrip("-")[0].isdigit():
                self.fault(f"`{value}` is no size: it is no number")
                return Size()
        if not isinstance(value, str | int) or isinstance(value, bool):
            self.wrong("a size, as a number or a text")
            return Size()
        try:
            return size_of(str(value))
        except DiagramError as error:
            self.fault(f"`{str(value)[:40]}` is no size: {error.faults[0].message}")
            return Size()


def said(value: object) -> str:
    """A value of a document as messages call it."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return f"the text `{value[:40]}`"
        case list():
            return "a list"
        case Literal(text):
            return f"the number {text[:40]}"
        case int():
            return f"the number {str(value)[:40]}"
        case _:
            return "an object"


def _tokens(text: str) -> Sequence[Token]:
    """The tokens of a text of one line."""
    faults: list[Fault] = []
    found = statements(text, faults)
    if faults:
        raise DiagramError(faults[:1])
    if "\n" in text or "#" in text or not found:
        raise DiagramError("it is no line of the language")
    return found[0].tokens


@lru_cache(maxsize=4096)
def read_name(text: str) -> str:
    """The name that a text is, in its normal form; DiagramError if it is none."""
    try:
        tokens = _tokens(text)
    except DiagramError:
        raise DiagramError(f"`{text[:40]}` is no name") from None
    if len(tokens) > 1 or text != text.strip():
        raise DiagramError(f"`{text[:40]}` is no name")
    return Reader(tokens).word("a name").text


@lru_cache(maxsize=4096)
def size_of(text: str) -> Size:
    """The size that a text says; DiagramError if it says none."""
    reader = Reader(_tokens(text))
    size = read_size(reader)
    if reader.here.kind != "end":
        raise reader.error(f"did not expect `{reader.here.text[:40]}`")
    return size
