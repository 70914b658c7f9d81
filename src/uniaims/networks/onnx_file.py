"""Any network as an ONNX file: kernels with 16 bits, computed with 32, and a text that tells what it is."""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from uniaims.atomic import atomic_file
from uniaims.errors import ModelError
from uniaims.networks.card import CARD_KEY

OPSET = 18


def write_onnx(path: Path, network: nn.Module, example: Tensor, output: str, card: str, *, half: bool = True) -> None:
    """Write a network: input ``image`` (N, C, H, W) float32 of any N, H and W, one output of the name given.

    Args:
        path: file to write.
        network: gives one tensor for ``image``.
        example: an image to follow through the network; what it does not need, padding for one, would be left out.
        output: name of the output.
        card: text that is kept in the file's metadata.
        half: keep kernels with 16 bits; else with 32.

    Raises:
        ModelError: if torch can't export the network.
    """
    import onnx
    from onnx import helper

    any_size = dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # The exporter's own calls into torch warn of names that torch itself is about to change.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        program = torch.onnx.export(
            network.eval().float().cpu(), (example,), input_names=["image"], output_names=[output],
            dynamic_shapes=(any_size,), opset_version=OPSET, dynamo=True, verbose=False,
        )  # fmt: skip
    if program is None:
        raise ModelError(f"{path}: torch gave no ONNX program. Report the torch version with an issue.")
    model = program.model_proto
    _forget_sources(model)
    if half:
        _store_half(model)
    helper.set_model_props(model, {CARD_KEY: card})
    onnx.checker.check_model(model)
    with atomic_file(path) as temporary:
        onnx.save(model, temporary)


def _forget_sources(model: Any) -> None:
    """Take out what torch notes of each part's source code: files and folders of the machine that exported it."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""


def _store_half(model: Any) -> None:
    """Keep kernels and matrices with 16 bits; a Cast before each use is folded away when the model is loaded."""
    from onnx import TensorProto, helper, numpy_helper

    kept, casts = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            kept.append(tensor)
            continue
        half = numpy_helper.to_array(tensor).astype(np.float16)
        stored = numpy_helper.from_array(half, name=f"{tensor.name}_half")
        kept.append(stored)
        casts.append(helper.make_node("Cast", [stored.name], [tensor.name], to=TensorProto.FLOAT))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    for node in reversed(casts):
        model.graph.node.insert(0, node)
