import math

import numpy as np
import pytest
from scipy import stats

from uniaims.errors import InputError, SettingsError
from uniaims.statistics.groups import compare_groups, holm, kruskal_wallis
from uniaims.statistics.pictures import Picture


def group(random, pictures, middle, between=0.05, objects=60):
    """Pictures of log-normal sizes whose medians differ by `between`."""
    return [
        Picture.of(random.lognormal(math.log(middle) + random.normal(0, between), 0.3, objects))
        for _ in range(pictures)
    ]


@pytest.mark.parametrize("pictures", [3, 6])
def test_a_real_difference_is_found_with_its_size(pictures):
    random = np.random.default_rng(0)
    pair = compare_groups({"A": group(random, pictures, 20), "B": group(random, pictures, 26)})[0]
    assert pair.unit == "pictures"
    assert pair.differs
    assert pair.low < 1.3 < pair.high
    assert pair.ratio == pytest.approx(1.3, rel=0.1)
    assert pair.superiority > 0.7


@pytest.mark.parametrize("pictures", [(2, 2), (1, 3), (3, 8)])
def test_equal_groups_seldom_differ(pictures):
    random = np.random.default_rng(1)
    alarms = np.mean(
        [
            compare_groups({"A": group(random, pictures[0], 20), "B": group(random, pictures[1], 20)})[0].differs
            for _ in range(150)
        ]
    )
    assert alarms <= 0.11  # 0.05 with a standard error of 0.018


def test_objects_taken_for_independent_would_differ_far_more_often():
    random = np.random.default_rng(2)
    p_values = [
        stats.mannwhitneyu(*(np.concatenate([each.values for each in group(random, 3, 20)]) for _ in "AB")).pvalue
        for _ in range(100)
    ]
    assert np.mean(np.array(p_values) < 0.05) > 0.2


def test_single_pictures_are_told_apart_as_pictures_only():
    random = np.random.default_rng(3)
    pair = compare_groups({"A": group(random, 1, 20), "B": group(random, 1, 40)})[0]
    assert pair.unit == "objects"
    assert pair.differs
    assert math.isnan(pair.permutation_p_value)


def test_three_against_three_cannot_be_below_a_tenth():
    random = np.random.default_rng(4)
    pair = compare_groups({"A": group(random, 3, 20), "B": group(random, 3, 60)})[0]
    assert pair.permutation_p_value == pair.smallest_p_value == pytest.approx(0.1)


def test_drawn_arrangements_come_near_to_all_of_them():
    random = np.random.default_rng(5)
    few = {"A": group(random, 6, 20), "B": group(random, 6, 21)}
    many = {"A": group(random, 9, 20), "B": group(random, 9, 60)}
    assert 0 < compare_groups(few)[0].permutation_p_value <= 1
    pair = compare_groups(many)[0]
    assert (
        pair.smallest_p_value <= pair.permutation_p_value <= 5 * pair.smallest_p_value
    )  # all of one, or all of the other


def test_the_other_way_round_is_the_inverse():
    random = np.random.default_rng(6)
    one, other = group(random, 3, 20), group(random, 4, 23)
    there, back = compare_groups({"A": one, "B": other})[0], compare_groups({"B": other, "A": one})[0]
    assert there.ratio == pytest.approx(1 / back.ratio)
    assert (there.low, there.high) == pytest.approx((1 / back.high, 1 / back.low))
    assert there.p_value == pytest.approx(back.p_value)
    assert there.superiority == pytest.approx(1 - back.superiority)


def test_superiority_is_that_of_mann_and_whitney():
    one, other = np.array([1.0, 2, 2, 5]), np.array([2.0, 3, 7])
    pair = compare_groups({"A": [Picture.of(one)], "B": [Picture.of(other)]})[0]
    assert pair.superiority == pytest.approx(stats.mannwhitneyu(other, one).statistic / 12)


def test_equivalence_asks_for_a_narrow_interval():
    random = np.random.default_rng(7)
    groups = {"A": group(random, 8, 20, 0.01, 300), "B": group(random, 8, 20, 0.01, 300)}
    pair = compare_groups(groups, confidence=0.9)[0]
    assert pair.is_equivalent(0.1)
    assert not pair.is_equivalent(0.001)
    with pytest.raises(SettingsError):
        pair.is_equivalent(0)


def test_pairs_of_several_groups_are_adjusted_together():
    random = np.random.default_rng(8)
    groups = {"A": group(random, 3, 20), "B": group(random, 3, 20), "C": group(random, 3, 40)}
    pairs = compare_groups(groups)
    assert [(pair.first, pair.second) for pair in pairs] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert all(pair.adjusted_p_value >= pair.p_value for pair in pairs)
    assert kruskal_wallis(groups) < 0.1


def test_holm_as_in_the_paper():
    assert holm([0.01, 0.04, 0.03, math.nan])[:3] == pytest.approx([0.03, 0.06, 0.06])


def test_pictures_that_are_all_alike_do_not_differ():
    same = [Picture.of([5.0, 6.0])] * 3
    pair = compare_groups({"A": same, "B": same})[0]
    assert (pair.ratio, pair.p_value, pair.differs) == (1, 1, False)
    assert kruskal_wallis({"A": same, "B": same}) == 1


@pytest.mark.parametrize("groups", [{}, {"A": [Picture.of([1.0])]}, {"A": [Picture.of([1.0])], "B": [Picture.of([])]}])
def test_what_cannot_be_compared_is_refused(groups):
    with pytest.raises(InputError, match="can be compared"):
        compare_groups(groups)


def test_among_many_pairs_of_equal_groups_hardly_ever_one_differs():
    random = np.random.default_rng(20)
    runs = [compare_groups({name: group(random, 3, 20, objects=30) for name in "ABCDEF"}) for _ in range(60)]
    assert np.mean([any(pair.p_value < 0.05 for pair in pairs) for pairs in runs]) > 0.2
    assert np.mean([any(pair.differs for pair in pairs) for pairs in runs]) <= 0.1
