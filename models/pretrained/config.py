"""What a model's config.json says of its attention: how many heads, and whether it is plain."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from diagram.errors import FileError
from models.pretrained.file import Stored, TensorFile

HEADS = ("num_attention_heads", "n_head", "n_heads")
"""The words for the number of heads."""

_PLAIN: Mapping[str, object] = {
    "position_embedding_type": "absolute",
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
}
"""What a config says, where it says it, of attention as the program computes it."""


def config_beside(file: TensorFile) -> Mapping[str, object]:
    """The config.json in the file's folder; nothing where there is none."""
    if not isinstance(file, Stored):
        return {}
    path = file.path.parent / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileError(f"cannot read config.json beside {file.name}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise FileError(f"config.json beside {file.name} is not JSON text") from None
    if not isinstance(config, dict):
        raise FileError(f"config.json beside {file.name} holds no names with values")
    return config


def require_plain(name: str, types: Sequence[str], config: Mapping[str, object]) -> None:
    """A FileError where the config tells of attention that these weights alone do not give."""
    kind = config.get("model_type", types[0])
    if kind not in types:
        raise FileError(
            f"config.json of {name} says model_type {json.dumps(kind)}, whose attention may "
            f"differ; known are {', '.join(types)}"
        )
    for key, plain in _PLAIN.items():
        if config.get(key, plain) != plain:
            raise FileError(
                f"config.json of {name} says {key} {json.dumps(config[key])}; "
                f"only {json.dumps(plain)} can be read"
            )


def heads_of(name: str, given: int | None, config: Mapping[str, object], features: int) -> int:
    """The number of heads, as given or as the config says; it divides the features."""
    key = next((key for key in HEADS if key in config), None)
    if given is None and key is None:
        raise FileError(
            f"{name} does not say how many heads it has: pass heads=, or put its config.json "
            f"beside it (looked for {', '.join(HEADS)})"
        )
    heads, said = (given, "heads=") if given is not None else (config[str(key)], f"{key} ")
    if isinstance(heads, bool) or not isinstance(heads, int) or heads < 1:
        raise FileError(
            f"the number of heads of {name} must be a whole number, not {said}{heads!r}"
        )
    if features % heads:
        raise FileError(f"{said}{heads} does not divide the {features} features of {name}")
    return heads
