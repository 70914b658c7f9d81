"""Small pictures of a dataset's images with their instances drawn in, as data for a page."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.store import Dataset
from uniaims.errors import UniaimsError
from uniaims.pages.palette import INSTANCE_COLOURS, rgb
from uniaims.pages.pictures import data_uri, encoded_jpeg, stretched

WIDTH_PX, HEIGHT_PX = 432, 324
JPEG_QUALITY = 78
COLOURS = np.array([rgb(colour) for colour in INSTANCE_COLOURS], np.float32)
"""RGB, by number in turn."""
STRETCH_PERCENTILES = (0.5, 99.5)
_FILLED_SHARE, _MARGIN_SHARE = 0.22, 0.9
_SMALLEST_WINDOW_PX = 72
_HATCH = np.add.outer(np.arange(HEIGHT_PX), np.arange(WIDTH_PX)) % 8 < 2
"""Stripes over what nobody has annotated."""
_HATCH_GREY = 160.0


@dataclass(frozen=True)
class Thumbnail:
    """A small picture: a JPEG as data address, or none with the reason."""

    address: str
    missing: str = ""


def thumbnail(dataset: Dataset, image_id: str, instance: int | None = None) -> Thumbnail:
    """Draw an image, or the surroundings of one of its instances (by its place among them).

    An image that can't be read gives the reason, so that a page can be made of a damaged dataset.
    """
    try:
        instances, gray = dataset.instances(image_id), dataset.image(image_id).gray()
        window = _around(instances, instance) if instance is not None else _middle(gray.shape[0], gray.shape[1])
        picture = _drawn(gray, instances.labels(), window, dataset.ignored(image_id))
    except UniaimsError as error:
        return Thumbnail("", str(error))
    return Thumbnail(data_uri(encoded_jpeg(picture, JPEG_QUALITY)))


def _middle(height: int, width: int) -> Box:
    """The largest window of the picture's proportions."""
    scale = min(width / WIDTH_PX, height / HEIGHT_PX)
    w, h = max(1, round(WIDTH_PX * scale)), max(1, round(HEIGHT_PX * scale))
    return Box.whole((h, w)).moved((height - h) // 2, (width - w) // 2)


def _around(instances: InstanceMasks, index: int) -> Box:
    """A window of the picture's proportions around an instance, moved into the image where it can."""
    box = instances.box(index)
    height, width = instances.shape
    wanted = max(box.width / WIDTH_PX, box.height / HEIGHT_PX) * (1 + 2 * _MARGIN_SHARE)
    scale = min(max(wanted, _SMALLEST_WINDOW_PX / WIDTH_PX), width / WIDTH_PX, height / HEIGHT_PX)
    w, h = max(1, round(WIDTH_PX * scale)), max(1, round(HEIGHT_PX * scale))
    left = int(np.clip((box.left + box.right - w) // 2, 0, max(width - w, 0)))
    top = int(np.clip((box.top + box.bottom - h) // 2, 0, max(height - h, 0)))
    return Box.whole((h, w)).moved(top, left)


def _drawn(
    gray: NDArray[np.generic], labels: NDArray[np.uint32], window: Box, ignored: NDArray[np.bool_] | None
) -> NDArray[np.uint8]:
    """The window (H, W, 3), its instances tinted and outlined, what is ignored hatched."""
    part = stretched(gray[window.window], STRETCH_PERCENTILES)
    shrinks = part.shape[1] > WIDTH_PX
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    levels = cv2.resize(part, (WIDTH_PX, HEIGHT_PX), interpolation=method)
    picture = np.repeat(levels[..., None].astype(np.float32), 3, axis=2)
    rows = window.top + (np.arange(HEIGHT_PX) * window.height) // HEIGHT_PX
    columns = window.left + (np.arange(WIDTH_PX) * window.width) // WIDTH_PX
    shown = np.ix_(rows, columns)
    seen = labels[shown]
    colours, inside, edges = COLOURS[seen % len(COLOURS)], seen > 0, np.zeros(seen.shape, np.bool_)
    edges[:, 1:] |= seen[:, 1:] != seen[:, :-1]
    edges[1:] |= seen[1:] != seen[:-1]
    picture[inside] += _FILLED_SHARE * (colours - picture)[inside]
    drawn = edges & inside
    picture[drawn] = 0.15 * picture[drawn] + 0.85 * colours[drawn]
    if ignored is not None:
        picture[ignored[shown] & _HATCH] = _HATCH_GREY
    return np.asarray(picture.round(), np.uint8)
