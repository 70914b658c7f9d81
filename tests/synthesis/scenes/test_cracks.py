"""Cracks."""

import numpy as np

from uniaims.synthesis.scenes import (
    Cracks,
)

from .conftest import scene_of


def test_cracks_are_thin_and_long_and_branches_belong_to_them() -> None:
    settings = {"count": (1, 1), "width_px": (4, 4), "length": (1.2, 1.2)}
    plain, branched = (scene_of(Cracks(branches=(n, n), **settings), 7).labels for n in (0, 6))
    assert plain.max() >= 1
    rows, columns = np.nonzero(plain)
    extent = np.hypot(np.ptp(rows), np.ptp(columns))
    assert (plain > 0).sum() < 8 * extent
    assert (branched > 0).sum() > 1.2 * (plain > 0).sum()
