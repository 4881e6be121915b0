"""A module as the bytes of a file that others read: torch's own format, or ONNX."""

from __future__ import annotations

from io import BytesIO

import torch

from diagram.runtime.exported import exported_program, quietly
from diagram.runtime.module import DiagramModule


def torch_export_bytes(module: DiagramModule) -> bytes:
    """What `torch.export.load` reads."""
    into = BytesIO()
    with quietly():
        torch.export.save(exported_program(module), into)
    return into.getvalue()


def onnx_bytes(module: DiagramModule) -> bytes:
    """What every ONNX runtime reads."""
    from diagram.runtime.onnx import onnx_program

    made: bytes = onnx_program(module).model_proto.SerializeToString()
    return made
