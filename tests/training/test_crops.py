"""Crops of samples: true pairs, unknown where nothing is known."""

from dataclasses import replace

import numpy as np
import pytest

from uniaims.networks import Normalisation
from uniaims.training.crops import SMALLEST_DIAMETER_PX, random_crop, random_scale
from uniaims.training.samples import prepare

from .drawn_samples import discs, sample_of, settings


def test_crop_is_a_true_pair():
    sample = prepare(sample_of(discs()), Normalisation(), 32)
    image, fields, labels, known, kinds = random_crop(sample, settings(), np.random.default_rng(1))
    assert image.shape == labels.shape == known.shape == (1, 64, 64)
    assert fields.shape == (4, 64, 64)
    assert (kinds == -1).all()
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


def test_crops_tell_the_kind_of_each_object():
    numbers = np.array([-1] + [label % 2 for label in range(1, 26)], np.int8)
    sample = replace(prepare(sample_of(discs()), Normalisation(), 32), kinds=numbers)
    _, _, labels, _, kinds = random_crop(sample, settings(), np.random.default_rng(1))
    inside = labels[0] > 0
    np.testing.assert_array_equal(kinds[inside], labels[0][inside] % 2)
    assert (kinds[~inside] == -1).all()


def test_wide_scales_reach_from_tiny_to_half_of_the_crop():
    sample = prepare(sample_of(discs(side=400)), Normalisation(), 32)
    rng = np.random.default_rng(0)
    sizes = [random_scale(sample, settings(wide_scale_share=1.0), rng) * sample.diameter_px for _ in range(400)]
    smallest = max(SMALLEST_DIAMETER_PX, 160 / 400 * sample.diameter_px)
    assert min(sizes) == pytest.approx(smallest, rel=0.1)
    assert max(sizes) == pytest.approx(32, rel=0.1)
