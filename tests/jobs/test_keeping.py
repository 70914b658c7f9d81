"""A segmenter that keeps what its network says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from uniaims.jobs.keeping import KeepingSegmenter
from uniaims.segmenter import Prediction, Segmenter, SegmenterSettings


def test_what_it_finds_is_as_ever_and_can_be_asked_for_again(
    slope_model: Any, cones: Callable[..., Any], tmp_path: Path
) -> None:
    settings = SegmenterSettings(diameter_px=24.0, tile_px=64, overlap_px=16)
    path, image = tmp_path / "kept.safetensors", cones(60, 90).image
    found = KeepingSegmenter(slope_model, settings, path)(image)
    assert found.labels.max() == 6
    np.testing.assert_array_equal(found.labels, Segmenter(slope_model, settings)(image).labels)
    np.testing.assert_array_equal(Segmenter.instances(Prediction.load(path)).labels, found.labels)
