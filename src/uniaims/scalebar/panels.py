"""Pictures that hold several scale bars: figures of panels, collages, screenshots.

Which bar tells the scale of what is measured only the user knows, where they differ: all of them are named, none is
taken, and the box of one panel may be given.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from uniaims.boxes import Box, check_panel
from uniaims.micrograph import Micrograph
from uniaims.scalebar.scale import ScaleBar, ScaleReading

SAME_SCALE = 0.05
"""Pixel sizes this close to each other are one: short bars are drawn and measured to half a pixel at either end."""


def differ(bars: Sequence[ScaleBar]) -> bool:
    """Whether bars speak of different scales."""
    sizes = [bar.pixel_size_nm for bar in bars]
    return len(sizes) > 1 and max(sizes) > (1 + SAME_SCALE) * min(sizes)


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
