"""Image pyramids: what the browser shows of a micrograph, as small pictures of 512 x 512 px, and its samples.

Each level has half the sides of the one before, by the mean of 2 x 2; brightness is stretched from the 0.5th to the
99.5th percentile and stored as WebP. The samples of the finest level are kept as they are, for whoever needs numbers.
A pyramid is called by its key, the name of the blob that names its tiles.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniaims._kernels.threads import map_blocks, thread_count
from uniaims.engine.blobs import Blobs, hash_of
from uniaims.engine.layers.levels import Levels
from uniaims.engine.layers.tile import TILE_PX, Place
from uniaims.errors import DataFolderError, ImageError, NotFoundError

FORM = 1
THUMBNAIL_PX = 512
_STRETCHED_PERCENT = (0.5, 99.5)
_MOST_SAMPLED = 4_000_000
"""Percentiles are taken of about so many pixels."""
_WEBP_QUALITY = 90
_TILES_AT_ONCE = 32

Pixels = NDArray[Any]
"""(H, W) or (H, W, 3)."""


@dataclass(frozen=True)
class Samples:
    """The samples of a tile of the finest level, as the file had them: little-endian, row by row."""

    shape: tuple[int, ...]
    type: str
    data: bytes


def make_pyramid(pixels: Pixels, blobs: Blobs) -> dict[str, Any]:
    """Keep the pyramid of an image, and return what pages need to know of it: ``key``, ``levels``, ``tile_px``, ...

    Args:
        pixels: (H, W) or (H, W, 3), of any type of numbers; NaN is shown black.
        blobs: where to.

    Raises:
        ImageError: if that is no image.
    """
    pixels = _checked(pixels)
    low, high = _range_of(pixels)
    grid = Levels(pixels.shape[0], pixels.shape[1])
    root: dict[str, Any] = {
        "form": FORM, "height": grid.height, "width": grid.width, "type": pixels.dtype.str, "low": low, "high": high,
        "samples": _keep(pixels, grid.grid(0), blobs, _sample_bytes), "tiles": [],
    }  # fmt: skip
    shown = _stretched(pixels, low, high)
    for level in range(grid.count):
        if level:
            shown = _halved(shown)
        root["tiles"].append(_keep(shown, grid.grid(level), blobs, _webp))
    root["thumbnail"] = blobs.put(_webp(_thumbnail(shown)))
    key = blobs.put(json.dumps(root, sort_keys=True).encode())
    return {
        "key": key, "levels": grid.count, "tile_px": TILE_PX, "low": low, "high": high,
        "bits": 8 * pixels.dtype.itemsize, "type": pixels.dtype.str[1:], "colour": pixels.ndim == 3,
    }  # fmt: skip


@dataclass(frozen=True)
class Pyramid:
    """A pyramid that was kept."""

    key: str
    blobs: Blobs

    def tile(self, level: int, y: int, x: int) -> bytes:
        """A tile as WebP; those at the border are cut to the image.

        Raises:
            NotFoundError: if there is none.
        """
        return self.blobs.get(self._name(self._root["tiles"], level, (y, x)))

    def samples(self, y: int, x: int) -> Samples:
        """The samples of a tile of the finest level.

        Raises:
            NotFoundError: if there is none.
        """
        data = bytes(imagecodecs.zstd_decode(self.blobs.get(self._name([self._root["samples"]], 0, (y, x)))))
        kind = np.dtype(self._root["type"])
        height = min(TILE_PX, self._root["height"] - y * TILE_PX)
        width = min(TILE_PX, self._root["width"] - x * TILE_PX)
        colours = len(data) // (kind.itemsize * height * width)
        return Samples((height, width) if colours == 1 else (height, width, colours), kind.str[1:], data)

    def thumbnail(self) -> bytes:
        """The whole image as WebP, at most 512 px at its longer side."""
        return self.blobs.get(self._root["thumbnail"])

    @cached_property
    def _root(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.blobs.get(self.key)))
        except (ValueError, TypeError) as error:
            raise DataFolderError(f"the pyramid {self.key} is damaged: bring it back from a backup.") from error

    def _name(self, levels: list[list[str]], level: int, place: Place) -> str:
        grid = Levels(self._root["height"], self._root["width"])
        if level >= len(levels) or not grid.holds(level, place):
            raise NotFoundError(f"the image has no tile {place[0]}, {place[1]} in level {level}.")
        return levels[level][place[0] * grid.grid(level)[1] + place[1]]


def _checked(pixels: Pixels) -> Pixels:
    if pixels.ndim not in (2, 3) or pixels.size == 0 or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ImageError(f"an image has the shape {pixels.shape}: (height, width) or (height, width, 3) is wanted.")
    if pixels.dtype.kind not in "buif":
        raise ImageError(f"an image has the type {pixels.dtype}: numbers are wanted.")
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    return pixels.astype("u1" if pixels.dtype == np.bool_ else "<f4")


def _range_of(pixels: Pixels) -> tuple[float, float]:
    """The brightness that is shown black, and white."""
    step = int(np.ceil(np.sqrt(max(1.0, pixels.size / _MOST_SAMPLED))))
    values = pixels[::step, ::step]
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, _STRETCHED_PERCENT))
    if not high > low:
        low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low, low + 1.0)


def _stretched(pixels: Pixels, low: float, high: float) -> NDArray[np.uint8]:
    """Brightness as 0..255, in blocks of rows, so that no second image of floats is needed."""
    shown = np.empty(pixels.shape, np.uint8)
    for start in range(0, len(pixels), TILE_PX):
        part = pixels[start : start + TILE_PX].astype(np.float64)
        part = np.clip((part - low) * (255.0 / (high - low)), 0, 255)
        shown[start : start + TILE_PX] = np.rint(np.nan_to_num(part))
    return shown


def _halved(shown: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mean of each 2 x 2; an odd last row or column stands for two."""
    height, width = shown.shape[:2]
    even = cv2.copyMakeBorder(shown, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = (even.shape[1] // 2, even.shape[0] // 2)
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.uint8)


def _thumbnail(shown: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = min(1.0, THUMBNAIL_PX / max(shown.shape[:2]))
    size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
    return np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)


def _keep(pixels: Pixels, grid: tuple[int, int], blobs: Blobs, encode: Callable[[Pixels], bytes]) -> list[str]:
    """Keep the tiles of one level; their names in raster order."""
    places = list(np.ndindex(grid))

    def make(first: int, stop: int) -> list[str]:
        tiles = [encode(_part(pixels, place)) for place in places[first:stop]]
        blobs.put_named({hash_of(tile): tile for tile in tiles})
        return [hash_of(tile) for tile in tiles]

    blocks = [(start, min(start + _TILES_AT_ONCE, len(places))) for start in range(0, len(places), _TILES_AT_ONCE)]
    return [name for names in map_blocks(make, blocks, thread_count()) for name in names]


def _part(pixels: Pixels, place: tuple[int, ...]) -> Pixels:
    row, column = place
    return pixels[row * TILE_PX : (row + 1) * TILE_PX, column * TILE_PX : (column + 1) * TILE_PX]


def _webp(shown: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(shown)).save(file, "WEBP", quality=_WEBP_QUALITY, method=1)
    return file.getvalue()


def _sample_bytes(pixels: Pixels) -> bytes:
    return bytes(imagecodecs.zstd_encode(np.ascontiguousarray(pixels).tobytes(), 3))
