"""The documents are current: what they show is what the project prints and draws today."""

from __future__ import annotations

import doctest
import re
from functools import lru_cache
from pathlib import Path

import pytest

import diagram
from diagram.language.ops import OPS, Sum
from scripts.catalogue import EXAMPLE, Catalogue, catalogue
from scripts.docs import DOCS, read
from scripts.reference import MEANING, pictures, reference
from tests.language.messages import HOLE, Message, messages

ROOT = Path(__file__).resolve().parent.parent


@lru_cache
def errors() -> Catalogue:
    return catalogue(read("errors.md"))


def test_every_error_is_told_word_for_word():
    written, made = (
        [example[0] for example in EXAMPLE.finditer(text)]
        for text in (read("errors.md"), errors().text)
    )
    assert len(written) == len(made)
    for one, other in zip(written, made, strict=True):
        assert one == other, "run `make docs` and read what has changed"


UNSEEN = {
    f"the diagram has no `{HOLE}/{HOLE}`": "a place in no text; tests/planner/test_apart.py",
    "this program has too many parts that are alike to compare it; compare smaller ones": "a long "
    "search; tests/equality",
    "cannot read standard input: it is not UTF-8 text": "tests/test_cli.py",
    "standard input is one program; name a file for the other": "tests/test_cli.py",
    f"cannot write {HOLE}: {HOLE} is no sign": "a lone half of a letter; tests/test_cli.py",
    f"cannot run {HOLE}: {HOLE}": "what torch says of a value that is too large",
    f"cannot run {HOLE}: the memory is used up": "the memory of this machine",
    f"standard output is {HOLE} and has no {HOLE}; write a file with -o": "tests/test_cli.py",
    "the studio is not installed; pip install 'tensor-diagrams[app]'": "it is installed here",
    f"{HOLE} needs {HOLE}, which is not installed; pip install 'tensor-diagrams[export]'": "it is "
    "installed here; tests/draw/test_pdf.py",
    f"{HOLE} holds {HOLE} entries, which torch has not": "not every machine has such numbers",
    "the dims of this module do not fit the program": "a module without free dims always fits",
    f"ONNX needs {HOLE}: pip install 'tensor-diagrams[onnx]'": "it is installed here",
    "ONNX cannot hold this program: ": "what torch's exporter says, which changes; as below",
    f"ONNX cannot hold this program: {HOLE}": "tests/runtime",
    f"ONNX cannot hold this program: it has no counterpart of torch's `{HOLE}` as it is called "
    "here": "tests/runtime",
    f"torch cannot export this program: {HOLE}": "what torch says",
    f"torch cannot export this program with any other `{HOLE}`": "what torch fixes, which changes",
    f"defs nested deeper than {HOLE}": "sixty defs inside each other; tests/language",
    "there may be more": "the hundredth fault of a document; tests/language",
}
"""Messages without an example, and why, or where else they are tested."""


@pytest.mark.parametrize(
    "message", messages(ROOT / "diagram"), ids=lambda m: m.wording.replace(HOLE, "...")
)
def test_every_message_of_the_library_has_an_example(message: Message):
    is_told = message.is_told(errors().messages)
    assert is_told or message.wording in UNSEEN, f"{message}: give an example in docs/errors.md"


def test_what_has_no_example_is_still_a_message():
    known = {message.wording for message in messages(ROOT / "diagram")}
    assert set(UNSEEN) <= known
    assert not [
        wording
        for wording in UNSEEN
        if any(Message("", wording).is_told([text]) for text in errors().messages)
    ]


# -- docs/language.md -----------------------------------------------------------------------------

LANGUAGE = read("language.md")
EXAMPLES = re.findall(r"^```td\n(.*?)^```", LANGUAGE, re.MULTILINE | re.DOTALL)
PICTURES = dict(pictures(LANGUAGE))


def test_every_example_has_a_picture():
    assert len(PICTURES) == len(EXAMPLES) > 15
    assert {path.name for path in (DOCS / "pictures").iterdir()} == {
        Path(name).name for name in PICTURES
    }


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_current(name: str):
    assert (DOCS / name).read_text(encoding="utf-8") == PICTURES[name], "run `make docs`"


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_is_right_and_reads_back(text: str):
    program = diagram.parse(text)
    assert diagram.parse(str(program)) == program


def test_the_table_of_ops_is_current():
    assert reference(LANGUAGE) == LANGUAGE, "run `make docs`"
    assert set(MEANING) == {name for name, op in OPS.items() if not isinstance(op, Sum)}


def test_the_python_of_the_reference_runs():
    found = doctest.DocTestParser().get_doctest(LANGUAGE, {}, "language", "language.md", 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(found, out=report.append)
    assert found.examples
    assert not report, "".join(report)


def test_the_reference_is_short():
    assert len(LANGUAGE.splitlines()) < 400


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([\w/.]+\.\w+)\)", LANGUAGE + read("errors.md")):
        assert (DOCS / target).exists(), target
