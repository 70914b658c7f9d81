"""Regions of an image that nobody has annotated, or of which nobody is sure: no truth there, for training or scores."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.labels import relabel
from uniaims.matching import KNOWN_SHARE

IGNORE = "ignore"
"""Folder of the masks, one ``<image_id>.png`` for each image that has a region; non-zero is ignored."""
CROWD = " (crowd)"
"""Ends the kind of a region of many instances that nobody told apart."""


def write_ignored(path: Path, region: NDArray[np.bool_]) -> None:
    """Write the mask of a region (H, W); where nothing is ignored, no file is left.

    Raises:
        OutputError: if it can't be written.
    """
    if not region.any():
        path.unlink(missing_ok=True)
        return
    with atomic_file(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", region.astype(np.uint8) * 255)[1].tobytes())


def mostly_ignored(labels: NDArray[np.uint32], region: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Numbers (K,) of the instances of a label image (H, W) of which more than half lies in the region (H, W)."""
    numbers, areas = np.unique(labels[labels > 0], return_counts=True)
    inside, hidden = np.unique(labels[region & (labels > 0)], return_counts=True)
    shares = np.zeros(len(numbers))
    shares[np.searchsorted(numbers, inside)] = hidden
    return np.asarray(numbers[shares > (1 - KNOWN_SHARE) * areas], np.uint32)


def trusted(
    labels: NDArray[np.uint32], known: NDArray[np.bool_], kinds: Sequence[str]
) -> tuple[NDArray[np.uint32], NDArray[np.bool_], tuple[str, ...]]:
    """Labels, where they are known, and kinds, without the instances that are no truth.

    These lie mostly where nothing is known, or are crowds; nothing is known where they lie either.

    Args:
        labels: (H, W), instances 1..N.
        known: (H, W).
        kinds: of the instances, or none.
    """
    gone = [i for i, kind in enumerate(kinds, 1) if kind.endswith(CROWD)]
    if not known.all():
        gone += mostly_ignored(labels, ~known).tolist()
    if not gone:
        return labels, known, tuple(kinds)
    kept = np.ones(int(labels.max()) + 1, np.bool_)
    kept[gone] = False
    left = tuple(kind for kind, stays in zip(kinds, kept[1:], strict=False) if stays)
    return relabel(np.where(kept[labels], labels, 0)), known & kept[labels], left if any(left) else ()
