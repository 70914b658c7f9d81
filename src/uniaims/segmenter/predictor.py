"""From a view to compact fields: tiles through the network, checked and, if wished for, averaged over mirror images."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.deprecation import OldAttribute
from uniaims.errors import ModelError
from uniaims.flows import CompactFields
from uniaims.progress import Progress
from uniaims.runtime import Model
from uniaims.segmenter.settings import SegmenterSettings
from uniaims.segmenter.view import View, WorkingImage
from uniaims.tiles import Encoding, map_tiles
from uniaims.tiling import Tiling

FIELD_ENCODINGS = (Encoding("uint8", 255.0), Encoding("int8", 127.0, channels=2), Encoding("uint8", 255.0))
"""How probability, flow and topography are stored: 4 bytes per pixel."""
TILES_ON_GPU = 4
"""Tiles at a time on a GPU; a CPU gains nothing from more than one."""

Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Tiles (N, 1, h, w) -> fields (N, 4 + K, h, w), both float32; probability, flow y, flow x, topography, kinds."""


@dataclass(frozen=True)
class KindFields(CompactFields):
    """Fields of a network that tells kinds apart; ``kind_scores`` (K, H, W) uint8: 255 times their probabilities."""

    kind_scores: NDArray[np.uint8]

    kinds = OldAttribute("kind_scores")


@dataclass(frozen=True)
class Predictor:
    """A model and what it is to see: fields of any part of a view at any scale.

    Attributes:
        model: the network.
        view: the micrograph.
        settings: how it is cut into tiles, and whether mirror images are averaged.
    """

    model: Model
    view: View
    settings: SegmenterSettings
    _whole: dict[float, CompactFields] = field(default_factory=dict, init=False, repr=False)

    def fields(self, scale: float, part: Box | None = None, progress: Progress | None = None) -> CompactFields:
        """Fields of ``part`` at a scale; those of the whole content, which are had without it, are kept."""
        whole = part is None or part == self.view.content
        if whole and scale in self._whole:
            return self._whole[scale]
        mirror = self.settings.test_time_augmentation
        made = predict_fields(self.model, self.view.at(scale, part), self.settings.tiling(), mirror, progress)
        if whole:
            self._whole[scale] = made
        return made


def predict_fields(
    model: Model, image: WorkingImage, tiling: Tiling, mirror: bool, progress: Progress | None = None
) -> CompactFields:
    """Fields of an image of any size, tile by tile; `KindFields` where the model tells kinds apart.

    Args:
        model: the network.
        image: what it is to see; fields have its shape.
        tiling: size and overlap of the tiles; the rest of it follows from the model.
        mirror: whether to average over mirror images.
        progress: told ``("network", tiles done, tiles in all)``.

    Raises:
        ModelError: if the network gives values that are no numbers.
    """
    predict = checked(model)
    batch = TILES_ON_GPU if model.info.device == "cuda" else 1
    fitted = Tiling(tiling.tile_px, tiling.overlap_px, model.info.settings.stride, batch)
    kinds = len(model.info.settings.kinds)
    encodings = (*FIELD_ENCODINGS, Encoding("uint8", 255.0, channels=kinds)) if kinds else FIELD_ENCODINGS
    maps = map_tiles(mirrored(predict) if mirror else predict, image, encodings, fitted, progress)
    return KindFields(*maps) if kinds else CompactFields(*maps)


def checked(model: Model) -> Predict:
    """The model's prediction, refused where it is not made of finite numbers."""

    def predict(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        """Fields of tiles, all of them numbers."""
        fields = model.predict(tiles)
        if not np.isfinite(fields).all():
            raise ModelError(f"model {model.info.name!r} gave values that are no numbers: train it again.")
        return fields

    return predict


def mirrored(predict: Predict) -> Predict:
    """Average a prediction over the image and its three mirror images; mirrored flow components change their sign."""

    def mean(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean fields over the mirror images of tiles."""
        total = predict(tiles).copy()
        for axes in ((2,), (3,), (2, 3)):
            fields = np.flip(predict(np.ascontiguousarray(np.flip(tiles, axes))), axes)
            signs = np.ones(total.shape[1], np.float32)
            signs[[axis - 1 for axis in axes]] = -1  # flow y turns with axis 2, flow x with axis 3
            total += fields * signs[:, np.newaxis, np.newaxis]
        mean_fields: NDArray[np.float32] = total / np.float32(4)
        return mean_fields

    return mean
