"""Plots and sketches: full of lengths and lines, without a bar."""

import numpy as np

from uniaims.synthesis.scalebars import draw_plot


def test_a_plot_says_lengths_and_has_no_bar() -> None:
    plots = [draw_plot((420, 560), np.random.default_rng(seed)) for seed in range(6)]
    assert all(plot.image.shape == (420, 560, 3) and not plot.truth.bars and plot.truth.texts for plot in plots)
    assert any("m" in text.text for plot in plots for text in plot.truth.texts)


def test_the_seed_makes_the_plot() -> None:
    first, again, other = (draw_plot((300, 400), np.random.default_rng(seed)).image for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
