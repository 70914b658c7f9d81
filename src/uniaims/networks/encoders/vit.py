"""Vision transformer with windows, as the image encoder of Segment Anything (Kirillov et al., ICCV 2023).

Most blocks look only within windows; four, spread evenly, see everything (ViTDet, Li et al., ECCV 2022,
arXiv 2203.16527), so that cost grows almost with the area. Positions are known twice: a table of places is stretched
over the image, and attention adds a learnt term for the distance in rows and in columns. Distances are counted in
patches and not stretched: what is learnt on crops holds on large images.

Weights of plain transformers and of Segment Anything fit; parameter names are those of timm.
"""

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

PATCH_PX = 16
WINDOW = 8
"""Side of a window in patches: 128 px, which divides the usual crops and tiles, so that nothing is padded."""
GLOBAL_BLOCKS = 4
DESIGNS = {"vit-tiny": (192, 12, 3), "vit-small": (384, 12, 6), "vit-base": (768, 12, 12), "vit-large": (1024, 24, 16)}
"""Width, blocks and attention heads."""


class Attention(nn.Module):
    """Attention of all tokens to all, with a learnt term for their distance in rows and in columns.

    ``reach`` is the longest distance told apart, in patches; longer ones count as it.
    """

    def __init__(self, width: int, heads: int, reach: int) -> None:
        super().__init__()
        self.heads = heads
        self.reach = reach
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * reach + 1, width // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * reach + 1, width // heads))

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, H, W, C) -> the same shape."""
        count, height, width, channels = tokens.shape
        query, key, value = split_heads(self.qkv(tokens.reshape(count, height * width, channels)), self.heads)
        bias = self._distance_terms(query.reshape(count, self.heads, height, width, channels // self.heads))
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        joined: Tensor = self.proj(join_heads(mixed)).reshape(count, height, width, channels)
        return joined

    def _distance_terms(self, query: Tensor) -> Tensor:
        """Queries (N, heads, H, W, D) -> what is added to attention (N, heads, H * W, H * W)."""
        count, heads, height, width, _ = query.shape
        down = torch.einsum("nhrcd,rkd->nhrck", query, self._looked_up(self.rel_pos_h, height))
        across = torch.einsum("nhrcd,ckd->nhrck", query, self._looked_up(self.rel_pos_w, width))
        return (down[..., :, None] + across[..., None, :]).reshape(count, heads, height * width, height * width)

    def _looked_up(self, table: Tensor, length: int) -> Tensor:
        """Table (2 * reach + 1, D) -> its entry for each pair of places (length, length, D)."""
        places = torch.arange(length, device=table.device)
        distances = (places[:, None] - places[None, :]).clamp(-self.reach, self.reach)
        return table[distances + self.reach]


class Block(nn.Module):
    """Attention in windows of ``window`` patches, or (0) over everything; then a two-layer network; with shortcuts."""

    def __init__(self, width: int, heads: int, window: int, reach: int) -> None:
        super().__init__()
        self.window = window
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads, reach)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, 4 * width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, H, W, C) -> the same shape."""
        count, height, width, _ = tokens.shape
        inner = self.norm1(tokens)
        if self.window:
            windows = self.attn(split_windows(inner, self.window))
            inner = join_windows(windows, (count, height, width))
        else:
            inner = self.attn(inner)
        tokens = tokens + inner
        refined: Tensor = tokens + self.mlp(self.norm2(tokens))
        return refined


class ViTEncoder(Encoder):
    """Maps at strides 4, 8, 16 and 32, all made from the last block (the simple pyramid of ViTDet)."""

    first_kernel = "patch_embed.proj.weight"
    unused = ("cls_token", "reg_token", "head.", "fc_norm.", "neck.")
    own = ("rel_pos_", "pyramid.", "norm.")

    def __init__(self, settings: NetworkSettings, window: int = WINDOW) -> None:
        super().__init__()
        width, depth, heads = DESIGNS[settings.encoder]
        grid = settings.position_grid
        self.widths = (width // 4, width // 2, width, width)
        self.strides = (4, 8, 16, 32)
        self.patch_embed = PatchEmbedding(settings.channels, width, PATCH_PX)
        self.pos_embed = nn.Parameter(torch.zeros(1, grid, grid, width))
        every = depth // GLOBAL_BLOCKS
        windows = [0 if index % every == every - 1 else window for index in range(depth)]
        self.blocks = nn.Sequential(*(Block(width, heads, side, (side or grid) - 1) for side in windows))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pyramid = nn.ModuleList(
            [
                nn.Sequential(_doubled(width, width // 2), nn.GELU(), _doubled(width // 2, width // 4)),
                _doubled(width, width // 2),
                nn.Identity(),
                nn.MaxPool2d(2),
            ]
        )
        initialise_transformer(self)

    def forward(self, image: Tensor) -> list[Tensor]:
        """See `Encoder.forward`."""
        tokens = self.patch_embed(image)
        places = functional.interpolate(
            self.pos_embed.permute(0, 3, 1, 2), size=tokens.shape[1:3], mode="bilinear", align_corners=False
        )
        tokens = self.norm(self.blocks(tokens + places.permute(0, 2, 3, 1)))
        last = tokens.permute(0, 3, 1, 2)
        return [level(last) for level in self.pyramid]

    def adapted(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Positions brought to this encoder's grid: places stretched, distances cut or filled with the farthest."""
        wanted, fitted = self.state_dict(), dict(tensors)
        for name, tensor in tensors.items():
            if "rel_pos_" in name and name in wanted:
                fitted[name] = _distances_fitted(tensor, wanted[name].shape[0] // 2)
            elif name == "pos_embed":
                fitted[name] = _places_fitted(tensor, wanted[name].shape[1])
        return fitted


def _doubled(inputs: int, outputs: int) -> nn.Module:
    """Twice the resolution, with ``outputs`` channels."""
    return nn.ConvTranspose2d(inputs, outputs, 2, stride=2)


def _distances_fitted(table: Tensor, reach: int) -> Tensor:
    """A table of distances (2 * r + 1, D) for another reach."""
    own = table.shape[0] // 2
    return table[torch.arange(-reach, reach + 1).clamp(-own, own) + own]


def _places_fitted(places: Tensor, grid: int) -> Tensor:
    """Places (1, G, G, D), or (1, G * G + extra, D) with those of class tokens first -> (1, grid, grid, D)."""
    if places.ndim == 3:
        side = int(places.shape[1] ** 0.5)
        places = places[:, places.shape[1] - side * side :].reshape(1, side, side, -1)
    stretched = functional.interpolate(
        places.permute(0, 3, 1, 2).float(), size=(grid, grid), mode="bicubic", antialias=True, align_corners=False
    )
    return stretched.permute(0, 2, 3, 1)
