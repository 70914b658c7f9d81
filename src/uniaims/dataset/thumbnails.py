"""Small pictures of a dataset's images with their instances drawn in, as data for a page."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.dataset.instances import Instances
from uniaims.dataset.store import Dataset
from uniaims.errors import UniaimsError
from uniaims.pages.palette import INSTANCE_COLOURS, rgb
from uniaims.pages.pictures import data_uri, encoded_jpeg, stretched

WIDTH_PX, HEIGHT_PX = 432, 324
QUALITY = 78
COLOURS = np.array([rgb(colour) for colour in INSTANCE_COLOURS], np.float32)
"""RGB, by number in turn."""
STRETCH_PERCENTILES = (0.5, 99.5)
_FILLED, _MARGIN = 0.22, 0.9
_SMALLEST_WINDOW_PX = 72

Window = tuple[int, int, int, int]


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
        picture = _drawn(gray, instances.labels(), window)
    except UniaimsError as error:
        return Thumbnail("", str(error))
    return Thumbnail(data_uri(encoded_jpeg(picture, QUALITY)))


def _middle(height: int, width: int) -> Window:
    """The largest window of the picture's proportions, x0, y0, x1, y1."""
    scale = min(width / WIDTH_PX, height / HEIGHT_PX)
    w, h = max(1, round(WIDTH_PX * scale)), max(1, round(HEIGHT_PX * scale))
    x0, y0 = (width - w) // 2, (height - h) // 2
    return x0, y0, x0 + w, y0 + h


def _around(instances: Instances, index: int) -> Window:
    """A window of the picture's proportions around an instance, moved into the image where it can."""
    x0, y0, x1, y1 = (int(edge) for edge in instances.boxes[index])
    height, width = instances.shape
    wanted = max((x1 - x0) / WIDTH_PX, (y1 - y0) / HEIGHT_PX) * (1 + 2 * _MARGIN)
    scale = min(max(wanted, _SMALLEST_WINDOW_PX / WIDTH_PX), width / WIDTH_PX, height / HEIGHT_PX)
    w, h = max(1, round(WIDTH_PX * scale)), max(1, round(HEIGHT_PX * scale))
    left = int(np.clip((x0 + x1 - w) // 2, 0, max(width - w, 0)))
    top = int(np.clip((y0 + y1 - h) // 2, 0, max(height - h, 0)))
    return left, top, left + w, top + h


def _drawn(gray: NDArray[np.generic], labels: NDArray[np.uint32], window: Window) -> NDArray[np.uint8]:
    """The window (H, W, 3), its instances tinted and outlined."""
    x0, y0, x1, y1 = window
    part = stretched(gray[y0:y1, x0:x1], STRETCH_PERCENTILES)
    shrinks = part.shape[1] > WIDTH_PX
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    levels = cv2.resize(part, (WIDTH_PX, HEIGHT_PX), interpolation=method)
    picture = np.repeat(levels[..., None].astype(np.float32), 3, axis=2)
    rows = y0 + (np.arange(HEIGHT_PX) * (y1 - y0)) // HEIGHT_PX
    columns = x0 + (np.arange(WIDTH_PX) * (x1 - x0)) // WIDTH_PX
    seen = labels[rows[:, None], columns[None, :]]
    colours, inside, edges = COLOURS[seen % len(COLOURS)], seen > 0, np.zeros(seen.shape, np.bool_)
    edges[:, 1:] |= seen[:, 1:] != seen[:, :-1]
    edges[1:] |= seen[1:] != seen[:-1]
    picture[inside] += _FILLED * (colours - picture)[inside]
    drawn = edges & inside
    picture[drawn] = 0.15 * picture[drawn] + 0.85 * colours[drawn]
    return np.asarray(picture.round(), np.uint8)
