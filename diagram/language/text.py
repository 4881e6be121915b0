"""`parse`: from text to a checked Program, with every fault of every stage in one error."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from diagram.errors import DiagramError, Fault, FileError
from diagram.language.check import derive
from diagram.language.core import Program
from diagram.language.elaborate import Elaborator
from diagram.language.findings import Finding
from diagram.language.grammar import sentence
from diagram.language.reader import KINDS
from diagram.language.syntax import Word
from diagram.language.tokens import Statement, Token, statements


def parse(text: str) -> Program:
    """The program that a text says, or one DiagramError with all faults, carets under each.

    >>> program = parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C")
    >>> program.lets[0].maker.summed
    ('j',)
    >>> parse(str(program)) == program
    True
    """
    if not isinstance(text, str):
        raise DiagramError(f"parse reads a text, not {type(text).__name__}")
    program, elaborator, faults = _read(text)
    if not faults or program.lets or program.sources:
        findings = derive(program, frozenset(elaborator.unknown)).findings
        if faults and not program.outputs:
            findings = tuple(f for f in findings if f.places != (("return",),))
        faults += [_placed(f, elaborator) for f in findings]
    if faults:
        raise DiagramError(faults, text)
    return program


def load(path: str | PathLike[str]) -> Program:
    """The program in a file, `.json` or text; FileError if it cannot be read."""
    if not isinstance(path, str | PathLike):
        raise FileError(f"load reads a file of this path, not {type(path).__name__}")
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FileError(f"cannot read {path}: it is not UTF-8 text") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise FileError(f"cannot read {path!r}: {error}") from None
    if Path(path).suffix.lower() == ".json":
        from diagram.language.document.document import from_json

        return from_json(text)
    return parse(text)


def placed(program: Program, findings: Sequence[Finding]) -> DiagramError:
    """The error for a program that has no text of its own: its canonical text is shown."""
    try:
        text = str(program)
    except (LookupError, RecursionError):  # made by hand, of parts that are not there
        text = ""
    again, elaborator, faults = _read(text)
    if faults or again != program:
        return DiagramError([Fault(f.message, f.where) for f in findings])
    return DiagramError([_placed(f, elaborator) for f in findings], text)


def _read(text: str) -> tuple[Program, Elaborator, list[Fault]]:
    text = text.removeprefix("\ufeff")  # the mark that some editors put before UTF-8
    faults: list[Fault] = []
    elaborator = Elaborator()
    for statement in statements(text, faults):
        elaborator.goes_back(statement.tokens[0].span.start)
        try:
            elaborator.take(sentence(statement.tokens), statement.comments)
            if statement.spoiled and statement.tokens[0].text not in ("def", "return"):
                _define_what_can_be(statement, elaborator)  # it may say less than was meant
        except DiagramError as error:
            where = _define_what_can_be(statement, elaborator)
            if not statement.spoiled:
                faults += [_read_fault(f, where, statement.tokens) for f in error.faults]
    elaborator.end()
    return elaborator.program(), elaborator, faults + elaborator.faults


def _read_fault(fault: Fault, where: str, tokens: Sequence[Token]) -> Fault:
    """A fault of reading; where a line went on by its depth alone it says so."""
    first, last = tokens[0].span.line, fault.spans[0].line
    before = [token.text for token in tokens if token.span.line < last]
    open_brackets = sum((text in "([") - (text in ")]") for text in before)
    deeper = f"; line {last} continues line {first}, because it is deeper"
    hint = deeper if last > first and not open_brackets else ""
    return Fault(fault.message + hint, fault.where or where, fault.spans)


def _placed(finding: Finding, elaborator: Elaborator) -> Fault:
    spans = (elaborator.places.find(place) for place in finding.places)
    return Fault(finding.message, finding.where, tuple(s for s in spans if s is not None))


def _define_what_can_be(statement: Statement, elaborator: Elaborator) -> str:
    """A statement that cannot be read still defines names, so that one mistake is told once."""
    tokens = statement.tokens
    first = tokens[0]
    if first.text == "def":
        return _open_what_can_be(tokens, elaborator.innermost)
    outer, elaborator = elaborator, elaborator.innermost
    second = tokens[1].kind if len(tokens) > 1 else ""
    if first.text in KINDS or (second == "name" and first.text not in ("dims", "return")):
        for token in tokens:  # a word that is nearly one declares what was meant
            if token.kind == "name":
                elaborator.unknown.add(token.text)
        return first.text
    if first.kind == "name" and first.text not in ("dims", "return", "def"):
        elaborator.unknown.add(first.text)
        return first.text
    if first.text == "return":
        elaborator.outputs += [t.text for t in tokens[1:2] if t.kind == "name"]
        outer.close()
    return first.text if first.kind == "name" else ""


def _open_what_can_be(tokens: Sequence[Token], elaborator: Elaborator) -> str:
    """A def whose header cannot be read is still a def: its lines must not run into the program."""
    names = [token for token in tokens[1:] if token.kind == "name"]
    name = names[0] if names else tokens[0]
    elaborator.open(Word(name.text, name.span), (), tokens[0].span.start)
    elaborator.innermost.unknown |= {token.text for token in names[1:]}
    return "def"
