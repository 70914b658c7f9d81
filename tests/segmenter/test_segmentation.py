"""The segmenter: the right instances, at any scale and tiling, with a confidence."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.boxes import Box
from uniaims.errors import ImageError, SettingsError
from uniaims.flows import CompactFields, fields_from_labels
from uniaims.matching import evaluate
from uniaims.measurements import measure
from uniaims.micrograph import Micrograph, PixelSize, read_image
from uniaims.segmenter import WHAT_TO_TRY, Segmenter, SegmenterSettings, confidence_of

AT_IMAGE_SCALE = SegmenterSettings(diameter_px=24.0)


def test_instances_are_found(slope_model: Any, cones: Callable[..., Any]) -> None:
    truth = cones(200, 240)
    found = Segmenter(slope_model, AT_IMAGE_SCALE)(truth.image)
    assert found.labels.dtype == np.uint32
    assert found.labels.shape == (200, 240)
    assert found.working_scale == 1.0
    assert evaluate(truth.labels, found.labels).ap50 == 1.0
    assert len(found) == truth.labels.max() == len(found.confidence)


@pytest.mark.parametrize(("tile", "overlap"), [(64, 16), (96, 32), (160, 8)])
def test_many_tiles_give_the_same_instances_as_one_piece(
    slope_model: Any, cones: Callable[..., Any], tile: int, overlap: int
) -> None:
    image = cones(210, 250).image
    whole = Segmenter(slope_model, AT_IMAGE_SCALE)(image)
    settings = replace(AT_IMAGE_SCALE, tile_px=tile, overlap_px=overlap)
    tiled = Segmenter(slope_model, settings)(image)
    assert len(tiled) == len(whole)
    assert evaluate(whole.labels, tiled.labels).true_positives[8] == len(whole)  # IoU 0.9
    assert np.mean(whole.labels != tiled.labels) < 0.002


def test_the_general_model_gives_the_same_instances_in_many_tiles(sample_image: Path) -> None:
    image = read_image(sample_image).gray()[:880, :1024]
    settings = SegmenterSettings(diameter_px=32.0, device="cpu")
    segmenter = Segmenter.load("general", settings)
    whole = segmenter(image)
    tiled = Segmenter(segmenter.model, replace(settings, tile_px=640))(image)
    assert len(whole) > 200
    agreement = evaluate(whole.labels, tiled.labels)
    assert abs(len(tiled) - len(whole)) <= 0.01 * len(whole)
    assert agreement.ap50 >= 0.99
    assert agreement.ap75 >= 0.98


def test_labels_are_the_same_for_any_number_of_threads(sample_image: Path) -> None:
    code = (
        "import hashlib, sys; from uniaims.micrograph import read_image; from uniaims.segmenter import *; "
        "image = read_image(sys.argv[1]).gray()[:420, :520]; "
        "found = Segmenter.load(settings=SegmenterSettings(diameter_px=32.0, device='cpu'))(image); "
        "print(len(found), hashlib.sha256(found.labels.tobytes() + found.confidence.tobytes()).hexdigest())"
    )
    said = set()
    for threads in ("1", "2"):
        variables = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        command = [sys.executable, "-c", code, str(sample_image)]
        ended = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | variables)
        said.add(ended.stdout)
    assert len(said) == 1
    assert int(said.pop().split()[0]) > 30


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.5, 3.0])
def test_the_diameter_sets_the_scale(slope_model: Any, cones: Callable[..., Any], factor: float) -> None:
    diameter = round(24 * factor)
    truth = cones(220, 260, diameter=diameter)
    found = Segmenter(slope_model, SegmenterSettings(diameter_px=float(diameter)))(truth.image)
    assert found.working_scale == pytest.approx(24 / diameter)
    assert found.labels.shape == truth.image.shape
    assert evaluate(truth.labels, found.labels).ap50 > 0.9
    assert len(found) == found.labels.max()


@pytest.mark.parametrize("diameter", [30, 72])
@pytest.mark.parametrize(("across", "down"), [(1.0, 0.6), (0.5, 1.0)])
def test_oblong_pixels_are_seen_in_the_proportions_of_the_sample(
    slope_model: Any, cones: Callable[..., Any], diameter: int, across: float, down: float
) -> None:
    truth = cones(480, 480, diameter=diameter)
    shape = (round(480 * across), round(480 * down))
    image = cv2.resize(truth.image, shape, interpolation=cv2.INTER_AREA)
    labels = cv2.resize(truth.labels.astype(np.int32), shape, interpolation=cv2.INTER_NEAREST_EXACT)
    size = PixelSize.of_sides(1 / across, 1 / down)
    found = Segmenter(slope_model, SegmenterSettings(diameter_px=diameter / size.nm))(Micrograph(image, size))
    assert found.labels.shape == image.shape
    agreement = evaluate(labels.astype(np.uint32), found.labels)
    assert agreement.ap50 == 1.0
    assert agreement.ap75 > 0.95
    measured = measure(found.labels, size).inside()
    assert np.median(measured.values("aspect_ratio")) < 1.1


def test_the_scale_is_found_by_looking(slope_model: Any, cones: Callable[..., Any]) -> None:
    truth = cones(480, 480, diameter=72)
    found = Segmenter(slope_model)(truth.image)
    assert found.working_scale < 0.6
    assert evaluate(truth.labels, found.labels).ap50 > 0.9


def test_the_banner_is_left_out(slope_model: Any, cones: Callable[..., Any]) -> None:
    truth = cones(200, 240)
    noise = np.random.default_rng(0).integers(20, 30, truth.image.shape, dtype=np.uint8)
    image = np.vstack([np.maximum(truth.image, noise), np.zeros((30, 240), np.uint8)])
    cv2.putText(image, "500 nm", (20, 222), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
    found = Segmenter(slope_model, AT_IMAGE_SCALE)(image)
    assert found.content == Box(0, 0, 200, 240)
    assert found.labels.shape == (230, 240)
    assert not found.labels[200:].any()
    assert "30 px at the bottom" in found.notes[0]
    assert not any("banner" in text for text in found.warnings)


def test_an_image_without_objects_gives_none_and_says_so(slope_model: Any) -> None:
    found = Segmenter(slope_model)(np.full((60, 70), 9, np.uint8))
    assert len(found) == 0
    assert not found.labels.any()
    assert found.warnings == ("No object was found.",)


def test_everything_a_user_would_try_is_taken(slope_model: Any, cones: Callable[..., Any], tmp_path: Path) -> None:
    image = cones(100, 120).image
    cv2.imwrite(str(tmp_path / "image.png"), image)
    segmenter = Segmenter(slope_model, AT_IMAGE_SCALE)
    expected = segmenter(Micrograph.from_array(image)).labels
    colour = np.dstack([image] * 3)
    for given_image in (image, image.tolist(), str(tmp_path / "image.png"), tmp_path / "image.png", colour):
        np.testing.assert_array_equal(segmenter(given_image).labels, expected)


def test_what_is_no_image_is_refused(slope_model: Any) -> None:
    with pytest.raises(ImageError):
        Segmenter(slope_model)(np.zeros((3, 4, 5, 6)))


def test_mirror_images_do_not_change_what_a_symmetric_model_finds(slope_model: Any, cones: Callable[..., Any]) -> None:
    image = cones(120, 140).image
    plain = Segmenter(slope_model, AT_IMAGE_SCALE)(image)
    averaged = Segmenter(slope_model, replace(AT_IMAGE_SCALE, test_time_augmentation=True))(image)
    assert len(averaged) == len(plain)
    assert np.mean(averaged.labels != plain.labels) < 0.002


def test_the_same_image_gives_the_same_labels(slope_model: Any, cones: Callable[..., Any]) -> None:
    image = cones(150, 150).image
    first, second = (Segmenter(slope_model)(image) for _ in range(2))
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.confidence, second.confidence)


def test_progress_and_time_are_told_by_stage(slope_model: Any, cones: Callable[..., Any]) -> None:
    stages: list[str] = []
    found = Segmenter(slope_model, AT_IMAGE_SCALE)(cones(80, 80).image, lambda stage, *_: stages.append(stage))
    assert set(stages) == {"network", "instances"}
    assert set(found.seconds) == {"content", "network", "instances"}
    assert min(found.seconds.values()) >= 0


def test_confidence_of_perfect_fields_is_high(cones: Callable[..., Any]) -> None:
    labels = cones(120, 120).labels
    confidence = confidence_of(labels, fields_from_labels(labels).compact())
    assert confidence.shape == (labels.max(),)
    assert confidence.min() > 0.95
    assert confidence.max() <= 1


@given(st.integers(1, 255), st.sampled_from([1, -1]))
def test_confidence_follows_its_formula(probability: int, direction: int) -> None:
    labels = np.zeros((40, 60), np.uint32)
    labels[5:25, 5:25], labels[8:30, 35:55] = 1, 2
    perfect = fields_from_labels(labels).compact()
    fields = CompactFields(np.full_like(perfect.probability, probability), direction * perfect.flow, perfect.topography)
    expected = probability / 255 if direction == 1 else 0.0
    np.testing.assert_allclose(confidence_of(labels, fields), expected, atol=0.02)


def test_no_instances_have_no_confidence() -> None:
    empty = np.zeros((10, 10), np.uint32)
    assert confidence_of(empty, fields_from_labels(empty).compact()).shape == (0,)


@pytest.mark.parametrize("diameter", [0.0, -3.0, float("nan"), float("inf")])
def test_an_impossible_diameter_is_refused(diameter: float) -> None:
    with pytest.raises(SettingsError, match="diameter"):
        SegmenterSettings(diameter_px=diameter)


def test_a_diameter_that_would_take_too_much_memory_is_refused(slope_model: Any) -> None:
    image = np.random.default_rng(0).integers(0, 255, (2000, 2000), dtype=np.uint8)
    with pytest.raises(SettingsError, match=r"give at least 2\.9 px"):
        Segmenter(slope_model, SegmenterSettings(diameter_px=0.5))(image)


def test_tiles_smaller_than_twice_the_overlap_are_refused() -> None:
    with pytest.raises(SettingsError, match="twice"):
        SegmenterSettings(tile_px=200, overlap_px=128)


def test_load_remembers_the_name(slope_model_loaded: Any) -> None:
    assert Segmenter.load("other").settings.model == "other"
    assert Segmenter.load(settings=SegmenterSettings(model="third")).settings.model == "third"


def test_objects_of_unsuitable_size_are_a_doubt(slope_model: Any, cones: Callable[..., Any]) -> None:
    image = cones(150, 180).image
    suited = Segmenter(slope_model, replace(AT_IMAGE_SCALE, minimum_confidence=0))(image)
    assert (suited.suited_size_fraction, suited.diameter_px, suited.scale_found) == (1.0, 24.0, False)
    assert not any("certain" in warning for warning in suited.warnings)
    unsuited = Segmenter(slope_model, SegmenterSettings(diameter_px=4.0, minimum_confidence=0))(image)
    assert len(unsuited) >= 20
    assert unsuited.suited_size_fraction < 0.5
    assert any("less certain" in warning and "4 px" in warning for warning in unsuited.warnings)


@pytest.mark.parametrize(
    ("found", "unsure", "told"), [(100, 0.45, True), (100, 0.39, False), (5, 0.4, True), (4, 1.0, False)]
)
def test_many_unsure_objects_are_told_once_with_what_to_try(
    slope_model: Any, cones: Callable[..., Any], found: int, unsure: float, told: bool
) -> None:
    whole = Segmenter(slope_model, AT_IMAGE_SCALE)(cones(60, 70).image)
    doubted = replace(whole, warnings=(), found_count=found, unsure_fraction=unsure).with_doubts()
    assert doubted.is_unsure == told
    assert [WHAT_TO_TRY in text for text in doubted.warnings] == [True] * told


def test_unsure_objects_count_whether_they_are_left_out_or_not(slope_model: Any, cones: Callable[..., Any]) -> None:
    truth = cones(120, 140)
    faint = np.where(truth.labels % 2 == 1, 1.0, 0.62) * truth.image
    shares = {
        least: Segmenter(slope_model, replace(AT_IMAGE_SCALE, minimum_confidence=least))(faint).unsure_fraction
        for least in (None, 0.0, 0.9)
    }
    assert len(set(shares.values())) == 1
