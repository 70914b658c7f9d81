"""The picture as it is printed: an overview with outlines and a scale bar, and details where that is too coarse."""

from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.pages.units import length_unit, plain
from uniaims.report import wording
from uniaims.report.findings import Findings
from uniaims.report.overlay import overlay
from uniaims.report.section import Picture

PRINTED_PX = 1417
"""180 mm at 200 dots per inch."""
DETAILS_FROM = 1.6
"""Where the overview shows less than one dot for so many pixels, details follow."""
DETAIL_PX = 480
ROWS, COLUMNS = 2, 3
DIMMED = 0.45
BAR_PART = 0.25
"""Longest scale bar, as a part of the width."""


def overview(findings: Findings) -> Picture:
    """All of the picture with the outlines."""
    content = findings.content
    whole = Box.whole(content.labels.shape)
    return _picture(findings, "picture", whole, wording.picture_caption(findings), PRINTED_PX)


def close_ups(findings: Findings) -> tuple[Picture, ...]:
    """Up to six places in full detail, spread over the picture; none where the overview shows every pixel."""
    content = findings.content
    height, width = content.labels.shape
    if max(height, width) < DETAILS_FROM * PRINTED_PX or not findings.counts.total:
        return ()
    boxes = (_place(findings, row, column) for row, column in product(range(ROWS), range(COLUMNS)))
    found = [box for box in boxes if box is not None]
    return tuple(
        _picture(findings, f"detail-{letter}", box, letter, DETAIL_PX)
        for letter, box in zip("abcdef", found, strict=False)
    )


def _place(findings: Findings, row: int, column: int) -> Box | None:
    """A square around the object nearest to the middle of a cell of the picture; ``None`` where the cell is empty."""
    height, width = findings.content.labels.shape
    measured = findings.content.measurements
    if not measured.has("centroid_y", "centroid_x"):
        return None
    size = measured.pixel_size
    high, wide = (size.height_nm, size.width_nm) if size else (1.0, 1.0)
    y, x = measured.values("centroid_y") / high, measured.values("centroid_x") / wide
    middle_y, middle_x = (row + 0.5) * height / ROWS, (column + 0.5) * width / COLUMNS
    inside = (np.abs(y - middle_y) <= height / ROWS / 2) & (np.abs(x - middle_x) <= width / COLUMNS / 2)
    if not inside.any():
        return None
    nearest = int(np.argmin(np.where(inside, np.hypot(y - middle_y, x - middle_x), np.inf)))
    side = min(DETAIL_PX, height, width)
    top = int(np.clip(y[nearest] - side / 2, 0, height - side))
    left = int(np.clip(x[nearest] - side / 2, 0, width - side))
    return Box(top, left, top + side, left + side)


def _picture(findings: Findings, name: str, box: Box, caption: str, longest_px: int) -> Picture:
    size = findings.content.measurements.pixel_size
    stretch = size.aspect if size else 1.0
    drawn = partial(_drawn, findings, box, longest_px)
    return Picture(name, drawn, caption, box.width / box.height / stretch, _bar(findings, box.width))


def _drawn(findings: Findings, box: Box, longest_px: int) -> NDArray[np.uint8]:
    """A part of the picture with outlines; what was not evaluated is dimmed."""
    content, labels = findings.content, findings.content.labels
    drawn = overlay(content.image[box.window], labels[box.window], longest_px, *_kinds(findings, labels))
    kept = np.zeros(labels.shape, bool)
    kept[findings.counts.content.window] = True
    rows, columns = (np.arange(n) * m // n for n, m in zip(drawn.shape[:2], (box.height, box.width), strict=True))
    shown = kept[box.window][np.ix_(rows, columns)]
    return np.where(shown[..., None], drawn, (drawn * DIMMED).astype(np.uint8))


def _kinds(findings: Findings, labels: NDArray[np.uint32]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = findings.content.measurements.kind_names
    dense = not len(names) or len(names) == int(labels.max(initial=0))
    return (tuple(names), findings.known_kinds) if names and dense else ((), ())


def _bar(findings: Findings, width_px: int) -> tuple[float, str]:
    """The longest round length that takes up to a quarter of the width."""
    size = findings.content.measurements.pixel_size
    if size is None:
        return 0.0, ""
    most = BAR_PART * width_px * size.width_nm
    power = 10.0 ** np.floor(np.log10(most))
    length = float(power * max(step for step in (1, 2, 5) if step * power <= most))
    unit = length_unit(length)
    return length / (width_px * size.width_nm), f"{plain(length / unit.size)} {unit.symbol}"
