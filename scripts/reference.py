"""docs/language.md: the picture behind each example, and the table of ops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from diagram import draw, parse
from diagram.language.ops import OPS, OneHot, Op, Reduction, Resized, Sum

PICTURED = re.compile(
    r"^```td\n(?P<text>.*?)^```\n\n!\[[^\]\n]+\]\((?P<path>pictures/\w+\.svg)\)$",
    re.MULTILINE | re.DOTALL,
)
TABLE = re.compile(r"(?<=<!-- ops -->\n).*?(?=<!-- end -->)", re.DOTALL)

MEANING: Mapping[str, str] = {
    "relu": "max(x, 0)",
    "gelu": "x times the normal distribution function at x",
    "silu": "x sigmoid(x)",
    "elu": "x where positive, exp(x) - 1 elsewhere",
    "softplus": "log(1 + exp(x))",
    "tanh": "",
    "sigmoid": "",
    "exp": "",
    "log": "",
    "sqrt": "",
    "square": "",
    "recip": "1 / x",
    "cos": "",
    "sin": "",
    "softmax": "along `l`; a row that is masked whole gives zeros",
    "log_softmax": "its logarithm",
    "cumsum": "running sums along `l`",
    "sort": "in order along `l`, the largest first where `descending=1`",
    "layer_norm": "mean 0 and variance 1 over the legs",
    "rms_norm": "mean square 1 over the legs",
    "unit": "Euclidean norm 1 over the legs",
    "batch_norm": "mean 0 and variance 1 over the legs; the values are X and two buffers, mean and "
    "variance, that are used, and updated in training",
    "causal": "minus infinity where m > n + shift, and where m <= n + shift - window",
    "mask": "minus infinity where the second value, 0 and 1 or truth values, is 0",
    "dropout": "in training an entry is 0 with probability p, else it is divided by 1 - p",
    "max": "the largest over the legs",
    "min": "the smallest over the legs",
    "mean": "the mean over the legs",
    "one_hot": "1 where the index is, 0 elsewhere",
    "concat": "one behind the other along `l`",
    "slice": "the entries from `start` to before `stop` along `l`",
    "max_pool": "the largest entry of each window; `stride` is `size` unless it is said",
}
"""What each op does, where its name does not say it."""


def pictures(text: str) -> Iterator[tuple[str, str]]:
    """The path and the SVG of each example's picture."""
    for example in PICTURED.finditer(text):
        yield example["path"], draw(parse(example["text"]), batch=True, folded=True).svg


def reference(text: str) -> str:
    """The document with the table of ops as they are."""
    return TABLE.sub(lambda _: "\n".join([*_rows(), ""]), text)


def _rows() -> Iterator[str]:
    yield "| op | legs of the result | meaning |"
    yield "|---|---|---|"
    plain = [op for op in OPS.values() if not op.names and op.values == (1, 1) and not op.options]
    names = " ".join(op.name for op in plain)
    said = "; ".join(f"{op.name}: {MEANING[op.name]}" for op in plain if MEANING[op.name])
    yield f"| `{names}` | keeps | entry by entry ({said}) |"
    for op in OPS.values():
        if op not in plain and not isinstance(op, Sum):
            yield f"| `{signature(op)}` | {_result(op)} | {MEANING[op.name]} |"


def _result(op: Op) -> str:
    if isinstance(op, Reduction):
        return "lacks the named"
    if isinstance(op, OneHot):
        return "adds `v`"
    return "keeps, of other lengths" if isinstance(op, Resized) else "keeps"


def signature(op: Op) -> str:
    """An op as it is written, its options by name."""
    legs = " ".join(op.names) + (" ..." if op.several else "")
    least, most = op.values
    values = ["X", "Y", "Z"][:least] + (["..."] if most > least else [])
    options = [f"{name}=" for name in op.options]
    return f"{op.name}{f'[{legs}]' if legs else ''}({', '.join([*values, *options])})"
