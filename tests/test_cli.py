"""The command: what it prints, its exit codes, and its messages for bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

import diagram
from diagram import FileError, from_json, parse, to_json
from diagram.cli import main, output
from diagram.runtime import calibrating

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


def test_plan_takes_a_policy(capsys, file):
    words = ("plan", file, "--dims", "b=2,n=64", "--format", "json")
    plain, trained = (json.loads(run(capsys, *words, *more)[1]) for more in ((), ("--train",)))
    assert trained["flops"]["number"] > 2 * plain["flops"]["number"]
    limited = run(capsys, "plan", file, "--dims", "b=2,n=64", "--memory", "1MiB")
    assert "of 1.00 MiB\n" in limited[1]
    assert run(capsys, *words, "--objective", "memory", "--optimizer", "dp")[0] == 0


def test_export_for_other_runtimes(capsys, file, tmp_path):
    """Both give what the module gives, at another length than they were traced with."""
    onnx, torch_export = str(tmp_path / "a.onnx"), str(tmp_path / "a.pt2")
    torch.manual_seed(3)
    assert run(capsys, "export", file, "--to", "onnx", "-o", onnx) == (0, "", "")
    torch.manual_seed(3)
    assert run(capsys, "export", file, "--to", "torch-export", "-o", torch_export) == (0, "", "")
    torch.manual_seed(3)
    module = diagram.compile(parse(ATTENTION)).eval()
    x = torch.randn(3, 11, 8)
    expected = module(x).detach()
    torch.testing.assert_close(torch.export.load(torch_export).module()(x), expected)
    (found,) = onnxruntime.InferenceSession(onnx).run(None, {"X": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=1e-4, atol=1e-5)


def test_a_call_is_unfolded(capsys, tmp_path):
    path = tmp_path / "deep.td"
    text = "def f(X[n])\n  weight W[n]\n  Y[n] = X[n] W[n]\n  return Y\n"
    path.write_text(f"{text}input X[n]\nZ = f^3(X)\nreturn Z\n")
    code, out, _ = run(capsys, "draw", str(path), "--unfold", "Z.1")
    assert code == 0
    assert 'data-path="Z.1.Y/1"' in out
    assert 'data-path="Z.0.Y/1"' not in out
    code, _, err = run(capsys, "draw", str(path), "--unfold", "Z.3")
    assert (code, err) == (2, "--unfold Z.3: `Z.3` is no call of a def; the calls are Z\n")


@pytest.mark.usefixtures("folder")
def test_calibrate(capsys, monkeypatch):
    monkeypatch.setattr(calibrating, "SAMPLE", 1e-4)
    code, out, _ = run(capsys, "calibrate")
    assert (code, out.splitlines()[0]) == (0, "cpu in float32, per second or seconds:")
    rates = json.loads(run(capsys, "calibrate", "--dtype", "float64", "--format", "json")[1])
    assert rates["dtype"] == "float64"
    assert rates["matmul"] > 0


BAD = [
    (
        ["draw", "@", "--unfold", "S"],
        "--unfold S: `S` is no call of a def; this program has none\n",
    ),
    (["export", "@", "--to", "onnx"], "--to onnx is no text; write a file with -o\n"),
    (
        ["export", "@", "--to", "json", "--objective", "time"],
        "--objective says how to run it, which --to json does not\n",
    ),
    (["plan", "@", "--objective", "tim"], "no objective 'tim'; did you mean `time`?\n"),
    (
        ["calibrate", "--dtype", "word"],
        "torch has no dtype `word`; take float32, float64, bfloat16, float16\n",
    ),
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
    (
        ["draw", "@", "-o", "a.gif"],
        "cannot save a drawing as `.gif`; "
        "formats: .svg, .png, .pdf, .tex, .dot, .html, .td, .json\n",
    ),
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


# -- JSON -----------------------------------------------------------------------------------------


def found(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a command prints as JSON."""
    code, out, err = run(capsys, *words, "--format", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_files_of_json(capsys, monkeypatch, file, tmp_path):
    import io

    path = tmp_path / "attention.json"
    assert run(capsys, "export", file, "--to", "json", "-o", str(path)) == (0, "", "")
    assert from_json(path.read_text(encoding="utf-8")) == parse(ATTENTION)
    assert run(capsys, "export", str(path), "--to", "text") == (0, ATTENTION, "")
    for words in (["check"], ["params"], ["plan"], ["draw"], ["run", "--dims", "b=1,n=2"]):
        command, *options = words
        assert run(capsys, command, file, *options) == run(capsys, command, str(path), *options)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"\n{to_json(parse(ATTENTION))}"))
    assert run(capsys, "export", "-", "--to", "text") == (0, ATTENTION, "")


def test_check_as_json(capsys, tmp_path):
    text = "dims d=2\ninput X[n f]\nweight W[g d]\nY[n d] = X[n f] W[g d]\nreturn Y\n"
    facts = found(capsys, "check", written(tmp_path, text))
    warnings = facts.pop("warnings")
    assert facts == {
        "ok": True,
        "sources": 2,
        "lets": 1,
        "parameters": {"formula": "g d", "number": None},
    }
    message = "Y: leg `f` of X stands at no other node and is summed out"
    assert warnings[0]["message"] == message


def test_params_as_json(capsys, file):
    facts = found(capsys, "params", file, "--dims", "h=3")
    assert facts["of"]["WQ"] == {"formula": "f h d", "number": 96}
    assert facts["total"] == {"formula": "4 f h d", "number": 384}


def test_plan_as_json(capsys, file):
    facts = found(capsys, "plan", file, "--dims", "b=2,n=3")
    assert facts["dims"] == {"f": 8, "h": 2, "d": 4, "b": 2, "n": 3}
    numbers = [step["flops"]["number"] for step in facts["steps"]]
    assert facts["flops"]["number"] == sum(numbers) > 0
    assert facts["peak"] == max(step["alive"] for step in facts["steps"])
    facts = found(capsys, "plan", file)
    assert (facts["without_number"], facts["peak"]) == (["b", "n"], None)
    assert {step["flops"]["number"] for step in facts["steps"]} == {None}


def test_run_as_json(capsys, tmp_path):
    text = "input X[n]\nY[n] = log(X)\nZ[n m] = Y[n] Y[m]\nreturn Z, Y\n"
    path = tmp_path / "x.npy"
    np.save(path, np.array([1.0, 0.0]))
    words = ["run", written(tmp_path, text), "--input", f"X={path}"]
    facts = found(capsys, *words)
    assert facts["returned"] == ["Z", "Y"]
    first, second = facts["values"]
    assert first == {"name": "Y", "shape": [2], "dtype": "float64", "entries": [0.0, "-inf"]}
    assert second["entries"] == [[0.0, "nan"], ["nan", "inf"]]
    np.save(path, np.ones(100))
    first, second = found(capsys, *words)["values"]
    assert first["shape"] == [100]
    assert (second["mean"], second["std"], second["max"]) == (0, 0, 0)
    steps = found(capsys, *words, "--steps")
    assert [step["of"] for step in steps["steps"]] == ["Y", "Z"]
    assert steps["flops"] == sum(step["flops"] for step in steps["steps"])


def test_draw_and_export_as_json(capsys, file, tmp_path):
    facts = found(capsys, "draw", file)
    assert facts["svg"].startswith("<svg")
    assert {wire["dim"] for wire in facts["wires"]} >= {"h", "d"}
    path = str(tmp_path / "a.svg")
    facts = found(capsys, "draw", file, "-o", path)
    assert (facts["file"], "svg" in facts) == (path, False)
    assert Path(path).read_text(encoding="utf-8").startswith("<svg")
    assert found(capsys, "export", file, "--to", "text") == {"to": "text", "text": ATTENTION}
    facts = found(capsys, "export", file, "--to", "text", "-o", str(tmp_path / "a.td"))
    assert facts == {"to": "text", "file": str(tmp_path / "a.td")}


def test_diff(capsys, monkeypatch, file, tmp_path):
    import io

    same = written(tmp_path, ATTENTION.replace("WQ", "P").replace("[m g]", "[m k]"))
    assert run(capsys, "diff", file, same) == (0, "equivalent\n", "")
    assert found(capsys, "diff", file, same) == {"equivalent": True, "differences": []}
    other = written(tmp_path, ATTENTION.replace(" / sqrt(d)", ""))
    line = "S: scaled by 1/sqrt(d) in the first and by 1 in the second"
    assert run(capsys, "diff", file, other) == (1, f"{line}\n", "")
    code, out, err = run(capsys, "diff", file, other, "--format", "json")
    assert (code, json.loads(out), err) == (1, {"equivalent": False, "differences": [line]}, "")
    monkeypatch.setattr("sys.stdin", io.StringIO(ATTENTION))
    assert run(capsys, "diff", "-", other)[0] == 1
    message = "standard input is one program; name a file for the other\n"
    assert run(capsys, "diff", "-", "-") == (2, "", message)
    message = "cannot read none.td: No such file or directory\n"
    assert run(capsys, "diff", file, "none.td") == (2, "", message)


@pytest.mark.parametrize("command", ["check", "plan", "params", "run", "draw", "diff", "export"])
def test_faults_as_json(capsys, tmp_path, command):
    text = ATTENTION.replace("softmax[m](S)", "softmax[m](Score)").replace("Y[b n f] =", "Y[b] =")
    words = [command, written(tmp_path, text), "--format", "json"]
    words += words[1:2] if command == "diff" else []
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert json.loads(err) == {
        "error": "in the program",
        "faults": [
            {
                "message": "`Score` is not defined; did you mean `S`?",
                "where": "A",
                "line": 5,
                "columns": [24, 29],
                "also": [],
            }
        ],
    }


def test_faults_without_a_place_as_json(capsys, tmp_path):
    code, out, err = run(capsys, "check", str(tmp_path / "none.td"), "--format", "json")
    assert (code, out) == (2, "")
    (fault,) = json.loads(err)["faults"]
    assert fault == {"message": f"cannot read {tmp_path}/none.td: No such file or directory"}
    path = tmp_path / "bad.json"
    path.write_text('{"version": 1, "outputs": [1]}', encoding="utf-8")
    _, _, err = run(capsys, "plan", str(path), "--format", "json")
    (fault,) = json.loads(err)["faults"]
    assert fault == {"message": "expected a text, found the number 1", "where": "outputs[0]"}


@pytest.mark.parametrize("words", [[], ["frobnicate"], ["plan"], ["export", "x", "--to", "word"]])
def test_wrong_usage_exits_with_2(capsys, words):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "usage: tensor-diagrams" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plan", "--format", "json"], "the following arguments are required: FILE"),
        (["export", "x", "--to", "word", "--format=json"], "argument --to: invalid choice: 'word'"),
    ],
)
def test_wrong_usage_as_json(capsys, words, message):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    facts = json.loads(capsys.readouterr().err)
    assert facts["error"] == "in the arguments"
    assert facts["faults"][0]["message"].startswith(f"tensor-diagrams {words[0]}: {message}")


def test_half_a_letter_is_not_written(tmp_path: Path):
    with pytest.raises(FileError) as error:
        output.write(str(tmp_path / "a.td"), "# \ud800")
    assert str(error.value).endswith("a.td: '\\ud800' is no sign")
