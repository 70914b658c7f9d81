"""Model files: safetensors for training and GPU, ONNX for everything else; the card inside both.

Numbers are stored with 16 bits (half the size on disk) and computed with 32.
"""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from uniaims.atomic import atomic_file
from uniaims.errors import ModelError
from uniaims.networks.card import CARD_KEY, ModelCard
from uniaims.networks.flownet import FieldsNet, FlowNet

OPSET = 18


def save_weights(path: Path, network: FlowNet, card: ModelCard) -> None:
    """Write a model as safetensors, floating-point numbers with 16 bits, the card in its metadata."""
    tensors = {
        name: tensor.detach().cpu().half().contiguous() if tensor.is_floating_point() else tensor.cpu()
        for name, tensor in network.state_dict().items()
    }
    with atomic_file(path) as temporary:
        save_file(tensors, temporary, metadata={CARD_KEY: card.to_json()})


def load_weights(path: Path) -> tuple[FlowNet, ModelCard]:
    """Read a safetensors model: the network in float32 and evaluation mode, and its card.

    Raises:
        ModelError: if the file is no model of ours.
    """
    try:
        with safe_open(path, framework="pt") as file:
            card = ModelCard.from_json((file.metadata() or {}).get(CARD_KEY, ""))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - safe_open is no mapping
        network = FlowNet(card.network)
        network.load_state_dict({n: t.float() if t.is_floating_point() else t for n, t in tensors.items()})
    except (SafetensorError, OSError, RuntimeError) as error:
        raise ModelError(f"{path}: no uniaims model ({error}). Give a .safetensors file written by uniaims.") from error
    return network.eval(), card


def export_onnx(path: Path, network: FlowNet, card: ModelCard) -> None:
    """Write a model as ONNX: input ``image`` (N, C, H, W) float32, output ``fields`` (N, 4, H, W) float32."""
    import onnx
    from onnx import helper

    # Sides that no stride and no window divides: what the example does not need, padding, would be left out.
    example = torch.zeros(2, card.network.channels, 5 * card.network.stride - 3, 7 * card.network.stride - 5)
    any_size = dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # The exporter's own calls into torch warn of names that torch itself is about to change.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        program = torch.onnx.export(
            FieldsNet(network).eval().float().cpu(), (example,), input_names=["image"], output_names=["fields"],
            dynamic_shapes=(any_size,), opset_version=OPSET, dynamo=True, verbose=False,
        )  # fmt: skip
    if program is None:
        raise ModelError(f"{path}: torch gave no ONNX program. Report the torch version with an issue.")
    model = program.model_proto
    _store_half(model)
    helper.set_model_props(model, {CARD_KEY: card.to_json()})
    onnx.checker.check_model(model)
    with atomic_file(path) as temporary:
        onnx.save(model, temporary)


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
