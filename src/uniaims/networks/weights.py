"""Model files: safetensors for training and GPU, ONNX for everything else; the card inside both.

Numbers are stored with 16 bits (half the size on disk) and computed with 32.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from uniaims.atomic import atomic_file
from uniaims.errors import ModelError
from uniaims.networks.card import CARD_KEY, ModelCard
from uniaims.networks.flownet import FieldsNet, FlowNet
from uniaims.networks.onnx_file import write_onnx


def save_weights(path: Path, network: FlowNet, card: ModelCard) -> None:
    """Write a model as safetensors, floating-point numbers with 16 bits, the card in its metadata.

    Raises:
        ModelError: if a weight is no number, or too large for 16 bits; nothing is written.
    """
    tensors = {
        name: tensor.detach().cpu().half().contiguous() if tensor.is_floating_point() else tensor.cpu()
        for name, tensor in network.state_dict().items()
    }
    unsound = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if unsound:
        raise ModelError(
            f"{path}: not written, {len(unsound)} of {len(tensors)} tensors of the network hold what is no number or "
            f"too large for 16 bits, such as {unsound[0]}. Train it again with a lower learning rate."
        )
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
    except (SafetensorError, OSError, RuntimeError, ModelError) as error:
        raise ModelError(f"{path}: no uniaims model ({error}). Give a .safetensors file written by uniaims.") from error
    return network.eval(), card


def export_onnx(path: Path, network: FlowNet, card: ModelCard, *, half: bool = True) -> None:
    """Write a model as ONNX: input ``image`` (N, C, H, W) float32, output ``fields`` (N, 4 + K, H, W) float32.

    ``half``: keep kernels with 16 bits; else with 32.
    """
    # Sides that no stride and no window divides, so that padding is needed.
    example = torch.zeros(2, card.network.channels, 5 * card.network.stride - 3, 7 * card.network.stride - 5)
    write_onnx(path, FieldsNet(network), example, "fields", card.to_json(), half=half)
