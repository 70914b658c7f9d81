import numpy as np
import pytest

from uniaims.training.augmentation import CHANGES, change_gray


@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=lambda change: change.__name__)
def test_change_changes_and_stays_an_image(change):
    gray = np.random.default_rng(0).random((48, 64), dtype=np.float32)
    before = gray.copy()
    changed = [change(gray, np.random.default_rng(seed)) for seed in range(5)]
    np.testing.assert_array_equal(gray, before)
    assert all(image.shape == gray.shape and np.isfinite(image).all() for image in changed)
    assert any(not np.allclose(image, gray) for image in changed)


def test_same_seed_same_image():
    gray = np.random.default_rng(0).random((32, 32), dtype=np.float32)
    first, second = (change_gray(gray, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32
