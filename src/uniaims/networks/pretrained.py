"""Pretrained weights for encoders, from files that are there already; nothing is ever fetched.

Names are those of the Hugging Face hub (``timm/resnet50.a1_in1k``, or without ``timm/``), looked for in its local
cache. Files are safetensors: timm's, or models of ours, whose encoder is taken.
"""

import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from uniaims.errors import ModelError
from uniaims.networks.card import CARD_KEY
from uniaims.networks.catalogue import encoder_entry
from uniaims.networks.encoders import Encoder
from uniaims.networks.flownet import FlowNet

WEIGHTS_FILE = "model.safetensors"
PHOTO_CHANNELS = 3
MOST_NAMES = 3
"""So many names of tensors stand in a message."""


def load_encoder_weights(network: FlowNet, name_or_path: str | Path) -> Path:
    """Put pretrained weights into the encoder of a network and return the file that they came from.

    A first kernel made for three channels is adapted to the network's: summed up for one, spread evenly over others.

    Raises:
        ModelError: if there is no such file or name, or it does not fit the encoder.
    """
    name = network.settings.encoder
    path = find_encoder_weights(name_or_path, encoder_entry(name).pretrained)
    encoder = network.encoder
    tensors = encoder.adapted(_read(path))
    tensors = {key: tensor for key, tensor in tensors.items() if not key.startswith(encoder.unused)}
    if encoder.first_kernel in tensors:
        kernel = tensors[encoder.first_kernel]
        tensors[encoder.first_kernel] = _channels_adapted(kernel, network.settings.channels)
    _check_fit(encoder, tensors, f"{path}: no weights of {name}")
    encoder.load_state_dict(tensors, strict=False)
    return path


def find_encoder_weights(name_or_path: str | Path, example: str = "") -> Path:
    """The file of a path, a folder or a name in the local Hugging Face cache; ``example`` is a name for the message.

    Raises:
        ModelError: if there is none; the message says how to get it.
    """
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path
    if (path / WEIGHTS_FILE).is_file():
        return path / WEIGHTS_FILE
    name = str(name_or_path) if "/" in str(name_or_path) else f"timm/{name_or_path}"
    cached = cache_folder() / f"models--{name.replace('/', '--')}"
    revision = cached / "refs" / "main"
    if revision.is_file():
        found = cached / "snapshots" / revision.read_text().strip() / WEIGHTS_FILE
        if found.is_file():
            return found
    raise ModelError(
        f"encoder weights {str(name_or_path)!r}: neither a file nor in the Hugging Face cache ({cache_folder()}), and "
        f"nothing is fetched by itself. Give a .safetensors file, or fetch them where there is a network: "
        f"`hf download {example or name} {WEIGHTS_FILE}`."
    )


def cache_folder() -> Path:
    """Where the Hugging Face tools keep what they fetched, by their environment variables."""
    if folder := os.environ.get("HF_HUB_CACHE"):
        return Path(folder)
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "huggingface"
    return Path(home).expanduser() / "hub"


def _read(path: Path) -> dict[str, Tensor]:
    """All tensors of a file, in float32; of a model of ours those of its encoder."""
    try:
        with safe_open(path, framework="pt") as file:
            ours = CARD_KEY in (file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - safe_open is no mapping
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: can't be read ({error}). Encoder weights are .safetensors files.") from error
    if ours:
        tensors = {name.removeprefix("encoder."): t for name, t in tensors.items() if name.startswith("encoder.")}
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def _channels_adapted(kernel: Tensor, channels: int) -> Tensor:
    """A first kernel (O, C, h, w) for ``channels``: the same answer to a gray image as before."""
    if kernel.ndim != 4 or kernel.shape[1] == channels or kernel.shape[1] != PHOTO_CHANNELS:
        return kernel
    return (kernel.sum(dim=1, keepdim=True) / channels).repeat(1, channels, 1, 1)


def _check_fit(encoder: Encoder, tensors: dict[str, Tensor], failure: str) -> None:
    """Refuse what would leave parts of the encoder random, or is made for another encoder."""
    wanted = encoder.state_dict()
    missing = [key for key in wanted if key not in tensors and not any(part in key for part in encoder.own)]
    foreign = [key for key in tensors if key not in wanted]
    reshaped = [key for key, tensor in tensors.items() if key in wanted and tensor.shape != wanted[key].shape]
    for trouble, names in (("lacks", missing), ("has unknown", foreign), ("has of another shape", reshaped)):
        if names:
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            raise ModelError(
                f"{failure}: it {trouble} {', '.join(names[:MOST_NAMES])}{more}. Give the file of this encoder, "
                "or name with --encoder the one that the file is of."
            )
