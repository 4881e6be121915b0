"""README.md is a story that runs: its blocks are tried in order, in one folder and one namespace.

- `python`: a doctest where it has a prompt, else plain code.
- `text` and `td`: where it has a `return`, a whole program, and it must parse. If its first line is
  `# NAME.td`, it is also written to that file, for the commands that follow.
- `sh`: each `tensor-diagrams` command must end with 0; a `make` target must exist.
- `console`: the same, with commands after `$ `, and the lines that follow are what one prints.
"""

from __future__ import annotations

import ast
import doctest
import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import diagram
from benchmarks import report

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
UNTRIED = ("cd", "git", "pip")


@dataclass(frozen=True)
class Block:
    """A fenced block of the README: its language, its text, and the line where the text begins."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Story:
    """What one block leaves for the next: files and Python names."""

    folder: Path
    names: dict[str, object] = field(default_factory=dict)


def blocks(text: str) -> Iterator[Block]:
    for found in re.finditer(r"^```(\S*)[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield Block(found[1], found[2], text[: found.start(2)].count("\n") + 1)


BLOCKS = list(blocks((ROOT / "README.md").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("readme"))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.line}, {block.kind}")
def test_block(block: Block, story: Story, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(story.folder)
    match block.kind:
        case "python":
            run_python(block, story)
        case "text" | "td":
            read_program(block.text)
        case "sh" | "console":
            for command, printed in commands(block):
                run_command(command, printed)
        case other:
            pytest.fail(f"no test knows what to do with a block of `{other}`")


def run_python(block: Block, story: Story) -> None:
    if ">>>" not in block.text:
        tree = ast.parse(block.text, "README.md")
        ast.increment_lineno(tree, block.line - 1)
        exec(compile(tree, "README.md", "exec"), story.names)
        return
    found = doctest.DocTestParser().get_doctest(
        block.text, story.names, "README", "README.md", block.line - 1
    )
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(found, out=report.append, clear_globs=False)
    story.names.update(found.globs)
    assert runner.failures == 0, "".join(report)


def read_program(text: str) -> None:
    if not re.search(r"^return\b", text, re.MULTILINE):
        return
    diagram.parse(text)
    if named := re.match(r"# (\S+\.td)\n", text):
        Path(named[1]).write_text(text, encoding="utf-8")


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command with what it should print; nothing is asked of what `sh` prints."""
    text = block.text.replace("\\\n", " ")
    if block.kind == "console":
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed
    else:
        yield from (
            (line, "") for line in text.splitlines() if line.strip(" ")[:1] not in {"", "#"}
        )


def run_command(command: str, printed: str) -> None:
    words = shlex.split(command, comments=True)
    match words:
        case ["tensor-diagrams", "studio", *_]:
            words = ["tensor-diagrams", "studio", "--help"]
        case ["tensor-diagrams", *_]:
            pass
        case ["make", *rest]:
            check_targets(rest)
            return
        case ["python", "-m", module, *_]:
            assert importlib.util.find_spec(module), f"no module {module}"
            return
        case [first, *_] if first in UNTRIED:
            return
        case _:
            pytest.fail(f"no test knows how to run `{command}`")
    words[0] = str(Path(sys.executable).with_name(words[0]))
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    if printed:
        agree = doctest.OutputChecker().check_output(printed, result.stdout, OPTIONS)
        assert agree, f"`{command}` prints\n{result.stdout}and the README says\n{printed}"


def check_targets(words: Sequence[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        if "=" not in word:
            assert re.search(rf"^{re.escape(word)}:", makefile, re.MULTILINE), f"no target {word}"


TOLD = """
```td
# tiny.td
input A[i j]
Y[i] = A[i j]
return Y
```

```python
>>> one = 1
>>> one
1

```

```python
assert one == 1
```
"""


def test_blocks_share_a_folder_and_a_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    program, prompt, plain = blocks(TOLD)
    story = Story(tmp_path)
    read_program(program.text)
    run_python(prompt, story)
    run_python(plain, story)
    assert diagram.load(tmp_path / "tiny.td").outputs == ("Y",)


@pytest.mark.parametrize(
    "text",
    [
        "```text\nY = Missing\nreturn Y\n```",
        "```python\n>>> 1 + 1\n3\n\n```",
        "```python\nassert False\n```",
        "```sh\nmake nothing-of-the-kind\n```",
        "```sh\nrm -rf folder\n```",
        "```rust\nfn main() {}\n```",
        "```sh\npython -m benchmarks_of_nothing\n```",
    ],
)
def test_a_wrong_block_is_seen(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (block,) = blocks(text)
    with pytest.raises((AssertionError, diagram.DiagramError, pytest.fail.Exception)):
        test_block(block, Story(tmp_path), monkeypatch)


@pytest.mark.parametrize("path", [report.ALL, report.FRONT])
def test_every_figure_is_one_that_was_measured(path: Path):
    """`make bench` writes the results, and the tables from them."""
    text = path.read_text(encoding="utf-8")
    assert "<!-- results -->" in text
    assert text == report.filled(text), "run `python -m benchmarks.report`"
