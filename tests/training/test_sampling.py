from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from uniaims.networks import Normalisation
from uniaims.training import TrainingSettings
from uniaims.training.samples import PreparedSample, TrainingData, dataset_shares, prepare
from uniaims.training.sampling import CropLoader, Portion, sampling_weights

from .drawn_samples import discs, sample_of, settings


def test_large_objects_are_shrunk_and_small_ones_kept():
    large = prepare(sample_of(discs(side=800, radius=90, pitch=200)), Normalisation(), 32)
    assert large.diameter_px < 90
    assert large.gray.shape == large.labels.shape == large.known.shape
    assert set(np.unique(large.labels)) <= set(range(17))
    small = prepare(sample_of(discs()), Normalisation(), 32)
    assert small.gray.shape == (200, 200)


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
