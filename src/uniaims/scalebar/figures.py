"""Pictures that are more or less than one micrograph: drawings, which have no scale, and figures of several panels.

Which bar of a figure tells the scale of what is measured only the user knows, where they differ: all of them are named,
none is taken, and the box of one panel may be given.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box, check_panel
from uniaims.micrograph import Micrograph
from uniaims.scalebar.scale import ScaleBar, ScaleReading


@dataclass(frozen=True)
class DrawingRules:
    """What makes a picture a drawing."""

    paper_level: int = 250
    """Paper is at least so bright (of 255), to allow for compression."""
    paper_share: float = 0.5
    """At least this part of a drawing is paper. What fluoresces is dark, micrographs that saturate do so in places."""
    flat_levels: int = 6
    flat_share: float = 0.82
    """Pixels whose neighbours differ by at most so many levels are flat; at least this part of a drawing is. Of 72 real
    micrographs with bars none had both; drawn plots have 0.87 or more."""
    dark_paper_level: int = 60
    """Dark paper is at most so bright, and of one very level: noise, however little, is that of a micrograph."""
    widest_line_px: int = 9
    least_drawn_share: float = 0.002
    """Lines and letters are at most so wide; they are at least this part of a dark drawing."""
    smooth_px: int = 5
    same_paper_levels: int = 12
    """Of the median of so many pixels squared, what is this close to the paper's level is paper."""
    same_area_levels: int = 4
    most_area_inks: int = 4
    few_inks_share: float = 0.84
    least_area_share: float = 0.1
    """Areas of a drawing have few levels: of what is wider than lines at least this share is so close to one of so many
    levels. Of real micrographs on dark ground 0.74 or less is, of drawn plots 0.88 or more; not asked of areas that are
    less than the last part of what is drawn."""
    plain_levels: int = 2
    plain_share: float = 0.85
    """Neighbours on dark paper differ by so many levels at most in this share of it: noise is that of a micrograph."""
    plain_area_share: float = 0.5
    """So they do in at least this part of the areas."""


DRAWINGS = DrawingRules()


def is_drawing(gray: NDArray[np.uint8]) -> bool:
    """Whether ``gray`` (H, W) uint8 is drawn on white paper all over, or on a dark screen, and so no micrograph."""
    paper = float(np.mean(gray >= DRAWINGS.paper_level))
    return (paper >= DRAWINGS.paper_share and _flat_share(gray) >= DRAWINGS.flat_share) or _is_dark_drawing(gray)


def _is_dark_drawing(gray: NDArray[np.uint8]) -> bool:
    """Whether all that stands on a dark ground of one level are lines, letters and areas of few levels."""
    smooth = np.asarray(cv2.medianBlur(gray, DRAWINGS.smooth_px), np.uint8)
    level = _commonest(smooth)
    paper = np.abs(smooth.astype(np.int16) - level) <= DRAWINGS.same_paper_levels
    drawn = float(np.mean(~paper))
    if (
        level > DRAWINGS.dark_paper_level
        or not DRAWINGS.least_drawn_share <= drawn <= 1 - DRAWINGS.paper_share
        or _flat_share(smooth) < DRAWINGS.flat_share
    ):
        return False
    inside = cv2.erode(paper.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    if not inside.any() or float(np.mean(_spread(gray)[inside] <= DRAWINGS.plain_levels)) < DRAWINGS.plain_share:
        return False
    line = np.ones((DRAWINGS.widest_line_px, DRAWINGS.widest_line_px), np.uint8)
    areas = cv2.morphologyEx((~paper).astype(np.uint8), cv2.MORPH_OPEN, line)
    inner = cv2.erode(areas, np.ones((5, 5), np.uint8)).astype(bool)
    if float(np.mean(inner)) <= DRAWINGS.least_area_share * drawn:
        return True
    plain = float(np.mean(_spread(gray)[inner] <= DRAWINGS.plain_levels))
    return plain >= DRAWINGS.plain_area_share and _level_share(smooth[inner]) >= DRAWINGS.few_inks_share


def _level_share(levels: NDArray[np.uint8]) -> float:
    """Share of ``levels`` (n,) that are close to one of the few commonest of them."""
    left = levels
    for _ in range(DRAWINGS.most_area_inks):
        if len(left):
            left = left[np.abs(left.astype(np.int16) - _commonest(left)) > DRAWINGS.same_area_levels]
    return 1 - len(left) / len(levels)


def _commonest(levels: NDArray[np.uint8]) -> int:
    return int(np.bincount(levels.ravel(), minlength=256).argmax())


def _flat_share(gray: NDArray[np.uint8]) -> float:
    return float(np.mean(_spread(gray) <= DRAWINGS.flat_levels))


def _spread(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """By how much the levels (H, W) of a pixel and its neighbours differ."""
    around = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(gray, around), cv2.erode(gray, around)), np.uint8)


@dataclass(frozen=True)
class PanelRules:
    """What parts a figure into panels, and when these differ."""

    same_scale_share: float = 0.05
    """Pixel sizes this close to each other are one: short bars are drawn and measured to half a pixel at either end."""
    shortest_side_share: float = 0.25
    """A panel is at least this part of a figure high or wide: a banner is less,"""
    shortest_side_px: int = 96
    """and at least so many pixels."""
    gutter_levels: int = 20
    narrowest_gutter_px: int = 2
    """Lines between panels vary by so many levels at most and are at least so many pixels wide;"""
    gutter_edge_px: int = 2
    gutter_edge_share: float = 0.5
    """so many pixels beside them at least this part differs by more: what is empty in a picture has no straight
    ends."""
    seam_ratio: float = 4.0
    seam_levels: float = 10.0
    """Where panels touch, neighbours differ by so many times as much as elsewhere near, and by so many levels."""
    seam_near_px: int = 24
    blank_levels: int = 12
    """A part of a figure whose levels vary by no more is blank."""


PANELS = PanelRules()


def panels_in(gray: NDArray[np.uint8]) -> tuple[Box, ...]:
    """Boxes of the panels that ``gray`` (H, W) uint8 is put together from, by the lines or seams between them.

    One box where it is no figure of panels. Blank ones are left out.
    """
    found = _parted(gray, Box(0, 0, *gray.shape))
    return tuple(box for box in found if float(np.ptp(np.percentile(gray[box.window], (2, 98)))) > PANELS.blank_levels)


def _parted(gray: NDArray[np.uint8], box: Box) -> list[Box]:
    """A part of a figure, parted at the first line or seam down or across it, and each of the two so again."""
    levels = gray[box.window]
    down, across = _line(levels.T), _line(levels)
    if down is not None:
        left, right = box.left + down[0], box.left + down[1]
        parts = (Box(box.top, box.left, box.bottom, left), Box(box.top, right, box.bottom, box.right))
    elif across is not None:
        above, below = box.top + across[0], box.top + across[1]
        parts = (Box(box.top, box.left, above, box.right), Box(below, box.left, box.bottom, box.right))
    else:
        return [box]
    return [each for part in parts for each in _parted(gray, part)]


def _line(levels: NDArray[np.uint8]) -> tuple[int, int] | None:
    """First and end row of a line between panels in ``levels`` (h, w), or of the seam; None where there is neither."""
    least = max(PANELS.shortest_side_px, round(PANELS.shortest_side_share * len(levels)))
    if len(levels) < 2 * least + PANELS.seam_near_px:
        return None
    low, high = np.percentile(levels, (2, 98), axis=1)
    plain = np.concatenate(([False], high - low <= PANELS.gutter_levels, [False]))
    lines = np.flatnonzero(plain[1:] != plain[:-1]).reshape(-1, 2).tolist()
    gutters = [(first, end) for first, end in lines if first >= least and end <= len(levels) - least]
    wide = [line for line in gutters if line[1] - line[0] >= PANELS.narrowest_gutter_px and _has_ends(levels, *line)]
    if wide:
        return max(wide, key=lambda line: line[1] - line[0])
    signed = levels.astype(np.int16)
    steps = np.median(np.abs(signed[2:] - signed[:-2]), axis=1)  # at the row between
    row = int(steps[least : len(steps) - least].argmax()) + least
    near = np.concatenate((steps[row - PANELS.seam_near_px : row - 2], steps[row + 3 : row + PANELS.seam_near_px]))
    is_seam = steps[row] >= max(PANELS.seam_levels, PANELS.seam_ratio * float(np.median(near)), 1.5 * float(near.max()))
    return (row + 1, row + 1) if is_seam else None


def _has_ends(levels: NDArray[np.uint8], first: int, end: int) -> bool:
    """Whether a line of rows ends with one row above and below, as those between panels do, in ``levels`` (h, w)."""
    level = float(np.median(levels[first:end]))
    beside = (levels[first - 1 - PANELS.gutter_edge_px], levels[end + PANELS.gutter_edge_px])
    return all(float(np.mean(np.abs(row - level) > PANELS.gutter_levels)) >= PANELS.gutter_edge_share for row in beside)


def differ(bars: Sequence[ScaleBar]) -> bool:
    """Whether bars speak of different scales."""
    sizes = [bar.pixel_size_nm for bar in bars]
    return len(sizes) > 1 and max(sizes) > (1 + PANELS.same_scale_share) * min(sizes)


def named(bars: Sequence[ScaleBar]) -> str:
    """A sentence that names bars of different scales, with where they are."""
    each = "; ".join(
        f'"{bar.text}" = {bar.length_px:.1f} px ({bar.pixel_size_nm:.4g} nm per pixel) at {_corners(bar.box)}'
        for bar in bars
    )
    return f"the picture holds {len(bars)} bars of different scale: {each}. Choose one panel, or give the pixel size."


def panel_of(micrograph: Micrograph, panel: Box) -> Micrograph:
    """The part of a micrograph that is one panel of a figure.

    Raises:
        SettingsError: where the box reaches out of the picture.
    """
    check_panel(panel, micrograph.shape)
    part = np.ascontiguousarray(np.asarray(micrograph.pixels)[panel.window])
    return replace(micrograph, pixels=part)


def in_whole(reading: ScaleReading, panel: Box) -> ScaleReading:
    """What was read in a panel, with its boxes in the whole picture."""
    down, right = panel.top, panel.left
    return replace(
        reading,
        bar=reading.bar and _moved(reading.bar, panel),
        bars=tuple(_moved(bar, panel) for bar in reading.bars),
        drawn=tuple(box.moved(down, right) for box in reading.drawn),
        letters=tuple(box.moved(down, right) for box in reading.letters),
    )


def _moved(bar: ScaleBar, panel: Box) -> ScaleBar:
    text_box = bar.text_box and bar.text_box.moved(panel.top, panel.left)
    return replace(bar, box=bar.box.moved(panel.top, panel.left), text_box=text_box)


def _corners(box: Box) -> str:
    """``x0,y0,x1,y1``, as boxes are given."""
    return f"{box.left},{box.top},{box.right},{box.bottom}"
