"""What stands on the page without its scripts, for print and for readers without them: outlines and the first objects.

The scripts replace both by a picture to zoom into and a table to sort.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from uniaims.pages.palette import INSTANCE_COLOURS, kind_colours
from uniaims.pages.pictures import jpeg_data_uri
from uniaims.pages.units import NOTHING, count, number
from uniaims.report.columns import FIRST_SHOWN, Column, find
from uniaims.report.section import Table

MOST_ROWS = 25
MANY_OBJECTS, TOLERANCE_PX = 20_000, 0.25
"""Above so many objects, outlines are simplified by up to so much, and the page without scripts has a picture."""
STILL_BYTES = 900_000
HALF_PIXELS_PER_PIXEL = 2
FINEST_SIDE_PX = 2400
"""Outlines are told as finely as half a pixel of a picture of this longer side."""
_PICTURE = Markup(
    '<svg class="still" viewBox="0 0 {width} {height}" preserveAspectRatio="none" fill="none" aria-hidden="true">'
    "{paths}</svg>"
)
_PATH = Markup('<path stroke="{colour}" d="{path}"/>')


def still_outlines(
    polygons: Sequence[NDArray[np.float32]],
    shape: tuple[int, int],
    kind_names: Sequence[str] = (),
    known_kinds: Sequence[str] = (),
) -> Markup:
    """Draw the outlines as SVG over the picture, colours in turn or by kind.

    Args:
        polygons: N, each (K, 2) float32 of x, y in pixels.
        shape: height and width of the image in pixels.
        kind_names: (N,) kind of each object; empty: colours only tell neighbours apart.
        known_kinds: all kinds, in the order of their colours.
    """
    height, width = shape
    tolerance = max(1.0, max(shape) / FINEST_SIDE_PX) / 2
    colours = kind_colours(known_kinds)
    paths: dict[str, list[str]] = {}
    for place, polygon in enumerate(polygons):
        colour = colours[kind_names[place]] if kind_names else INSTANCE_COLOURS[place % len(INSTANCE_COLOURS)]
        paths.setdefault(colour, []).append(_closed(polygon, tolerance))
    drawn = Markup("").join(_PATH.format(colour=colour, path="".join(parts)) for colour, parts in paths.items())
    return _PICTURE.format(width=width * HALF_PIXELS_PER_PIXEL, height=height * HALF_PIXELS_PER_PIXEL, paths=drawn)


def still_picture(drawn: NDArray[np.uint8]) -> Markup:
    """A picture (h, w, 3) with its outlines, to lie over the other: of many objects it is smaller than their paths."""
    return Markup('<img class="still" src="{}" alt="">').format(jpeg_data_uri(drawn, max(drawn.shape), STILL_BYTES))


def simplified(polygons: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Outlines for the page's scripts: of many objects with fewer points, none of them further off than told above."""
    if len(polygons) <= MANY_OBJECTS:
        return polygons
    return [cv2.approxPolyDP(each.reshape(-1, 1, 2), TOLERANCE_PX, True).reshape(-1, 2) if len(each) else each
            for each in polygons]  # fmt: skip


def _closed(polygon: NDArray[np.float32], tolerance: float) -> str:
    """A closed outline as SVG path data in half pixels, no point further off than ``tolerance`` pixels."""
    if not len(polygon):
        return ""
    kept = cv2.approxPolyDP(polygon.reshape(-1, 1, 2), tolerance, closed=True).reshape(-1, 2)
    points = np.rint(kept * HALF_PIXELS_PER_PIXEL).astype(int)
    steps = "".join(f"{x} {y} " for x, y in np.diff(points, axis=0).tolist())
    return f"M{points[0, 0]} {points[0, 1]}l{steps}z"


def still_table(columns: Sequence[Column], most_rows: int = MOST_ROWS) -> Table:
    """Write the first objects with the properties that the table opens with."""
    shown = [column for name in ("label", "kind", *FIRST_SHOWN) if (column := find(columns, name))]
    total = len(columns[0].values)
    rows = min(total, most_rows)
    noun = columns[0].noun
    caption = f"{rows} of {noun.counted(total)}; all are in the measurement files beside this report."
    return Table(
        tuple(f"{column.label} / {column.shown_unit}" if column.shown_unit else column.label for column in shown),
        tuple(tuple(_cell(column, row) for column in shown) for row in range(rows)),
        caption if rows < total else f"All {noun.plural}.",
    )


def _cell(column: Column, row: int) -> str:
    value = column.values[row]
    if column.kind == "boolean":
        return "yes" if value else "no"
    if column.kind == "name":
        return column.names[int(value)]
    if column.kind == "integer":
        return count(int(value))
    return number(float(value) / column.shown_factor) if np.isfinite(value) else NOTHING
