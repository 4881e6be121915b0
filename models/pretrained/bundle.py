"""A layer to take away: a Python file that imports only torch, and the numbers of its weights."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from models.pretrained.layers import Layer

MODULE, NUMBERS, NOTE = "attention.py", "attention.safetensors", "README.txt"
_DATE = (1980, 1, 1, 0, 0, 0)
_HOW = f"""{{at}} of {{name}}: {{heads}} heads.

    from safetensors.torch import load_file
    from attention import Attention

    module = Attention()
    module.load_state_dict(load_file("{NUMBERS}"))
    y = module(x)    # x: b n f, with f = {{features}}
"""


def bundle(layer: Layer) -> bytes:
    """A zip of a module's source, its state_dict as safetensors, and a note on how to load it.

    The same layer gives the same bytes.
    """
    from safetensors.torch import save

    from diagram.runtime.export import python_source

    note = _HOW.format(
        at=layer.at,
        name=layer.file.name,
        heads=layer.heads,
        features=layer.program.defaults["f"],
    )
    files = {
        MODULE: python_source(layer.program, "Attention").encode(),
        NUMBERS: save(dict(layer.values)),
        NOTE: note.encode(),
    }
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(ZipInfo(name, _DATE), data, ZIP_DEFLATED)
    return buffer.getvalue()
