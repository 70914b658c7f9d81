"""What the network said of images: kept as files, the last of them in memory."""

import numpy as np
import pytest

from uniaims.engine import fields
from uniaims.engine.fields import FieldCache
from uniaims.segmenter import Segmenter, SegmenterSettings


@pytest.fixture(scope="module")
def prediction(slope_model, cones):
    settings = SegmenterSettings(diameter_px=24.0, tile_px=64, overlap_px=16)
    return Segmenter(slope_model, settings).predict(cones(60, 60).image)


def test_a_prediction_is_read_once_until_there_is_another(tmp_path, prediction):
    cache = FieldCache(tmp_path)
    assert cache.get("ab", 0) is None
    prediction.save(cache.path("ab", 0))
    held = cache.get("ab", 0)
    np.testing.assert_array_equal(held.fields.probability, prediction.fields.probability)
    assert cache.get("ab", 0) is held
    assert cache.get("ab", 1) is None
    prediction.save(cache.path("ab", 0))
    assert cache.get("ab", 0) is not held


def test_only_the_last_used_stay_in_memory(tmp_path, prediction, monkeypatch):
    monkeypatch.setattr(fields, "IN_MEMORY", 2)
    cache = FieldCache(tmp_path)
    for name in "abc":
        prediction.save(cache.path(name, 0))
    first, second = cache.get("a", 0), cache.get("b", 0)
    assert cache.get("a", 0) is first
    cache.get("c", 0)
    assert cache.get("a", 0) is first
    assert cache.get("b", 0) is not second


def test_a_damaged_file_is_as_none(tmp_path):
    cache = FieldCache(tmp_path)
    cache.path("ab", 0).write_bytes(b"no tensors")
    assert cache.get("ab", 0) is None
