import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.statistics.sample_size import objects_needed, pictures_needed


@pytest.mark.parametrize("median", [True, False])
def test_so_many_objects_reach_the_precision_as_often_as_was_asked(median):
    count = objects_needed(1.35, 0.05, median=median)
    logs = np.random.default_rng(0).normal(0, np.log(1.35), (4000, count))
    figures = np.exp(np.median(logs, axis=1) if median else logs.mean(axis=1))
    assert np.mean(np.abs(np.log(figures)) <= np.log(1.05)) == pytest.approx(0.95, abs=0.012)


def test_more_precision_takes_more():
    assert objects_needed(1.35, 0.05) == 229
    assert objects_needed(1.0, 0.05) == 1
    assert pictures_needed(0.0, 0.05) == 2
    assert pictures_needed(0.05, 0.05) == 7
    assert pictures_needed(5.0, 0.001) is None


@pytest.mark.parametrize("wrong", [(0.9, 0.05, 0.95), (1.3, 0, 0.95), (1.3, 0.05, 1)])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError):
        objects_needed(wrong[0], wrong[1], confidence=wrong[2])
