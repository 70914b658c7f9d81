"""Cells of tissue."""

import pytest

from uniaims.synthesis.scenes import (
    Cells,
)

from .conftest import scene_of


def test_cells_never_overlap_and_sheaths_part_them() -> None:
    bare = scene_of(Cells(cover=(0.4, 0.4), gap_px=(0, 0), patchiness=(0, 0)))
    wrapped = scene_of(Cells(cover=(0.3, 0.3), gap_px=(2, 2), sheath=(0.5, 0.5), patchiness=(0, 0)))
    assert (bare.labels > 0).mean() == pytest.approx(0.4, abs=0.12)
    touching = (wrapped.labels[1:] != wrapped.labels[:-1]) & (wrapped.labels[1:] > 0) & (wrapped.labels[:-1] > 0)
    assert not touching.any()
    assert bare.relief.thickness[bare.labels > 0].min() > 0
