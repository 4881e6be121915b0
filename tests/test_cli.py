"""The command: what it prints, its exit codes, and its messages for bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diagram.cli import main

ATTENTION = """\
dims   f=8 h=2 d=4
input  X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)
A[b h n m] = softmax[m](S)
Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]
return Y
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "attention.td"
    path.write_text(ATTENTION, encoding="utf-8")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


def test_check_counts(capsys, file):
    assert run(capsys, "check", file) == (
        0,
        "ok: 5 sources, 3 lets, 4 f h d = 256 parameters\n",
        "",
    )


def test_check_warns_on_stderr(capsys, tmp_path):
    path = tmp_path / "odd.td"
    path.write_text("input X[n f]\nweight W[g d]\nY[n d] = X[n f] W[g d]\nreturn Y\n")
    code, out, err = run(capsys, "check", str(path))
    assert code == 0
    assert out.startswith("ok: ")
    assert "warning: Y: leg `f` of X stands at no other node and is summed out\n" in err


def test_params(capsys, file):
    code, out, _ = run(capsys, "params", file, "--dims", "h=3")
    assert code == 0
    assert out.splitlines()[0] == "WQ     f h d = 96"
    assert out.splitlines()[-1] == "total  4 f h d = 384"


def test_plan_prints_the_table(capsys, file):
    code, out, _ = run(capsys, "plan", file, "--dims", "b=2,n=3")
    assert code == 0
    assert "softmax[m](Y:q Y:k) Y:v" in out
    assert out.splitlines()[0] == "dims: f=8 h=2 d=4 b=2 n=3"


def test_run_says_every_let(capsys, file):
    code, out, _ = run(capsys, "run", file, "--dims", "b=1,n=12")
    assert code == 0
    assert [line.split(";")[0] for line in out.splitlines()] == [
        "S: 1 × 2 × 12 × 12",
        "A: 1 × 2 × 12 × 12",
        "Y: 1 × 12 × 8",
    ]


def test_run_reads_inputs_and_is_repeatable(capsys, file, tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.ones((1, 9, 8)))
    first = run(capsys, "run", file, "--input", f"X={path}")
    assert first[0] == 0
    assert "Y: 1 × 9 × 8" in first[1]
    assert first == run(capsys, "run", file, "--input", f"X={path}")


def test_draw_and_export_write_files(capsys, file, tmp_path):
    svg, python = tmp_path / "a.svg", tmp_path / "a.py"
    assert run(capsys, "draw", file, "-o", str(svg))[0] == 0
    assert svg.read_text(encoding="utf-8").startswith("<svg")
    assert run(capsys, "export", file, "--to", "python", "-o", str(python))[0] == 0
    assert "class Module(nn.Module):" in python.read_text(encoding="utf-8")
    assert run(capsys, "export", file, "--to", "text") == (0, ATTENTION, "")


def test_standard_input(capsys, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("input X[n]\nreturn X"))
    assert run(capsys, "check", "-")[:2] == (0, "ok: 1 source, 0 lets, 0 parameters\n")


BAD = [
    (["check", "missing.td"], "cannot read missing.td: No such file or directory\n"),
    (["plan", "@", "--dims", "f"], "--dims f: `f` is not of the form name=number\n"),
    (["plan", "@", "--dims", "q=3"], "`q` is no dim of this program\n"),
    (["run", "@"], "no number for `b`, `n`; give one: --dims b=4,n=4\n"),
    (["run", "@", "--input", "X"], "--input X is not of the form NAME=FILE.npy\n"),
    (["run", "@", "--input", "Q=a.npy"], "--input Q=a.npy: `Q` is no source of this program\n"),
    (["run", "@", "--input", "X=a.npy"], "cannot read a.npy: No such file or directory\n"),
    (["run", "@", "--input", "X=@"], "@ is no array of numbers as numpy.save writes it\n"),
    (["plan", "@", "--dims", "f=" + "9" * 5000], "--dims: the number of `f` has 5,000 digits\n"),
    (["plan", "@", "--dims", "f=3,f=4"], "--dims f=3,f=4: `f` is given twice\n"),
    (["params", "@", "--dims", "q=4"], "`q` is no dim of this program\n"),
    (["draw", "@", "--dims", "q=4"], "`q` is no dim of this program\n"),
    (["run", "@", "--dims", "q=4"], "`q` is no dim of this program\n"),
    (["run", "@", "--input", "X=a", "--input", "X=b"], "--input X=b: `X` is given twice\n"),
    (
        ["run", "@", "--dims", "b=1,n=1", "--seed", "9" * 23],
        f"the seed is {'9' * 23}; a whole number from 0 to 2^63 - 1 is wanted\n",
    ),
    (["draw", "@", "-o", "a.gif"], "cannot save a drawing as `.gif`; formats: .svg\n"),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_bad_input_exits_with_2(capsys, file, words, message):
    words = [word.replace("@", file) for word in words]
    assert run(capsys, *words) == (2, "", message.replace("@", file))


@pytest.mark.parametrize(
    "dims", ["b=1,n=100000000", "b=1,n=1,f=99999999999999999999", "b=1,n=2000000"]
)
def test_sizes_beyond_the_memory_are_refused(capsys, monkeypatch, file, dims):
    monkeypatch.setattr("diagram.runtime.trial._memory", lambda: 2**34)
    code, out, err = run(capsys, "run", file, "--dims", dims)
    assert (code, out) == (2, "")
    assert err.startswith("the values have ")
    assert err.endswith(" GiB, more than the 16.0 GiB of this machine\n")


def test_a_failure_of_torch_is_one_line(capsys, monkeypatch, file):
    def fail(*_: object) -> object:
        raise RuntimeError("out of luck\nat line 3")

    monkeypatch.setattr("diagram.runtime.trial.evaluate", fail)
    assert run(capsys, "run", file, "--dims", "b=1,n=1") == (
        2,
        "",
        f"cannot run {file}: out of luck\n",
    )


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "program.td"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_run_takes_whole_numbers_and_refuses_complex_ones(capsys, tmp_path):
    program = written(tmp_path, "input X[n]\nY[n] = softmax[n](X)\nreturn Y\n")
    path = tmp_path / "x.npy"
    np.save(path, np.zeros(2, int))
    code, out, _ = run(capsys, "run", program, "--input", f"X={path}")
    assert (code, out) == (0, "Y: 2\ntensor([0.5000, 0.5000])\n")
    for entries, kind in ((np.ones(2, complex), "complex128"), (np.array(["ab"]), "<U2")):
        np.save(path, entries)
        message = f"{path} holds {kind} entries; real numbers are wanted\n"
        assert run(capsys, "run", program, "--input", f"X={path}") == (2, "", message)
    several = tmp_path / "x.npz"
    np.savez(several, a=np.ones(2))
    message = f"{several} holds several arrays; one is wanted, as numpy.save writes it\n"
    assert run(capsys, "run", program, "--input", f"X={several}") == (2, "", message)


def test_dims_may_be_called_as_values_and_options_are(capsys, tmp_path):
    text = "dims b\nweight b[batch]=ones\nY[batch] = b[batch] * b\nreturn Y\n"
    program = written(tmp_path, text)
    code, out, _ = run(capsys, "run", program, "--dims", "b=2,batch=1")
    assert (code, out) == (0, "Y: 1\ntensor([2.])\n")
    for command in ("draw", "export", "plan", "params"):
        assert run(capsys, command, program, "--dims", "b=2,batch=1")[0] == 0


def test_an_index_may_have_any_bound(capsys, tmp_path):
    program = written(tmp_path, "index T[n] of v\nreturn T\n")
    assert run(capsys, "run", program, "--dims", f"n=2,v={'9' * 30}")[0] == 0


def test_standard_input_is_utf8(capsys, monkeypatch):
    import io

    good, bad = "input X[ν]\nreturn X".encode(), b"input X[\xff]\nreturn X"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(good), encoding="ascii"))
    assert run(capsys, "check", "-")[0] == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bad), encoding="latin-1"))
    message = "cannot read standard input: it is not UTF-8 text\n"
    assert run(capsys, "check", "-") == (2, "", message)


def test_terminals_without_signs(capsys, monkeypatch, tmp_path, file):
    import io

    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", out)
    assert main(["run", file, "--dims", "b=1,n=12"]) == 0
    out.seek(0)
    assert out.readline().startswith("S: 1 ? 2 ? 12 ? 12; mean")
    greek = written(tmp_path, "input X[ν]\nreturn X\n")
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert main(["export", greek, "--to", "text"]) == 2
    message = "standard output is ascii and has no '\\u03bd'; write a file with -o\n"
    assert capsys.readouterr().err == message


def test_a_bad_program_is_shown_with_carets(capsys, tmp_path):
    path = tmp_path / "bad.td"
    path.write_text(ATTENTION.replace("softmax[m](S)", "softmax[m](Score)"), encoding="utf-8")
    code, out, err = run(capsys, "plan", str(path))
    assert (code, out) == (2, "")
    assert err == (
        "1 problem in the program:\n"
        "  line 5, A: `Score` is not defined; did you mean `S`?\n"
        "    A[b h n m] = softmax[m](Score)\n"
        "                            ^^^^^\n"
    )


@pytest.mark.parametrize("words", [[], ["frobnicate"], ["plan"], ["export", "x", "--to", "word"]])
def test_wrong_usage_exits_with_2(capsys, words):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "usage: tensor-diagrams" in capsys.readouterr().err
