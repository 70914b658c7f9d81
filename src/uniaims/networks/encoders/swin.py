"""Swin transformer (Liu et al., ICCV 2021, arXiv 2103.14030): attention in windows that shift from block to block.

Parameter names are those of timm. Windows have 8 x 8 patches instead of 7 x 7, which divides the usual crops and
tiles; pretrained tables of distances are interpolated to them.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from uniaims.networks.attention import (
    Mlp,
    PatchEmbedding,
    initialise_transformer,
    join_heads,
    join_windows,
    split_heads,
    split_windows,
)
from uniaims.networks.card import NetworkSettings
from uniaims.networks.encoders.encoder import Encoder

PATCH_PX = 4
WINDOW = 8
DESIGNS: dict[str, tuple[int, tuple[int, ...], tuple[int, ...]]] = {
    "swin-tiny": (96, (2, 2, 6, 2), (3, 6, 12, 24)),
    "swin-small": (96, (2, 2, 18, 2), (3, 6, 12, 24)),
    "swin-base": (128, (2, 2, 18, 2), (4, 8, 16, 32)),
    "swin-large": (192, (2, 2, 18, 2), (6, 12, 24, 48)),
}
"""Width of the first stage; blocks and attention heads of the four stages."""
FORBIDDEN = -100.0
"""Added to attention between patches that only the cyclic shift made neighbours."""


class WindowAttention(nn.Module):
    """Attention within windows, with a learnt bias for each distance and head."""

    index: Tensor

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.register_buffer("index", _pair_index(window), persistent=False)
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)

    def forward(self, windows: Tensor, mask: Tensor | None) -> Tensor:
        """Windows (M, side, side, C), mask (M, 1, T, T) with T = side * side or none -> the same shape as windows."""
        count, side, _, channels = windows.shape
        query, key, value = split_heads(self.qkv(windows.reshape(count, side * side, channels)), self.heads)
        bias = self.relative_position_bias_table[self.index].permute(2, 0, 1)[None]
        bias = bias if mask is None else bias + mask
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        joined: Tensor = self.proj(join_heads(mixed)).reshape(count, side, side, channels)
        return joined


class Block(nn.Module):
    """Attention in windows, shifted by ``shift`` patches, then a two-layer network; both with shortcuts."""

    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.window = window
        self.shift = shift
        self.norm1 = nn.LayerNorm(width)
        self.attn = WindowAttention(width, heads, window)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, 4 * width)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Tokens (N, H, W, C), sides multiples of the window, mask (M, 1, T, T) of `shift_mask` -> as tokens."""
        count, height, width, _ = tokens.shape
        inner = self.norm1(tokens)
        if self.shift:
            inner = torch.roll(inner, (-self.shift, -self.shift), (1, 2))
        attended = self.attn(split_windows(inner, self.window), mask if self.shift else None)
        inner = join_windows(attended, (count, height, width))
        if self.shift:
            inner = torch.roll(inner, (self.shift, self.shift), (1, 2))
        tokens = tokens + inner
        refined: Tensor = tokens + self.mlp(self.norm2(tokens))
        return refined


class PatchMerging(nn.Module):
    """Half the resolution: four neighbouring patches become one."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * inputs)
        self.reduction = nn.Linear(4 * inputs, outputs, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, H, W, inputs), H and W even -> (N, H / 2, W / 2, outputs)."""
        rows = torch.cat([tokens[:, 0::2], tokens[:, 1::2]], dim=-1)
        merged: Tensor = self.reduction(self.norm(torch.cat([rows[:, :, 0::2], rows[:, :, 1::2]], dim=-1)))
        return merged


class Stage(nn.Module):
    """Halve the resolution (not in the first stage), then blocks; every second one shifts its windows by a half."""

    def __init__(self, inputs: int, width: int, depth: int, heads: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.downsample = PatchMerging(inputs, width) if inputs != width else nn.Identity()
        self.blocks = nn.ModuleList(Block(width, heads, window, index % 2 * (window // 2)) for index in range(depth))

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, H, W, inputs) -> (N, H / 2, W / 2, width); the first stage keeps H and W."""
        tokens = self.downsample(tokens)
        count, height, width, _ = tokens.shape
        rows, columns = ((side + self.window - 1) // self.window * self.window for side in (height, width))
        tokens = functional.pad(tokens, (0, 0, 0, columns - width, 0, rows - height))
        mask = shift_mask(rows, columns, self.window, tokens).repeat(count, 1, 1, 1)
        for block in self.blocks:
            tokens = block(tokens, mask)
        return tokens[:, :height, :width]


class SwinEncoder(Encoder):
    """Maps at strides 4, 8, 16 and 32."""

    first_kernel = "patch_embed.proj.weight"
    unused = ("head.", "norm.")

    def __init__(self, settings: NetworkSettings, window: int = WINDOW) -> None:
        super().__init__()
        first, depths, heads = DESIGNS[settings.encoder]
        self.widths = tuple(first * 2**level for level in range(len(depths)))
        self.strides = tuple(PATCH_PX * 2**level for level in range(len(depths)))
        self.window = window
        self.patch_embed = PatchEmbedding(settings.channels, first, PATCH_PX, normalised=True)
        inputs = (first, *self.widths)
        self.layers = nn.ModuleList(
            Stage(before, width, depth, count, window)
            for (before, width), depth, count in zip(pairwise(inputs), depths, heads, strict=True)
        )
        initialise_transformer(self)

    def forward(self, image: Tensor) -> list[Tensor]:
        """See `Encoder.forward`."""
        tokens, maps = self.patch_embed(image), []
        for stage in self.layers:
            tokens = stage(tokens)
            maps.append(tokens.permute(0, 3, 1, 2))
        return maps

    def adapted(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Tables of distances for this window size; names of the older files, which end a stage by its merging."""
        old = "head.fc.weight" not in tensors and "layers.0.downsample.norm.weight" in tensors
        fitted = {}
        for name, tensor in tensors.items():
            if name.endswith(("relative_position_index", "attn_mask")):
                continue
            renamed = _merged_later(name) if old else name
            fitted[renamed] = self._distances_fitted(tensor) if name.endswith("bias_table") else tensor
        return fitted

    def _distances_fitted(self, table: Tensor) -> Tensor:
        """A table of distances ((2 * w - 1) ** 2, heads) for this encoder's window."""
        side, wanted = round(table.shape[0] ** 0.5), 2 * self.window - 1
        if side == wanted:
            return table
        square = table.float().T.reshape(1, -1, side, side)
        stretched = functional.interpolate(square, size=(wanted, wanted), mode="bicubic", align_corners=True)
        return stretched.reshape(-1, wanted * wanted).T.contiguous()


def _merged_later(name: str) -> str:
    """``layers.0.downsample...`` -> ``layers.1.downsample...``."""
    parts = name.split(".")
    if len(parts) > 2 and parts[2] == "downsample":
        parts[1] = str(int(parts[1]) + 1)
    return ".".join(parts)


def shift_mask(rows: int, columns: int, window: int, like: Tensor) -> Tensor:
    """What is added to attention after a shift by half a window: (windows, 1, T, T), T = window * window.

    Nothing between patches that were neighbours before the shift. Device and dtype are those of ``like``.
    """
    region = 3 * _regions(rows, window, like)[:, None] + _regions(columns, window, like)[None, :]
    parts = split_windows(region[None, :, :, None], window).flatten(1)
    return FORBIDDEN * (parts[:, None, :, None] != parts[:, None, None, :]).to(like.dtype)


def _regions(length: int, window: int, like: Tensor) -> Tensor:
    """Three parts of a shifted axis (length,): whole windows; the last window's own part; what came around."""
    places = torch.arange(length, device=like.device)
    return (places >= length - window).to(like.dtype) + (places >= length - window // 2).to(like.dtype)


def _pair_index(window: int) -> Tensor:
    """Which entry of the table each pair of the window's patches has: (T, T) int64 with T = window * window."""
    places = torch.arange(window)
    distances = places[:, None] - places[None, :] + window - 1
    down = distances[:, None, :, None] * (2 * window - 1)
    return (down + distances[None, :, None, :]).reshape(window * window, window * window)
