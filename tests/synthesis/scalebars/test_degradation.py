"""The truth goes where the pixels go."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniaims.synthesis.scalebars import (
    Degradation,
    Drawn,
    DrawSettings,
    degraded,
    draw_scalebar,
    random_scalebar,
    resized,
)

CLEAN = Degradation(cut=0, resized=0, blurred=0, noisy=0, compressed=0)
IMAGE = np.full((400, 600), 90, np.uint8)


def bar_drawn(seed: int = 0) -> Drawn:
    return draw_scalebar(IMAGE, "arial thick", np.random.default_rng(seed))


@given(st.integers(300, 1100), st.integers(0, 5))
@settings(max_examples=20)
def test_a_resized_bar_lies_where_the_truth_says(width: int, seed: int) -> None:
    drawn = bar_drawn(seed)
    smaller = resized(drawn, (width, round(width * 2 / 3)), 3 if width < 600 else 1)
    bar, before = smaller.truth.bar, drawn.truth.bar
    assert bar is not None and before is not None
    assert bar.length_px == pytest.approx(before.length_px * width / 600)
    assert smaller.truth.pixel_size_nm == pytest.approx(bar.length_nm / bar.length_px, rel=1e-3)
    profile = np.abs(smaller.image[int(bar.start[1])].astype(float) - 90)
    above = np.flatnonzero(profile > profile.max() / 2)
    assert above[0] == pytest.approx(bar.start[0], abs=1.0)
    assert above[-1] + 1 == pytest.approx(bar.end[0], abs=1.0)


def test_a_cut_image_keeps_bar_and_label() -> None:
    cut = 0
    for seed in range(40):
        drawn = draw_scalebar(IMAGE, "zeiss smartsem", np.random.default_rng(seed))
        part = degraded(drawn, np.random.default_rng(seed), Degradation(1.0, 0, (1, 1), 0, 0, 0))
        bar, before = part.truth.bar, drawn.truth.bar
        assert bar is not None and before is not None and bar.text_box is not None and before.text_box is not None
        assert bar.length_px == pytest.approx(before.length_px)
        assert part.truth.size == part.image.shape[1::-1]
        x0, y0, x1, y1 = (round(edge) for edge in bar.text_box)
        u0, v0, u1, v1 = (round(edge) for edge in before.text_box)
        np.testing.assert_array_equal(part.image[y0:y1, x0:x1], drawn.image[v0:v1, u0:u1])
        cut += part.image.shape != drawn.image.shape
        assert all(text.box[0] + 1 >= 0 and text.box[2] <= part.truth.size[0] + 1 for text in part.truth.texts)
    assert cut > 20


def test_text_is_not_shrunk_until_it_is_gone() -> None:
    degradation = Degradation(cut=0, resized=1, factors=(0.1, 0.2), blurred=0, noisy=0, compressed=0)
    for seed in range(20):
        truth = degraded(bar_drawn(seed), np.random.default_rng(seed), degradation).truth
        bar = truth.bar
        assert bar is not None and bar.text_box is not None
        assert bar.text_box[3] - bar.text_box[1] >= 7 and bar.length_px >= 17


@pytest.mark.parametrize("kind", ["blurred", "noisy", "compressed"])
@pytest.mark.parametrize("style", ["arial thick", "zen red"])
def test_wear_changes_pixels_but_not_the_truth(kind: str, style: str) -> None:
    drawn = draw_scalebar(IMAGE, style, np.random.default_rng(0))
    degradation = Degradation(**{"cut": 0, "resized": 0, "blurred": 0, "noisy": 0, "compressed": 0, kind: 1.0})  # type: ignore[arg-type]
    changed = degraded(drawn, np.random.default_rng(1), degradation)
    assert changed.truth == drawn.truth
    assert changed.image.shape == drawn.image.shape
    difference = np.abs(changed.image.astype(int) - drawn.image)
    assert 0 < difference.mean() < 8


def test_no_wear_is_no_change() -> None:
    drawn = bar_drawn()
    np.testing.assert_array_equal(degraded(drawn, np.random.default_rng(0), CLEAN).image, drawn.image)


def test_worn_images_of_all_kinds_have_sizes_that_fit() -> None:
    for seed in range(60):
        drawn = random_scalebar(IMAGE, np.random.default_rng(seed), settings=DrawSettings())
        assert drawn.truth.size == drawn.image.shape[1::-1]
        for bar in drawn.truth.bars:
            assert bar.box[0] >= -1 and bar.box[2] <= drawn.truth.size[0] + 1
