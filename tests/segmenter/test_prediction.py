"""A prediction: instances under any thresholds, windows of the whole, and a file that is checked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from uniaims.boxes import Box
from uniaims.errors import InputError, SettingsError
from uniaims.flows import FlowSettings
from uniaims.micrograph import Micrograph, PixelSize
from uniaims.segmenter import Prediction, Segmenter, SegmenterSettings
from uniaims.segmenter.prediction import KEY

SMALL_TILES = SegmenterSettings(diameter_px=24.0, tile_px=64, overlap_px=16, minimum_confidence=0.3)


@pytest.fixture
def image(cones: Callable[..., Any]) -> Any:
    """Cones with noise, so that some are doubtful, above a banner."""
    noise = np.random.default_rng(0).integers(20, 60, (150, 170), dtype=np.uint8)
    return np.vstack([np.maximum(cones(150, 170).image, noise), np.zeros((24, 170), np.uint8)])


def equal(one: Any, other: Any) -> None:
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.confidence, other.confidence)
    assert one.warnings == other.warnings and one.settings == other.settings


def test_predict_and_instances_are_segment(slope_model: Any, image: Any) -> None:
    segmenter = Segmenter(slope_model, SMALL_TILES)
    equal(segmenter.instances(segmenter.predict(image)), segmenter(image))


@pytest.mark.parametrize("changed", [{"minimum_confidence": 0.8}, {"flow": FlowSettings(0.7, merge_difference=0)}])
def test_other_thresholds_need_no_network(slope_model: Any, image: Any, changed: dict[str, Any]) -> None:
    prediction = Segmenter(slope_model, SMALL_TILES).predict(image)
    other = replace(SMALL_TILES, **changed)
    before = Segmenter.instances(prediction)
    equal(Segmenter.instances(prediction, other), Segmenter(slope_model, other)(image))
    equal(Segmenter.instances(prediction), before)


@pytest.mark.parametrize("changed", [{"diameter_px": 12.0}, {"tile_px": 128}, {"test_time_augmentation": True}])
def test_what_needs_the_network_is_refused(slope_model: Any, image: Any, changed: dict[str, Any]) -> None:
    prediction = Segmenter(slope_model, SMALL_TILES).predict(image)
    with pytest.raises(SettingsError, match="Predict again"):
        Segmenter.instances(prediction, replace(SMALL_TILES, **changed))


@pytest.mark.parametrize("scale", [1.0, 0.5, 1.7])
@pytest.mark.parametrize("aspect", [1.0, 1.4])
def test_windows_are_exactly_the_whole(slope_model: Any, image: Any, scale: float, aspect: float) -> None:
    """At the seams of tiles (every 48 px), over the banner, of one pixel, and all of the image."""
    settings = replace(SMALL_TILES, diameter_px=24.0 / scale)
    micrograph = Micrograph(image, PixelSize.of_sides(1.0, aspect))
    prediction = Segmenter(slope_model, settings).predict(micrograph)
    boxes = [Box(40, 40, 70, 70), Box(47, 47, 49, 49), Box(140, 3, 174, 99), Box(160, 0, 174, 170), Box(30, 30, 31, 31)]
    half = float(np.median(prediction.found(settings.flow).confidence))
    for chosen in (settings, replace(settings, minimum_confidence=half)):
        whole = Segmenter.instances(prediction, chosen).labels
        for box in (*boxes, Box.whole(image.shape)):
            np.testing.assert_array_equal(prediction.window(box, chosen), whole[box.window])
        assert whole.any()


@pytest.mark.parametrize("box", [Box(0, 0, 175, 10), Box(-1, 0, 5, 5), Box(5, 5, 5, 9)])
def test_windows_outside_of_the_image_are_refused(slope_model: Any, image: Any, box: Box) -> None:
    with pytest.raises(InputError, match="no part of an image"):
        Segmenter(slope_model, SMALL_TILES).predict(image).window(box)


def test_a_file_gives_the_prediction_back(slope_model: Any, image: Any, tmp_path: Path) -> None:
    prediction = Segmenter(slope_model, SMALL_TILES).predict(image)
    path = tmp_path / "image.prediction.safetensors"
    prediction.save(path)
    back = Prediction.load(path)
    equal(Segmenter.instances(back), Segmenter.instances(prediction))
    for name in ("shape", "content", "working", "aspect", "model", "settings", "notes", "seconds"):
        assert getattr(back, name) == getattr(prediction, name)
    assert prediction.byte_count == 4 * prediction.fields.probability.size
    assert path.stat().st_size < prediction.byte_count + 8192


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"format": 1', '"format": 2', "format 2, wanted 1"),
        ('"bottom": 150', '"bottom": 500', "no part of an image"),
        ('"bottom": 150', '"bottom": 149', "content and scale want"),
        ('"scale": 1.0', '"scale": NaN', "scale nan"),
        ('"aspect": 1.0', '"aspect": 0', "0.0 times as high"),
        ('"shape": [174, 170]', '"shape": [4000000, 4000000]', "more than"),
        ('"tile_px": 64', '"tile_px": "64"', "tile_px"),
        ('"device": "cpu"', '"device": "x", "y": 1', "no prediction"),
        ('"notes"', '"cautions"', "no prediction"),
    ],
)
def test_a_file_that_does_not_fit_together_is_refused(
    slope_model: Any, image: Any, tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "a.safetensors"
    Segmenter(slope_model, SMALL_TILES).predict(image).save(path)
    with safe_open(path, framework="numpy") as file:
        text = file.metadata()[KEY]
        tensors = {name: file.get_tensor(name) for name in ("probability", "flow", "topography")}
    assert old in text
    save_file(tensors, path, metadata={KEY: text.replace(old, new)})
    with pytest.raises(InputError, match=message):
        Prediction.load(path)


@pytest.mark.parametrize("content", [b"", b"no prediction", b"\xff" * 64])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(InputError, match="no prediction"):
        Prediction.load(tmp_path / "a")
    with pytest.raises(InputError, match="no prediction"):
        Prediction.load(tmp_path / "none")


def test_a_cut_file_is_refused(slope_model: Any, image: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    Segmenter(slope_model, SMALL_TILES).predict(image).save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="no prediction"):
        Prediction.load(path)
