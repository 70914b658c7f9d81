"""Figures of several panels keep the truth of each."""

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars import Drawn, draw_scalebar, put_together


def drawn(seed: int) -> Drawn:
    ground = np.full((200, 240), 90, np.uint8)
    return draw_scalebar(ground, "arial over bar", np.random.default_rng(seed))


def test_bars_of_all_panels_move_with_them() -> None:
    panels = [drawn(seed) for seed in range(3)]
    figure = put_together(panels, columns=2, gutter_px=6)
    assert figure.image.shape == (2 * 200 + 3 * 6, 2 * 240 + 3 * 6, 3)
    assert figure.truth.size == (2 * 240 + 3 * 6, 2 * 200 + 3 * 6)
    assert figure.truth.pixel_size_nm is None and len(figure.truth.bars) == 3
    for panel, bar, corner in zip(panels, figure.truth.bars, ((6, 6), (252, 6), (6, 212)), strict=True):
        assert bar.length_px == pytest.approx(panel.truth.bars[0].length_px)
        assert bar.start == pytest.approx(np.add(panel.truth.bars[0].start, corner))
    assert np.array_equal(figure.image[6:206, 6:246, 0], panels[0].image.reshape(200, 240, -1)[..., 0])


def test_no_panels_are_refused() -> None:
    with pytest.raises(SettingsError, match="wanted at least one"):
        put_together([], 2)
