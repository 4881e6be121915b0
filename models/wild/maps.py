"""The attention maps of MiniLM on a sentence: what each head of each layer looks at."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.pretrained.sentence import Sentence
from models.wild import whole
from models.wild.state import Loaded

T = TypeVar("T")
Array = NDArray[np.float64]

HABITS = ("itself", "the one before", "the one after", "the first", "the last", "others")
"""What a token may look at."""


@dataclass(frozen=True)
class Maps:
    """The weights of attention on a sentence, `of: l h n m`; each row over m sums to one."""

    sentence: Sentence
    of: Array


def mapping(sentence: Sentence) -> Generator[tuple[float, str], None, Maps]:
    """The maps; it yields the share that is done with what comes next.

    >>> from models.pretrained.sentence import cut
    >>> made(mapping(cut("A cat sat."))).of.shape
    (6, 12, 6, 6)
    """
    yield 0.0, "Reading the weights"
    loaded = _minilm()
    yield 0.6, "Running the model on the sentence"
    return Maps(sentence, _weights(loaded, sentence))


def made(work: Generator[object, None, T]) -> T:
    """What work returns once it has gone through all its parts."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: T = end.value
            return found


@lru_cache(maxsize=1)
def _minilm() -> Loaded:
    return whole.minilm()


def _weights(loaded: Loaded, sentence: Sentence) -> Array:
    import torch

    from diagram import interpret

    tokens = torch.tensor([sentence.numbers])
    given = (tokens, torch.zeros_like(tokens), torch.ones_like(tokens))
    with torch.no_grad():
        values = interpret(loaded.program, *given, **loaded.weights)
    layers = [value for name, value in values.items() if name.endswith(".heads.A")]
    return torch.cat(layers).double().numpy()


def habits(of: Array) -> Array:
    """How much of its attention each head spends on what, on average: `h n n` to `h habits`.

    What is more than one thing at once, as the first token at the first place, counts as the one
    that `HABITS` names first. Each row sums to one.

    >>> habits(np.eye(3)[None]).tolist()
    [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    n = of.shape[-1]
    before = np.arange(n)[:, None] - np.arange(n)
    place = np.full((n, n), len(HABITS) - 1)
    place[:, -1], place[:, 0] = 4, 3
    for habit, distance in ((2, -1), (1, 1), (0, 0)):
        place[before == distance] = habit
    kinds = place[..., None] == np.arange(len(HABITS))
    return np.asarray(np.einsum("hnm,nmk->hk", of, kinds) / n)
