"""A layer to take away: a Python file that imports only torch, and the numbers of its weights."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from models.pretrained.layers import Layer

MODULE, NUMBERS, NOTE = "attention.py", "attention.safetensors", "README.txt"

USAGE = f"""\
from attention import Attention
from safetensors.torch import load_file

module = Attention()
module.load_state_dict(load_file("{NUMBERS}"))
"""

_HOW = """\
{at} of {name}: {heads} heads, {features} features. It needs torch and safetensors:

{usage}
y = module(x)  # x and y: batch, length, {features}
"""


def bundle(layer: Layer) -> bytes:
    """A zip of a module's source, its state_dict as safetensors, and a note on how to load it.

    The same layer gives the same bytes.

    >>> from models.pretrained import MINILM, read
    >>> ZipFile(BytesIO(bundle(read(MINILM.file).layers[0]))).namelist()
    ['attention.py', 'attention.safetensors', 'README.txt']
    """
    from safetensors.torch import save

    from diagram.runtime.export import python_source

    note = _HOW.format(
        at=layer.at,
        name=layer.file.name,
        heads=layer.heads,
        features=layer.program.defaults["f"],
        usage=USAGE,
    )
    files = {
        MODULE: python_source(layer.program, "Attention").encode(),
        NUMBERS: save(dict(layer.values)),
        NOTE: note.encode(),
    }
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            entry = ZipInfo(name)  # dated 1980: the bytes do not depend on the day
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, ZIP_STORED if name == NUMBERS else ZIP_DEFLATED)
    return buffer.getvalue()
