# ruff: noqa: ARG002, D102  (what the methods mean stands in contender.py)
"""No network: a threshold, then a watershed of the distance to the background (Beucher & Lantuéjoul 1979)."""

import itertools

import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_local, threshold_otsu
from skimage.morphology import remove_small_objects
from skimage.segmentation import watershed
from torch import Tensor, nn

from contenders.contender import Contender, Floats, Labels, Option

NOMINAL_DIAMETER_PX = 32.0
MINIMUM_AREA_PX = 24
BLUR_PX = 1.0


class Classical(Contender):
    """Maps: the grey levels; targets: the foreground, bright on dark."""

    title = "Otsu or adaptive threshold + watershed"
    grid = tuple(
        {"threshold": threshold, "objects": objects, "spacing": spacing}
        for threshold, objects, spacing in itertools.product(
            ("otsu", "adaptive"), ("bright", "dark", "border"), (0.15, 0.3, 0.5)
        )
    )

    def network(self) -> None:
        return None

    def targets(self, labels: Labels, fields: Floats) -> Floats:
        return fields[:1]

    def loss(self, network: nn.Module, image: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        raise NotImplementedError("nothing is trained")

    def maps(self, network: nn.Module | None, image: Floats) -> Floats:
        return image[None]

    def decode(self, maps: Floats, option: Option) -> Labels:
        gray = gaussian(maps[0], BLUR_PX)
        foreground = self._foreground(gray, option)
        foreground = ndimage.binary_fill_holes(remove_small_objects(foreground, max_size=MINIMUM_AREA_PX))
        depth = gaussian(ndimage.distance_transform_edt(np.pad(foreground, 1))[1:-1, 1:-1], BLUR_PX)
        spacing = max(1, round(option["spacing"] * NOMINAL_DIAMETER_PX))
        pieces, _ = ndimage.label(foreground)
        peaks = peak_local_max(depth, min_distance=spacing, labels=pieces, exclude_border=False)
        seeds = np.zeros(depth.shape, np.int32)
        seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
        return np.asarray(watershed(-depth, seeds, mask=foreground)).astype(np.uint32)

    @staticmethod
    def _foreground(gray: Floats, option: Option) -> np.ndarray:
        """Bright or dark pixels; ``border``: those of which fewer lie on the image's edge."""
        if option["threshold"] == "otsu":
            level = threshold_otsu(gray) if gray.max() > gray.min() else gray.max()
        else:
            level = threshold_local(gray, 2 * round(1.5 * NOMINAL_DIAMETER_PX) + 1, method="gaussian")
        bright = gray > level
        edge = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
        dark_objects = option["objects"] == "dark" or (option["objects"] == "border" and edge.mean() > 0.5)
        return ~bright if dark_objects else bright
