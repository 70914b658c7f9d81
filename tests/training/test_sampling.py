from pathlib import Path

import numpy as np
import pytest

from uniaims.dataset import Sample
from uniaims.micrograph import Micrograph
from uniaims.networks import Normalisation
from uniaims.training import TrainingSettings
from uniaims.training.sampling import CropLoader, prepare, random_crop, sampling_weights


def discs(side=200, radius=12, pitch=40):
    y, x = np.mgrid[:side, :side]
    cell = (y // pitch) * (side // pitch) + x // pitch + 1
    inside = np.hypot(y % pitch - pitch / 2, x % pitch - pitch / 2) < radius
    return np.where(inside, cell, 0).astype(np.uint32)


def sample_of(labels, known=None):
    gray = np.where(labels > 0, 180, 40).astype(np.uint8)
    known = np.ones(labels.shape, bool) if known is None else known
    return Sample("discs", Micrograph(gray), labels, known)


def settings(**changes):
    return TrainingSettings(data=(Path("a"),), output=Path("b"), crop_px=64, batch=3, **changes)


def test_large_objects_are_shrunk_and_small_ones_kept():
    large = prepare(sample_of(discs(side=800, radius=90, pitch=200)), Normalisation(), 32)
    assert large.diameter_px < 90
    assert large.gray.shape == large.labels.shape == large.known.shape
    assert set(np.unique(large.labels)) <= set(range(17))
    small = prepare(sample_of(discs()), Normalisation(), 32)
    assert small.gray.shape == (200, 200)


def test_crop_is_a_true_pair():
    sample = prepare(sample_of(discs()), Normalisation(), 32)
    image, fields, labels, known = random_crop(sample, settings(), np.random.default_rng(1))
    assert image.shape == labels.shape == known.shape == (1, 64, 64)
    assert fields.shape == (4, 64, 64)
    np.testing.assert_array_equal(fields[0] > 0, labels[0] > 0)
    assert np.all(np.hypot(*fields[1:3])[labels[0] == 0] == 0)


def test_outside_the_sample_is_unknown():
    sample = prepare(sample_of(discs(side=40, pitch=40)), Normalisation(), 32)
    known = random_crop(sample, settings(), np.random.default_rng(0))[3]
    assert 0 < known.mean() < 1


def test_unlabelled_regions_stay_unknown():
    nowhere = np.zeros((200, 200), bool)
    sample = prepare(sample_of(discs(), nowhere), Normalisation(), 32)
    assert not random_crop(sample, settings(), np.random.default_rng(0))[3].any()


def test_shares_rule_over_size():
    weights = sampling_weights([2, 8], (3, 1))
    assert weights[:2].sum() == pytest.approx(0.75)
    assert sampling_weights([1, 4], ()) == pytest.approx([1 / 3] + [1 / 6] * 4)


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_do_not_depend_on_threads_or_restart(threads):
    samples = [prepare(sample_of(discs()), Normalisation(), 32)]
    loader = CropLoader(samples, np.ones(1), settings(loader_threads=threads), start=5)
    batches = iter(loader)
    for step in (5, 6, 7, 8):
        np.testing.assert_array_equal(next(batches).image, loader.batch(step).image)
    batches.close()


def test_a_broken_sample_is_reported():
    broken = prepare(sample_of(discs()), Normalisation(), 32)
    object.__setattr__(broken, "labels", "no labels")
    with pytest.raises(AttributeError):
        next(iter(CropLoader([broken], np.ones(1), settings(), start=0)))
