"""The overlay picture: the image with a crisp coloured outline around each instance."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from uniaims.atomic import atomic_file
from uniaims.deprecation import warn_of_old_name
from uniaims.errors import LabelsError
from uniaims.labels import outlines
from uniaims.pages.palette import INSTANCE_COLOURS, kind_colours, rgb
from uniaims.pages.pictures import eight_bits, shrink

Called = TypeVar("Called", bound=Callable[..., Any])

DOUBLE_OUTLINE_FROM_PX = 3000
"""From this length of the longer side on, outlines are two pixels wide: one would vanish on a screen."""
COMPRESSION_LEVEL = 1
"""Of the PNG: level 4 saves a sixth of the bytes and takes a third longer."""
LEGEND_PART = 0.022
"""Height of a line of the legend as a part of the longer side, and not below ``SMALLEST_LINE_PX``."""
SMALLEST_LINE_PX = 14


def _old_kinds(function: Called) -> Called:
    """For one release ``kinds`` and ``kind_names`` are taken for ``kind_names`` and ``known_kinds``."""

    @wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        if "kinds" in named:
            warn_of_old_name(f"{function.__name__}(kinds=..., kind_names=...)", "kind_names=..., known_kinds=...")
            named |= {"known_kinds": named.pop("kind_names", ()), "kind_names": named.pop("kinds")}
        return function(*arguments, **named)

    return cast("Called", run)


@_old_kinds
def write_overlay(
    path: str | Path,
    image: NDArray[np.generic],
    labels: NDArray[np.uint32],
    longest_side_px: int = 4096,
    kind_names: Sequence[str] = (),
    known_kinds: Sequence[str] = (),
) -> None:
    """Write a PNG of the image with the outlines of its instances, colours in turn by label or by kind.

    The picture has the size of the image, or less so that no side exceeds ``longest_side_px``.

    Args:
        path: where to; folders are made.
        image: (H, W) or (H, W, 3), any real dtype; stretched to 8 bits.
        labels: (H, W) uint32, 0 = background.
        longest_side_px: bound of the picture's longer side.
        kind_names: (N,) kind of each of the instances 1..N; empty: colours only tell neighbours apart.
        known_kinds: all kinds that there may be, in the order of the legend.

    Raises:
        LabelsError: if image and labels differ in height or width.
        OutputError: if the file can't be written.
    """
    picture = overlay(image, labels, longest_side_px, kind_names, known_kinds)
    if known_kinds:
        picture = with_legend(picture, kind_names, known_kinds)
    _, encoded = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION_LEVEL])
    with atomic_file(Path(path)) as temporary:
        temporary.write_bytes(encoded.data)


@_old_kinds
def overlay(
    image: NDArray[np.generic],
    labels: NDArray[np.uint32],
    longest_side_px: int = 4096,
    kind_names: Sequence[str] = (),
    known_kinds: Sequence[str] = (),
) -> NDArray[np.uint8]:
    """Draw the outlines of ``labels`` (H, W) on the image; gives (h, w, 3) uint8 RGB. See `write_overlay`.

    Raises:
        LabelsError: if image and labels differ in height or width.
    """
    if image.shape[:2] != labels.shape:
        raise LabelsError(
            f"The image is {image.shape[:2]} and the labels are {labels.shape} (height, width). "
            "Give labels made from this image."
        )
    small = shrink(eight_bits(image), longest_side_px)
    picture = cv2.cvtColor(small, cv2.COLOR_GRAY2RGB) if small.ndim == 2 else small.copy()
    small_labels = _nearest(labels, (small.shape[0], small.shape[1]))
    edges = outlines(small_labels)
    if max(edges.shape) >= DOUBLE_OUTLINE_FROM_PX:
        edges |= outlines(np.where(edges, np.uint32(0), small_labels))
    places = np.flatnonzero(edges)
    colours = _colours(kind_names, known_kinds)
    turns = colours[(small_labels.ravel()[places] - 1) % len(colours)]
    picture.reshape(-1, 3)[places] = turns
    return np.asarray(picture, np.uint8)


def with_legend(picture: NDArray[np.uint8], kind_names: Sequence[str], known_kinds: Sequence[str]) -> NDArray[np.uint8]:
    """The picture (h, w, 3) with a legend in its upper left corner: colour, name and number of objects of each kind."""
    line_px = max(SMALLEST_LINE_PX, round(LEGEND_PART * max(picture.shape[:2])))
    font = ImageFont.load_default(line_px * 0.72)
    texts = [f"{name}: {list(kind_names).count(name):,}" for name in known_kinds]
    width = round(max(font.getlength(text) for text in texts) + 2 * line_px)
    height = round((len(texts) + 0.5) * line_px)
    sheet = Image.fromarray(picture)
    box = sheet.crop((0, 0, width, height))
    box = Image.blend(box, Image.new("RGB", box.size), 0.7)
    draw = ImageDraw.Draw(box)
    for row, (text, colour) in enumerate(zip(texts, _kind_colours(known_kinds), strict=True)):
        middle = round((row + 0.75) * line_px)
        reach = round(0.28 * line_px)
        draw.rectangle(
            (reach, middle - reach, 3 * reach, middle + reach), outline=tuple(colour), width=max(1, reach // 2)
        )
        draw.text((1.3 * line_px, middle), text, (255, 255, 255), font, anchor="lm")
    sheet.paste(box, (0, 0))
    return np.asarray(sheet, np.uint8)


def _colours(kind_names: Sequence[str], known_kinds: Sequence[str]) -> NDArray[np.uint8]:
    """Colours (N, 3) of the instances 1..N by kind; without kinds a few that are taken in turn."""
    if not kind_names:
        return np.array([rgb(colour) for colour in INSTANCE_COLOURS], np.uint8)
    places = {name: place for place, name in enumerate(known_kinds)}
    return _kind_colours(known_kinds)[[places[name] for name in kind_names]]


def _kind_colours(names: Sequence[str]) -> NDArray[np.uint8]:
    """Colours (K, 3) of the kinds."""
    return np.array([rgb(colour) for colour in kind_colours(names).values()], np.uint8)


def _nearest(labels: NDArray[np.uint32], shape: tuple[int, int]) -> NDArray[np.uint32]:
    """Take the label under the centre of each pixel of the smaller picture."""
    if labels.shape == shape:
        return labels
    rows = ((np.arange(shape[0]) + 0.5) * labels.shape[0] / shape[0]).astype(np.intp)
    columns = ((np.arange(shape[1]) + 0.5) * labels.shape[1] / shape[1]).astype(np.intp)
    return labels[np.ix_(rows, columns)]
