"""A module as an ONNX model, with batch and lengths free."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram
from torch.onnx import ONNXProgram

from diagram.errors import DiagramError
from diagram.runtime.exported import exported_program, free_axes, placeholders, quietly
from diagram.runtime.feed import inputs_of
from diagram.runtime.module import DiagramModule


def onnx_program(module: DiagramModule, /, *examples: Tensor) -> ONNXProgram:
    """The module as ONNX, in training or in evaluation as it is; `.save(path)` writes it.

    Inputs, results and free axes have the program's names; the examples say the dtypes of inputs,
    as for `exported_program`. Raises DiagramError for what ONNX cannot hold.

    >>> from diagram import compile, parse
    >>> text = "input X[b n f]\\nweight W[f h]\\nY[b n h] = X[b n f] W[f h]\\nreturn Y"
    >>> graph = onnx_program(compile(parse(text), f=4, h=2)).model.graph
    >>> [str(value.shape) for value in (*graph.inputs, *graph.outputs)]
    ['[b,n,4]', '[b,n,2]']
    """
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise DiagramError(
            f"ONNX needs {' and '.join(missing)}: pip install 'tensor-diagrams[onnx]'"
        )
    exported = exported_program(module, *examples)
    inputs = [source.name for source in inputs_of(module.program)]
    try:
        with quietly():
            found = torch.onnx.export(
                exported,
                dynamo=True,
                verbose=False,
                input_names=inputs,
                output_names=_outputs(module),
                custom_translation_table=_translations(),
            )
    except torch.onnx.errors.OnnxExporterError as error:
        raise DiagramError(f"ONNX cannot hold this program: {_reason(error)}") from None
    assert found is not None
    _name_axes(found, exported, module)
    return found


def _outputs(module: DiagramModule) -> list[str]:
    """The results' names, with `_` behind one that is a source's: in ONNX a name is one value's."""
    taken = {*module.program.source}
    names: list[str] = []
    for result in module.program.outputs:
        name = result
        while name in taken:
            name += "_"
        taken.add(name)
        names.append(name)
    return names


def _reason(error: BaseException | None) -> str:
    """What ONNX lacks, from the deepest error that tells torch's op."""
    told = ""
    while error is not None:
        told = told or str(error).strip().partition("\n")[0]
        if found := re.search(r"(?:target=torch\.ops|op=')\.?aten\.(\w+)", str(error)):
            return f"it has no counterpart of torch's `{found[1]}` as it is called here"
        error = error.__cause__
    return told


def _name_axes(found: ONNXProgram, exported: ExportedProgram, module: DiagramModule) -> None:
    """Gives free axes the names of the program's dims, where torch made up some."""
    from onnxscript import ir

    names = {
        str(node.meta["val"].shape[axis]): size
        for node, axes in zip(placeholders(exported), free_axes(module), strict=True)
        for axis, size in axes.items()
        if size.isidentifier()
    }
    graph = found.model.graph
    for value in [*graph.inputs, *(value for node in graph.all_nodes() for value in node.outputs)]:
        if value.shape is not None:
            value.shape = ir.Shape([_renamed(length, names) for length in value.shape])


def _renamed(length: Any, names: Mapping[str, str]) -> Any:
    """A length in an ONNX graph with torch's symbols renamed."""
    if isinstance(length, int) or length.value is None:
        return length
    return re.sub(r"\bs\d+\b", lambda symbol: names.get(symbol[0], symbol[0]), length.value)


def _translations() -> dict[Callable[..., Any], Callable[..., Any]]:
    """What torch's translation lacks: remainders by lengths, and (onnxscript 0.7) conv3d's bias."""
    from onnxscript import opset18 as op
    from onnxscript.function_libs.torch_lib.ops.core import aten_conv3d

    def remainder(x: Any, by: Any) -> Any:
        return op.Mod(x, op.CastLike(by, x))

    def conv3d(x: Any, weight: Any, bias: Any = None, *options: Any) -> Any:
        if bias is None:
            zero: Any = op.Constant(value_float=0.0)
            bias = op.Expand(op.CastLike(zero, x), op.Shape(weight, start=0, end=1))
        return aten_conv3d(x, weight, bias, *options)

    return {
        torch.ops.aten.remainder.Scalar: remainder,
        torch.ops.aten.conv3d.default: conv3d,
    }
