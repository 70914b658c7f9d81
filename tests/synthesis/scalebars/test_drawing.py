"""What is drawn is what the truth says."""

from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import ImageError, SettingsError
from uniaims.synthesis.scalebars import (
    STYLES,
    Degradation,
    DrawSettings,
    draw_nothing,
    draw_scalebar,
    random_scalebar,
    style_named,
)
from uniaims.synthesis.scalebars.canvas import Rectangle, overlap

GROUND = 120
CLEAN = Degradation(cut=0, resized=0, blurred=0, noisy=0, compressed=0)


def plain(height: int = 420, width: int = 640) -> np.ndarray:
    return np.full((height, width), GROUND, np.uint8)


def inked(image: np.ndarray, box: Rectangle) -> float:
    """Contrast inside a box and on the two pixels around it."""
    left, top, right, bottom = (round(edge) for edge in box)
    part = image[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2]
    return float(part.max()) - float(part.min())


@pytest.mark.parametrize("name", STYLES)
def test_every_style_draws_what_it_says(name: str) -> None:
    style = STYLES[name]
    for seed in (1, 2):
        drawn = draw_scalebar(plain(), name, np.random.default_rng(seed))
        truth, image = drawn.truth, drawn.image
        assert image.dtype == np.uint8 and truth.size == (image.shape[1], image.shape[0])
        assert truth.style == name
        assert (truth.bar is None) == style.barless
        assert (truth.banner is not None) == bool((style.strip and style.strip.ground) or style.original)
        for bar in truth.bars:
            assert bar.length_nm / bar.length_px == pytest.approx(truth.pixel_size_nm, rel=0.035)
            assert bar.box[0] >= 0 and bar.box[2] <= truth.size[0] and bar.box[1] >= 0 and bar.box[3] <= truth.size[1]
            assert inked(image, bar.box) > 20
            assert (bar.text is None) == (bar.text_box is None) == (bar.value is None)
            if bar.text_box is not None:
                assert inked(image, bar.text_box) > 20
        for text in (*truth.texts, *truth.labels):
            assert inked(image, text.box) > 20, text


@pytest.mark.parametrize("name", ["fei table", "hitachi ruler", "imagej", "times large", "zeiss one row"])
def test_a_given_pixel_size_is_kept(name: str) -> None:
    drawn = draw_scalebar(plain(700, 1000), name, np.random.default_rng(3), pixel_size_nm=3.7)
    bar = drawn.truth.bar
    assert drawn.truth.pixel_size_nm == pytest.approx(3.7)
    assert bar is not None
    assert bar.length_px == pytest.approx(bar.length_nm / 3.7, abs=0.51)


def test_instruments_draw_on_whole_pixels_and_figures_between_them() -> None:
    snapped = draw_scalebar(plain(), "zeiss cells", np.random.default_rng(0)).truth.bar
    floating = draw_scalebar(plain(), "times thick", np.random.default_rng(0)).truth.bar
    assert snapped is not None and floating is not None
    assert snapped.length_px == round(snapped.length_px)
    assert floating.length_px != round(floating.length_px)


def test_rows_are_added_for_a_strip_and_the_micrograph_is_kept() -> None:
    image = np.random.default_rng(0).integers(0, 255, (300, 500), dtype=np.uint8)
    below = draw_scalebar(image, "fei table", np.random.default_rng(0))
    above = draw_scalebar(image, "top strip", np.random.default_rng(0))
    assert below.truth.banner == (0, 300, 500, below.image.shape[0])
    np.testing.assert_array_equal(below.image[:300], image)
    rows = above.image.shape[0] - 300
    assert above.truth.banner == (0, 0, 500, rows)
    np.testing.assert_array_equal(above.image[rows:], image)


def test_nothing_else_is_touched() -> None:
    drawn = draw_scalebar(plain(), "imagej boxed", np.random.default_rng(4))
    bar = drawn.truth.bar
    assert bar is not None and bar.text_box is not None
    changed = np.argwhere(drawn.image != GROUND)
    top, left = changed.min(0)
    bottom, right = changed.max(0)
    reach = 40
    assert min(bar.box[0], bar.text_box[0]) - reach < left and right < max(bar.box[2], bar.text_box[2]) + reach
    assert min(bar.box[1], bar.text_box[1]) - reach < top and bottom < max(bar.box[3], bar.text_box[3]) + reach


def test_colour_only_where_it_is_drawn() -> None:
    dark = np.full_like(plain(), 10)
    assert draw_scalebar(dark, "zen red", np.random.default_rng(0)).image.shape[2] == 3
    assert draw_scalebar(plain(), "imagej", np.random.default_rng(0)).image.ndim == 2
    coloured = np.repeat(plain()[..., None], 3, -1)
    assert draw_scalebar(coloured, "imagej", np.random.default_rng(0)).image.ndim == 3


def test_ink_that_is_not_seen_in_grey_gives_way() -> None:
    drawn = draw_scalebar(np.full_like(plain(), 90), "red bar", np.random.default_rng(0))
    assert drawn.image.ndim == 2
    assert drawn.truth.bar is not None
    assert inked(drawn.image, drawn.truth.bar.box) > 40


def test_redrawn_figures_show_both_bars() -> None:
    truth = draw_scalebar(plain(), "redrawn over jeol", np.random.default_rng(1)).truth
    assert len(truth.bars) == 2
    assert truth.banner is not None
    assert truth.bars[1].box[1] >= truth.banner[1] > truth.bars[0].box[1]


def test_a_label_alone_is_no_bar() -> None:
    truth = draw_scalebar(plain(), "label only", np.random.default_rng(0)).truth
    assert truth.bars == () and len(truth.labels) == 1 and not truth.readable


def test_a_bar_alone_is_not_readable() -> None:
    truth = draw_scalebar(plain(), "bar only", np.random.default_rng(0)).truth
    assert truth.bar is not None and truth.bar.text is None and not truth.readable


def test_the_same_seed_gives_the_same_image() -> None:
    for seed in range(4):
        one, other = (random_scalebar(plain(), np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(one.image, other.image)
        assert one.truth == other.truth


def test_distractors_keep_clear_of_bar_and_label() -> None:
    settings = DrawSettings(blank=0, distractors=8, degradation=CLEAN)
    things = 0
    for seed in range(25):
        truth = random_scalebar(plain(), np.random.default_rng(seed), settings=settings).truth
        kept = [bar.box for bar in truth.bars] + [bar.text_box for bar in truth.bars if bar.text_box]
        things += len(truth.distractors)
        for thing in truth.distractors:
            assert not any(overlap(thing.box, box) for box in kept), (truth.style, thing)
    assert things > 40


def test_some_images_have_no_bar() -> None:
    settings = DrawSettings(blank=0.5, degradation=CLEAN)
    truths = [
        random_scalebar(plain(128, 128), np.random.default_rng(seed), settings=settings).truth for seed in range(60)
    ]
    blank = [truth for truth in truths if truth.style == "none"]
    assert 15 < len(blank) < 45
    assert all(truth.bar is None and truth.pixel_size_nm is None for truth in blank)
    assert draw_nothing(plain(), np.random.default_rng(0)).truth.bars == ()


def test_low_contrast_is_low_but_seen() -> None:
    weak = [draw_scalebar(plain(), "low contrast", np.random.default_rng(seed)) for seed in range(8)]
    contrasts = [inked(drawn.image, drawn.truth.bars[0].box) for drawn in weak]
    assert max(contrasts) < 100 and min(contrasts) > 20


def test_small_images_are_drawn_too() -> None:
    for name in STYLES:
        truth = draw_scalebar(plain(96, 130), name, np.random.default_rng(0)).truth
        for bar in truth.bars:
            assert bar.box[2] <= truth.size[0] + 1, name


@pytest.mark.parametrize(
    "image", [np.zeros((50, 200), np.uint8), np.zeros((200, 200), np.float32), np.zeros((200, 200, 4), np.uint8)]
)
def test_other_images_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ImageError, match="wanted"):
        draw_scalebar(image, "imagej", np.random.default_rng(0))


def test_unknown_styles_are_refused() -> None:
    with pytest.raises(SettingsError, match="'xx'"):
        draw_scalebar(plain(), "xx", np.random.default_rng(0))


def test_a_style_of_ones_own() -> None:
    own = replace(style_named("imagej"), name="own", corners=("top left",))
    bar = draw_scalebar(plain(), own, np.random.default_rng(0)).truth.bar
    assert bar is not None and bar.box[2] < 320 and bar.box[3] < 210


def test_facts_that_are_given_are_written() -> None:
    facts = {"kv2": "12.34", "fei": "XYZ"}
    drawn = draw_scalebar(plain(900, 700), "fei table", np.random.default_rng(3), facts=facts)
    written = {text.text for text in drawn.truth.texts}
    assert {"12.34 kV", "XYZ"} <= written
