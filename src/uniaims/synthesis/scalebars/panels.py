"""Figures of several panels, each a picture with its own scale bar, as authors and screenshots put them together."""

from collections.abc import Sequence

import numpy as np

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars.canvas import Ink
from uniaims.synthesis.scalebars.degradation import Drawn
from uniaims.synthesis.scalebars.looks import WHITE
from uniaims.synthesis.scalebars.truth import ScaleBarTruth


def put_together(panels: Sequence[Drawn], columns: int, gutter_px: int = 8, ground: Ink = WHITE) -> Drawn:
    """Panels side by side, `columns` in each row, with `gutter_px` of `ground` between and around them.

    The truth holds the bars of all panels, and no pixel size, since that differs from panel to panel.

    Raises:
        SettingsError: if there are no panels, or no columns.
    """
    if not panels or columns < 1:
        raise SettingsError(f"{len(panels)} panels in {columns} columns: wanted at least one of each.")
    rows = -(-len(panels) // columns)
    high = max(panel.image.shape[0] for panel in panels) + gutter_px
    wide = max(panel.image.shape[1] for panel in panels) + gutter_px
    whole = np.empty((rows * high + gutter_px, columns * wide + gutter_px, 3), np.uint8)
    whole[...] = ground
    size, truths = (whole.shape[1], whole.shape[0]), []
    for number, panel in enumerate(panels):
        top, left = gutter_px + number // columns * high, gutter_px + number % columns * wide
        image = panel.image[..., None] if panel.image.ndim == 2 else panel.image
        whole[top : top + image.shape[0], left : left + image.shape[1]] = image
        truths.append(panel.truth.shifted(left, top, size))
    return Drawn(whole, _joined(truths, size))


def _joined(truths: Sequence[ScaleBarTruth], size: tuple[int, int]) -> ScaleBarTruth:
    return ScaleBarTruth(
        "panels",
        size,
        bars=tuple(bar for truth in truths for bar in truth.bars),
        texts=tuple(text for truth in truths for text in truth.texts),
        labels=tuple(label for truth in truths for label in truth.labels),
        distractors=tuple(thing for truth in truths for thing in truth.distractors),
    )
