import numpy as np
import pytest

pytest.importorskip("torch")

from uniaims.training.range_test import plot, smoothed, steepest

RATES = np.geomspace(1e-6, 1, 100)


def test_the_steepest_fall_is_suggested():
    losses = 2 - 1 / (1 + (1e-3 / RATES) ** 2) + 50 * np.clip(RATES - 0.1, 0, None)
    assert steepest(RATES, losses) == pytest.approx(1e-3, rel=0.3)


def test_smoothing_keeps_a_constant_and_damps_a_spike():
    np.testing.assert_allclose(smoothed([2.0] * 5), 2.0)
    assert smoothed([1.0] * 20 + [11.0])[-1] < 2.5


def test_the_plot_shows_curve_and_suggestion():
    picture = plot(RATES, np.linspace(2, 1, 100), 1e-3)
    assert picture.shape == (540, 900, 3)
    assert (picture == (60, 60, 220)).all(axis=2).sum() > 500
    assert (picture == (160, 90, 20)).all(axis=2).sum() > 500
