"""The layers that transformer encoders share. Tokens are (N, H, W, C): one vector for each patch of the image.

Parameter names are those of timm, so that its weights fit.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Mlp(nn.Module):
    """Two linear layers with GELU between, applied to each token."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (..., width) -> (..., width)."""
        mixed: Tensor = self.fc2(functional.gelu(self.fc1(tokens)))
        return mixed


class PatchEmbedding(nn.Module):
    """Cuts an image into square patches and gives each a vector."""

    def __init__(self, channels: int, width: int, side: int, normalised: bool = False) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, side, stride=side)
        self.norm = nn.LayerNorm(width) if normalised else nn.Identity()

    def forward(self, image: Tensor) -> Tensor:
        """Image (N, C, H, W), sides multiples of ``side`` -> tokens (N, H / side, W / side, width)."""
        tokens: Tensor = self.norm(self.proj(image).permute(0, 2, 3, 1))
        return tokens


def split_windows(tokens: Tensor, side: int) -> Tensor:
    """Tokens (N, H, W, C), H and W multiples of ``side`` -> windows (N * H / side * W / side, side, side, C)."""
    count, height, width, channels = tokens.shape
    rows, columns = height // side, width // side
    cut = tokens.reshape(count, rows, side, columns, side, channels)
    return cut.permute(0, 1, 3, 2, 4, 5).reshape(count * rows * columns, side, side, channels)


def join_windows(windows: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Undo `split_windows` of tokens of ``shape`` (N, H, W): windows (M, side, side, C) -> tokens (N, H, W, C)."""
    count, height, width = shape
    side, channels = windows.shape[1], windows.shape[3]
    placed = windows.reshape(count, height // side, width // side, side, side, channels)
    return placed.permute(0, 1, 3, 2, 4, 5).reshape(count, height, width, channels)


def split_heads(mixed: Tensor, heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values side by side (N, T, 3 * C) -> three tensors (N, heads, T, C / heads)."""
    count, length, width = mixed.shape
    parts = mixed.reshape(count, length, 3, heads, width // (3 * heads)).permute(2, 0, 3, 1, 4)
    return parts[0], parts[1], parts[2]


def join_heads(mixed: Tensor) -> Tensor:
    """Undo `split_heads` of one tensor: (N, heads, T, D) -> (N, T, heads * D)."""
    # The copy is there for ONNX export, which meets another memory layout than the one traced.
    return mixed.transpose(1, 2).clone(memory_format=torch.contiguous_format).flatten(2)


def initialise_transformer(network: nn.Module) -> None:
    """Draw linear weights from a truncated normal of 0.02 (Dosovitskiy et al., ICLR 2021), set their biases to 0."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
