"""The overlay picture: the image with a crisp coloured outline around each instance."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.errors import LabelsError
from uniaims.labels import outlines
from uniaims.report.palette import INSTANCE_COLOURS, rgb
from uniaims.report.picture import eight_bits, shrink

DOUBLE_OUTLINE_FROM_PX = 3000
"""From this length of the longer side on, outlines are two pixels wide: one would vanish on a screen."""


def write_overlay(
    path: str | Path, image: NDArray[np.generic], labels: NDArray[np.uint32], longest_side_px: int = 4096
) -> None:
    """Write a PNG of the image with the outlines of its instances, colours in turn by label.

    The picture has the size of the image, or less so that no side exceeds ``longest_side_px``.

    Args:
        path: where to; folders are made.
        image: (H, W) or (H, W, 3), any real dtype; stretched to 8 bits.
        labels: (H, W) uint32, 0 = background.
        longest_side_px: bound of the picture's longer side.

    Raises:
        LabelsError: if image and labels differ in height or width.
        OutputError: if the file can't be written.
    """
    picture = overlay(image, labels, longest_side_px)
    _, encoded = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 4])
    with atomic_file(Path(path)) as temporary:
        temporary.write_bytes(bytes(encoded))


def overlay(image: NDArray[np.generic], labels: NDArray[np.uint32], longest_side_px: int = 4096) -> NDArray[np.uint8]:
    """Draw the outlines of ``labels`` (H, W) on the image; gives (h, w, 3) uint8 RGB.

    Raises:
        LabelsError: if image and labels differ in height or width.
    """
    if image.shape[:2] != labels.shape:
        raise LabelsError(
            f"The image is {image.shape[:2]} and the labels are {labels.shape} (height, width). "
            "Give labels made from this image."
        )
    small = shrink(eight_bits(image), longest_side_px)
    picture = np.repeat(small[..., None], 3, axis=2) if small.ndim == 2 else small.copy()
    small_labels = _nearest(labels, (small.shape[0], small.shape[1]))
    edges = outlines(small_labels)
    if max(edges.shape) >= DOUBLE_OUTLINE_FROM_PX:
        edges |= outlines(np.where(edges, np.uint32(0), small_labels))
    colours = np.array([rgb(colour) for colour in INSTANCE_COLOURS], np.uint8)
    picture[edges] = colours[(small_labels[edges] - 1) % len(colours)]
    return picture


def _nearest(labels: NDArray[np.uint32], shape: tuple[int, int]) -> NDArray[np.uint32]:
    """Take the label under the centre of each pixel of the smaller picture."""
    if labels.shape == shape:
        return labels
    rows = ((np.arange(shape[0]) + 0.5) * labels.shape[0] / shape[0]).astype(np.intp)
    columns = ((np.arange(shape[1]) + 0.5) * labels.shape[1] / shape[1]).astype(np.intp)
    return labels[np.ix_(rows, columns)]
