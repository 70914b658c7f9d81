import math

import numpy as np
import pytest

from uniaims.errors import InputError, SettingsError
from uniaims.statistics import size_percentiles
from uniaims.statistics.pictures import Picture, pooled, resampled, sample_percentile, variance_shares


def sample(random, pictures, objects, between, within=0.3, middle=20.0):
    """Pictures whose medians differ by `between`, of objects that differ by `within`, both as logarithms."""
    return [
        Picture.of(middle * np.exp(random.normal(0, between) + random.normal(0, within, objects)))
        for _ in range(pictures)
    ]


def test_a_picture_is_ordered_and_leaves_out_what_is_not_known():
    picture = Picture.of([3, math.nan, 1], [1, 9, 2])
    assert picture.values.tolist() == [1, 3]
    assert picture.weights.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("values", "weights"), [([0.0, 1], None), ([-1.0], None), ([1.0], [0.0]), ([1.0, 2], [1.0]), ([math.inf], None)]
)
def test_sizes_that_cannot_be_compared_are_refused(values, weights):
    with pytest.raises(InputError):
        Picture.of(values, weights)


def test_the_percentile_of_equal_weights_stands_between_neighbours():
    picture = Picture.of([1, 2, 3, 4])
    assert picture.percentile(50) == pytest.approx(2.5)
    assert picture.percentile(0) == 1
    assert picture.percentile(100) == 4


def test_weights_of_volumes_give_the_volume_percentile():
    sizes = np.random.default_rng(0).lognormal(3, 0.4, 200)
    assert Picture.of(sizes, sizes**3).percentile(90) == pytest.approx(size_percentiles(sizes, "volume").d90)


def test_weights_count_by_their_ratio_and_equal_ones_give_the_plain_percentile():
    sizes = [1, 2, 3, 5, 8]
    assert Picture.of(sizes, [1, 2, 1, 1, 3]).percentile(75) == Picture.of(sizes, [2, 4, 2, 2, 6]).percentile(75)
    assert Picture.of(sizes, [2] * 5).percentile(10) == pytest.approx(np.percentile(sizes, 10))


@pytest.mark.parametrize(("pictures", "level"), [(1, "objects"), (3, "pictures"), (5, "pictures, then objects")])
def test_what_counts_as_independent_is_told(pictures, level):
    figure = sample_percentile(sample(np.random.default_rng(1), pictures, 100, 0.05))
    assert figure.level == level
    assert figure.low < figure.estimate < figure.high
    assert (figure.pictures, figure.objects) == (pictures, 100 * pictures)


def test_the_interval_of_pictures_that_differ_is_much_wider_than_that_of_their_objects():
    pictures = sample(np.random.default_rng(2), 6, 400, 0.08)
    apart = sample_percentile(pictures)
    together = sample_percentile([pooled(pictures)])
    assert apart.estimate == together.estimate
    assert apart.high - apart.low > 2 * (together.high - together.low)


def test_most_intervals_hold_the_true_median():
    random = np.random.default_rng(3)
    figures = [sample_percentile(sample(random, 3, 50, 0.05), seed=turn) for turn in range(300)]
    held = np.mean([figure.low <= 20 <= figure.high for figure in figures])
    assert 0.92 <= held <= 0.98  # 0.95 with a standard error of 0.013


def test_one_object_or_none_has_no_interval():
    assert math.isnan(sample_percentile([]).estimate)
    single = sample_percentile([Picture.of([5.0]), Picture.of([])])
    assert (single.estimate, single.level, single.pictures) == (5.0, "none", 1)
    assert math.isnan(single.low)


def test_equal_seeds_give_equal_intervals():
    pictures = sample(np.random.default_rng(4), 5, 60, 0.05)
    assert sample_percentile(pictures, seed=3) == sample_percentile(pictures, seed=3)


def test_many_objects_in_groups_vary_as_they_do_singly():
    sizes = np.random.default_rng(5).lognormal(3, 0.4, 20_000)
    spread = np.std(np.log(resampled([Picture.of(sizes)], 50, np.random.default_rng(0), 400)))
    assert spread == pytest.approx(0.4 * math.sqrt(math.pi / 2 / 20_000), rel=0.15)


def test_variance_between_and_within_pictures_is_found():
    shares = variance_shares(sample(np.random.default_rng(6), 400, 50, 0.1))
    assert shares.within == pytest.approx(0.3, rel=0.05)
    assert shares.between == pytest.approx(0.1, rel=0.12)
    assert shares.correlation == pytest.approx(0.1, rel=0.25)
    assert shares.effective_objects == pytest.approx(20_000 / (1 + 49 * shares.correlation))


def test_pictures_that_do_not_differ_leave_all_objects_independent():
    picture = Picture.of([1.0, 2, 3])
    shares = variance_shares([picture, picture])
    assert (shares.between, shares.effective_objects) == (0, 6)
    assert math.isnan(variance_shares([picture]).between)


@pytest.mark.parametrize(("percent", "confidence"), [(-1, 0.9), (101, 0.9), (50, 0), (50, 1)])
def test_settings_out_of_range_are_refused(percent, confidence):
    with pytest.raises(SettingsError):
        sample_percentile([Picture.of([1.0])], percent, confidence=confidence)
