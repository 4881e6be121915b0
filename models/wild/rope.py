"""Rotary positions: pairs of features turn by an angle that grows with the position.

Su et al., RoFormer (2021). The angles are computed in the program from `range`, so that lengths
stay free; where a config stretches them for longer texts, the speeds of the pairs are written out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from diagram.errors import DiagramError
from models.wild.lines import decimal
from models.wild.settings import Settings

Speeds = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
"""The angle by which each pair turns per position."""


@dataclass(frozen=True)
class Rotation:
    """Pair e of d/2 turns by theta^(-2 e / d) per position, or by the `speeds` that are given.

    What is turned is multiplied by `gain`, and the scores of attention by `sharpness`.
    """

    theta: float = 10000.0
    speeds: tuple[float, ...] = ()
    gain: float = 1.0
    sharpness: float = 1.0


PLAIN = Rotation()


def rotary(d: str = "d", of: Rotation = PLAIN) -> str:
    """The lines of `R[n e c c']`: position n turns pair e of `d` features.

    `c` and `c'` are the two entries of a pair before and after. Halves are paired by
    `Q[n (c e)] R[n e c c']`, neighbours by `Q[n (e c)] R[n e c c']`.

    >>> print(rotary())
    const at[n]=range i[e:(d/2)]=range I[c:2 c':2]=eye J[c:2 c':2]=(0 1 -1 0)
    angle[n e]  = at[n] exp(-i[e] log(10000)[] * 2 / d)[e]
    R[n e c c'] = cos(angle)[n e] I[c c'] + sin(angle)[n e] J[c c']
    """
    pair = f"e:({d}/2)"
    numbers = " ".join(decimal(speed) for speed in of.speeds)
    pairs = f"speed[{pair}]=({numbers})" if of.speeds else f"i[{pair}]=range"
    speed = "speed[e]" if of.speeds else f"exp(-i[e] log({decimal(of.theta)})[] * 2 / {d})[e]"
    gain = f" * {decimal(of.gain)}" if of.gain != 1.0 else ""
    return f"""\
const at[n]=range {pairs} I[c:2 c':2]=eye J[c:2 c':2]=(0 1 -1 0)
angle[n e]  = at[n] {speed}
R[n e c c'] = cos(angle)[n e] I[c c']{gain} + sin(angle)[n e] J[c c']{gain}"""


def rotation(config: Settings, d: int) -> Rotation:
    """What a config of transformers says of rotary positions on d features.

    DiagramError for kinds whose angles depend on the length of the text, and for rotations of a
    part of a head.

    >>> rotation(Settings({"rope_theta": 500.0}), 8)
    Rotation(theta=500.0, speeds=(), gain=1.0, sharpness=1.0)
    """
    rope = Settings(config.get("rope_parameters") or config.get("rope_scaling") or {})
    theta = rope.number("rope_theta", config.number("rope_theta", 10000.0))
    part = rope.get("partial_rotary_factor", config.get("partial_rotary_factor", 1.0))
    if part != 1.0:
        raise DiagramError(f"rotary positions of a part ({part}) of a head are not read")
    speeds = theta ** (-np.arange(0, d, 2) / d)
    match rope.word("rope_type", rope.word("type", "default")):
        case "default":
            return Rotation(theta)
        case "linear":
            return Rotation(theta, _told(speeds / rope.number("factor")))
        case "llama3":
            return Rotation(theta, _told(_llama3(speeds, rope, _trained(config, rope))))
        case "yarn":
            slowed = _yarn(speeds, theta, rope, _trained(config, rope))
            return Rotation(theta, _told(slowed), *_gains(rope))
        case kind:
            known = "default, linear, llama3, yarn"
            raise DiagramError(f"rotary positions of type `{kind}` are not read (known: {known})")


def _told(speeds: Speeds) -> tuple[float, ...]:
    return tuple(float(speed) for speed in speeds)


def _trained(config: Settings, rope: Settings) -> float:
    """The length of the texts of training, before they were stretched."""
    name = "original_max_position_embeddings"
    return rope.number(name, config.number("max_position_embeddings", 2048))


def _llama3(speeds: Speeds, rope: Settings, trained: float) -> Speeds:
    """Slow pairs are slowed by the factor, fast ones not, those between smoothly (Llama 3.1)."""
    factor, low, high = (
        rope.number(name) for name in ("factor", "low_freq_factor", "high_freq_factor")
    )
    turns = trained * speeds / (2 * math.pi)
    keep = np.clip((turns - low) / (high - low), 0.0, 1.0)
    return np.asarray(speeds * (keep + (1 - keep) / factor))


def _yarn(speeds: Speeds, theta: float, rope: Settings, trained: float) -> Speeds:
    """As Llama's, on a ramp over the pairs' numbers (Peng et al., YaRN, 2023, section 3.2)."""
    d = 2 * len(speeds)

    def pair(turns: float) -> float:
        return d * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(theta))

    low, high = pair(rope.number("beta_fast", 32.0)), pair(rope.number("beta_slow", 1.0))
    if rope.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, d - 1)
    high = high + 0.001 if low == high else high
    keep = 1 - np.clip((np.arange(d // 2) - low) / (high - low), 0.0, 1.0)
    return np.asarray(speeds * (keep + (1 - keep) / rope.number("factor")))


def _gains(rope: Settings) -> tuple[float, float]:
    """By what yarn multiplies the turned features, and the scores (DeepSeek)."""
    factor = rope.number("factor")

    def gain(weight: float) -> float:
        return 1.0 if factor <= 1 else 0.1 * weight * math.log(factor) + 1.0

    one, all_ = (
        rope.number(name) if rope.get(name) else 0.0 for name in ("mscale", "mscale_all_dim")
    )
    inferred = gain(one) / gain(all_) if one and all_ else gain(1.0)
    return rope.number("attention_factor", inferred), gain(all_) ** 2 if all_ else 1.0
