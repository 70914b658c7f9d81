from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from uniaims.dataset import Sample
from uniaims.micrograph import Micrograph
from uniaims.networks import Normalisation
from uniaims.training import TrainingSettings
from uniaims.training.crops import SMALLEST_DIAMETER_PX, random_crop, random_scale
from uniaims.training.samples import PreparedSample, TrainingData, dataset_shares, prepare
from uniaims.training.sampling import CropLoader, Portion, sampling_weights


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


def data_of(*samples):
    return TrainingData(samples, (len(samples),), (1.0,), ())


def flat_sample(original_px):
    empty = np.zeros((64, 64), np.uint8)
    return PreparedSample(empty, empty.astype(np.int32), empty, original_px, original_px)


def test_shares_rule_over_size():
    two = TrainingSettings(data=(Path("a"), Path("b")), output=Path("c"), shares=(3, 1))
    data = TrainingData((flat_sample(10.0),) * 10, (2, 8), dataset_shares([2, 8], two), ())
    assert sampling_weights(data, two)[:2].sum() == pytest.approx(0.75)


@pytest.mark.parametrize(("balance", "expected"), [(0.0, (0.2, 0.8)), (0.5, (1 / 3, 2 / 3)), (1.0, (0.5, 0.5))])
def test_dataset_balance_goes_from_images_to_folders(balance, expected):
    assert dataset_shares([2, 8], settings(dataset_balance=balance)) == pytest.approx(expected)


def test_size_balance_draws_rare_sizes_as_often_as_usual_ones():
    data = data_of(*[flat_sample(10.0)] * 9, flat_sample(100.0))
    assert sampling_weights(data, settings(size_balance=1.0))[-1] == pytest.approx(0.5)
    assert sampling_weights(data, settings())[-1] == pytest.approx(0.1)


def test_kind_balance_draws_rare_kinds_as_often_as_usual_ones():
    rare, usual = (replace(flat_sample(10.0), kinds=np.array([-1, kind], np.int8)) for kind in (1, 0))
    assert sampling_weights(data_of(*[usual] * 9, rare), settings(kind_balance=1.0))[-1] == pytest.approx(0.5)


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


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_do_not_depend_on_threads_or_restart(threads):
    data = data_of(prepare(sample_of(discs()), Normalisation(), 32))
    loader = CropLoader(data, settings(loader_threads=threads), start=5)
    batches = iter(loader)
    for step in (5, 6, 7, 8):
        np.testing.assert_array_equal(next(batches).image, loader.batch(step).image)
    batches.close()


def test_processes_together_make_what_one_makes():
    data, knobs = data_of(prepare(sample_of(discs()), Normalisation(), 32)), settings()
    alone = CropLoader(data, knobs, 0).batch(4)
    together = [CropLoader(data, knobs, 0, Portion(rank, 3)).batch(4) for rank in range(3)]
    np.testing.assert_array_equal(np.concatenate([batch.image for batch in together]), alone.image)
    np.testing.assert_array_equal(alone.part(2, 3).fields, alone.fields[2:])


def test_a_broken_sample_is_reported():
    broken = prepare(sample_of(discs()), Normalisation(), 32)
    object.__setattr__(broken, "labels", "no labels")
    with pytest.raises(AttributeError):
        next(iter(CropLoader(data_of(broken), settings(), start=0)))
