import numpy as np
import pytest

from uniaims.training.augmentation import CHANGES, banner, change_gray, defocus, line_jitter, shot_noise


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


def test_a_banner_covers_what_it_says():
    gray = np.random.default_rng(0).random((128, 96), dtype=np.float32)
    for seed in range(6):
        changed, covered = banner(gray, np.random.default_rng(seed))
        np.testing.assert_array_equal(changed[~covered], gray[~covered])
        assert 0.005 < covered.mean() < 0.3
        assert covered.sum() == covered.any(axis=0).sum() * covered.any(axis=1).sum()
        assert np.isin(changed[covered], (0, 1)).mean() > 0.3


def test_defocus_and_jitter_keep_the_mean():
    gray = np.random.default_rng(0).random((64, 64), dtype=np.float32)
    for change in (defocus, line_jitter):
        assert change(gray, np.random.default_rng(1)).mean() == pytest.approx(gray.mean(), abs=0.01)


def test_shot_noise_has_the_variance_of_counting():
    gray = np.full((200, 200), 0.5, np.float32)
    for seed in range(8):
        noisy = shot_noise(gray, np.random.default_rng(seed))
        dose = float(np.exp(np.random.default_rng(seed).uniform(np.log(10), np.log(300))))
        assert noisy.mean() == pytest.approx(0.5, abs=0.01)
        assert noisy.var() == pytest.approx(0.5 / dose, rel=0.1)
