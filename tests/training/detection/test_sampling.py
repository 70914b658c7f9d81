from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.errors import InputError, SettingsError
from uniaims.synthesis.scalebars import (
    BarTruth,
    Distractor,
    ScaleBarTruth,
    Style,
    TextBox,
    draw_scalebar,
    held_out_styles,
)
from uniaims.synthesis.scalebars.truth import CUT_TEXT
from uniaims.training.detection import sampling
from uniaims.training.detection.sampling import (
    CLASSES,
    DetectionLoader,
    Regions,
    at_scale,
    regions_of,
    view_of,
)
from uniaims.training.detection.settings import DetectorTraining


@pytest.fixture
def backgrounds(tmp_path):
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(2):
        noise = rng.integers(60, 120, (200, 260), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), noise)
    return folder


def truth():
    bar = BarTruth("plain", (10, 50), (110, 50), (10, 49, 110, 51), 1000.0, "1 µm", (40, 20, 80, 40), 1.0, "µm")
    ruler = BarTruth("dots", (10, 80), (110, 80), (10, 75, 110, 85), 1000.0)
    return ScaleBarTruth(
        "made", (200, 100), 10.0, (bar, ruler), (0, 70, 200, 100), texts=(TextBox("SEM", (150, 72, 190, 90)),)
    )


def names(regions):
    return [CLASSES[number] for number in regions.classes]


def test_all_that_is_drawn_becomes_regions_and_thin_bars_become_strips():
    regions = regions_of(truth())
    assert names(regions) == ["bar", "ruler", "text", "text", "banner"]
    np.testing.assert_allclose(regions.boxes[0], (10, 46, 110, 54))
    np.testing.assert_allclose(regions.boxes[4], (0, 70, 200, 100))


def test_a_picture_without_anything_has_no_regions():
    regions = regions_of(ScaleBarTruth("none", (200, 100)))
    assert regions.boxes.shape == (0, 4)
    assert view_of(regions, 0, 0, (64, 64)) is regions


def test_what_is_left_of_a_cut_text_is_text_too():
    left_over = (Distractor(CUT_TEXT, (0, 0, 9, 12)), Distractor("ring", (50, 50, 80, 80)))
    assert names(regions_of(ScaleBarTruth("none", (200, 100), distractors=left_over))) == ["text"]


def test_views_show_margins_as_wide_as_pictures_are_filled_up_in_use():
    assert sampling._room(500, 256) == 256
    assert sampling._room(512, 256) == 256
    assert sampling._room(200, 256) == 0


def test_half_of_the_pictures_are_of_mixed_styles():
    rng = np.random.default_rng(0)
    chosen = [sampling._styles_of_a_picture(rng) for _ in range(60)]
    mixed = [styles for styles in chosen if isinstance(styles[0], Style)]
    assert 20 < len(mixed) < 40
    assert all(len(styles) == 1 for styles in mixed)


def test_a_view_keeps_what_it_shows_enough_of():
    seen = view_of(regions_of(truth()), 100, 0, (100, 100))
    assert names(seen) == ["text", "banner"]
    np.testing.assert_allclose(seen.boxes, [(50, 72, 90, 90), (0, 70, 100, 100)])


def test_a_banner_is_asked_for_however_little_of_it_is_seen():
    wide = Regions(np.array([[0, 0, 1000, 30]], np.float32), np.array([CLASSES.index("banner")]))
    assert len(view_of(wide, 900, 0, (100, 100)).classes) == 1
    assert len(view_of(wide, 0, 25, (100, 100)).classes) == 0


def test_pictures_are_brought_to_scale_with_their_truth():
    drawn = draw_scalebar(np.full((600, 800), 90, np.uint8), "zeiss smartsem", np.random.default_rng(1))
    scaled = at_scale(drawn, 1600)
    assert max(scaled.image.shape) == 1600
    assert scaled.truth.bar.length_px == pytest.approx(2 * drawn.truth.bar.length_px, rel=0.01)


def test_batches_follow_from_seed_and_step_and_hold_only_styles_to_train(backgrounds, monkeypatch):
    asked = []
    original = sampling.random_scalebar

    def spy(image, rng, styles, **settings):
        asked.extend(styles)
        return original(image, rng, styles, **settings)

    monkeypatch.setattr(sampling, "random_scalebar", spy)
    settings = DetectorTraining(backgrounds, Path("out"), batch=2)
    first, again = (DetectionLoader(settings).batch(3) for _ in range(2))
    np.testing.assert_array_equal(first.images, again.images)
    assert first.images.shape == (2, 1, *sampling.SHAPES[3])
    assert first.images.dtype == np.float32
    assert 0 <= first.images.min() < first.images.max() <= 1
    assert not set(asked) & set(held_out_styles())
    assert not np.array_equal(first.images, DetectionLoader(settings).batch(4).images[..., :256, :512])


def test_regions_lie_where_the_view_shows_them(backgrounds):
    loader = DetectionLoader(DetectorTraining(backgrounds, Path("out"), batch=4))
    for step in range(6):
        batch = loader.batch(step)
        for regions in batch.regions:
            sides = regions.boxes[:, 2:] - regions.boxes[:, :2]
            assert (regions.boxes >= 0).all()
            assert (regions.boxes[:, 2] <= batch.images.shape[3]).all()
            assert (regions.boxes[:, 3] <= batch.images.shape[2]).all()
            assert (sides > 0).all()


def test_a_folder_without_micrographs_is_refused(tmp_path):
    with pytest.raises(InputError, match="no micrographs to draw on"):
        DetectionLoader(DetectorTraining(tmp_path, Path("out")))


@pytest.mark.parametrize("wrong", [{"batch": 3}, {"steps": 0}, {"learning_rate": -1.0}])
def test_settings_are_checked(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        DetectorTraining(Path("in"), Path("out"), **wrong)
