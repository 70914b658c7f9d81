"""The scale bar of a micrograph, from finding to refusing."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.formats import Acquisition
from uniaims.micrograph import Micrograph, read_image
from uniaims.scalebar import (
    Detection,
    Detector,
    ScaleBar,
    ScaleReading,
    read_scale,
    resolve_pixel_size,
    scan_scale,
)
from uniaims.scalebar.detector import DetectionKind, text_detector
from uniaims.scalebar.scan import LookRules, _agreed, coloured, eight_bit, looks
from uniaims.synthesis.scalebars import BarTruth, ScaleBarTruth, draw_scalebar, training_styles

from .pictures import micrograph, picture

DATA = Path(os.environ.get("UNIAIMS_DATA", Path(__file__).parents[3] / "shared" / "data"))


def test_a_bar_gives_the_pixel_size() -> None:
    bar = read_scale(micrograph(picture()))
    assert bar is not None
    assert bar.pixel_size_nm == pytest.approx(2.5, rel=0.005)
    assert (bar.value, bar.unit, bar.kind) == (500.0, "nm", "bar")
    assert bar.box.top in {469, 470, 471}


@pytest.mark.parametrize("label", ["500 nm", "0.1 um"])
def test_a_bar_beside_a_label_that_runs_upwards_tells_how_high_a_pixel_is(label: str) -> None:
    lying = read_scale(micrograph(picture(label)))
    upright = read_scale(micrograph(np.ascontiguousarray(np.rot90(picture(label)))))
    assert lying is not None
    assert upright is not None
    assert (upright.value, upright.unit, upright.vertical) == (lying.value, lying.unit, True)
    assert upright.pixel_size_nm == pytest.approx(lying.pixel_size_nm, rel=0.002)


def test_sixteen_bits_read_like_eight() -> None:
    wide = picture().astype(np.uint16) * 200 + 1000
    bar = read_scale(Micrograph.from_array(wide))
    assert bar is not None
    assert bar.pixel_size_nm == pytest.approx(2.5, rel=0.01)


def test_bars_are_measured_on_the_original_grey_levels() -> None:
    """The stretch to 8 bits clips what few pixels have; an end between two pixels then seems to be elsewhere."""
    levels = picture().astype(np.uint16) * 20 + 1000
    levels[470:478, 60:260] = 60_000
    levels[470:478, 260] = 24_000
    bar = read_scale(Micrograph.from_array(levels))
    assert bar is not None
    assert bar.length_px == pytest.approx(200.37, abs=0.15)


@pytest.mark.parametrize("label", ["500 pm", "200 pm"])
def test_micrometres_are_not_told_from_picometres_by_guessing(label: str) -> None:
    reading = scan_scale(micrograph(picture(label)))
    assert reading.bar is None
    warnings = resolve_pixel_size(micrograph(picture(label)), None, reading).warnings
    assert any(f"{label[:3]} µm" in warning and label in warning for warning in warnings)


def test_a_bar_without_a_label_gives_none() -> None:
    gray = picture()
    gray[420:462] = gray[100:142]
    assert read_scale(micrograph(gray)) is None


@pytest.mark.parametrize(("found", "confidence", "taken"), [
    (100.0, 0.4, True), (104.0, 0.4, True), (180.0, 0.6, False), (None, 0.6, True), (None, 0.4, False),
])  # fmt: skip
def test_a_bar_that_is_not_sure_needs_a_second_opinion(found: float | None, confidence: float, taken: bool) -> None:
    bar = read_scale(micrograph(picture()))
    assert bar is not None
    clock = {"detect": 1.0, "read": 0.0, "measure": 0.0}
    unsure = replace(bar, confidence=confidence, pixel_size_nm=100.0)
    first = ScaleReading(unsure, drawn=(bar.box,), seconds=clock)
    second = ScaleReading(found and replace(bar, pixel_size_nm=found), seconds=clock)
    reading = _agreed(first, unsure, second)
    assert (reading.bar == unsure) is taken
    assert reading.seconds["detect"] == 2.0
    assert taken or (reading.bar is None and reading.ambiguous and "a second look" in reading.reasons[-1])


@pytest.mark.parametrize(("confidence", "taken"), [(0.6, False), (0.8, True)])
def test_a_bar_that_tails_of_letters_cut_has_to_be_sure_once(confidence: float, taken: bool) -> None:
    bar = ScaleBar(2.5, 200.0, Box(9, 0, 12, 200), Box(0, 0, 8, 90), "5 µm", 5.0, "µm", 0.5, "cut")
    clock = {"detect": 1.0, "read": 0.0, "measure": 0.0}
    second = ScaleReading(replace(bar, confidence=confidence), seconds=clock)
    assert (_agreed(ScaleReading(bar, seconds=clock), bar, second).bar is not None) is taken


def test_empty_and_tiny_pictures_have_no_bar() -> None:
    for shape in ((64, 64), (8, 300), (2, 2)):
        assert read_scale(micrograph(np.full(shape, 7, np.uint8))) is None


def test_a_detector_of_ones_own_is_asked() -> None:
    asked = []

    def knowing(gray: NDArray[np.uint8], scale: float) -> tuple[Detection, ...]:
        asked.append(scale)
        return (Detection("text", Box(425, 70, 465, 200), 1.0), Detection("banner", Box(0, 0, 9, 9), 1.0))

    bar = read_scale(micrograph(picture()), knowing)
    assert bar is not None
    assert bar.text_box is not None
    assert (bar.text_box.left, bar.text_box.right) == (70, 200)
    assert len(asked) == 1


def detector_of(truth: ScaleBarTruth) -> Detector:
    """A detector that sees all that was drawn, whatever it is asked."""

    def kind(bar: BarTruth) -> DetectionKind:
        return "ruler" if bar.kind in {"dots", "ruler", "ruler lined"} else "bar"

    def whole(box: tuple[float, float, float, float], margin: int = 0) -> Box:
        left, top, right, bottom = box
        return Box(int(top) - margin, int(left) - margin, int(np.ceil(bottom)) + margin, int(np.ceil(right)) + margin)

    texts = [bar.text_box for bar in truth.bars if bar.text_box] + [text.box for text in truth.texts]
    found = [Detection(kind(bar), whole(bar.box), 0.9) for bar in truth.bars]
    found += [Detection("text", whole(box, 2), 0.9) for box in texts]
    found += [Detection("banner", whole(truth.banner), 0.9)] if truth.banner else []
    return lambda gray, scale: tuple(found)


@pytest.mark.parametrize("style", ["alternating bar", "end ticks", "vertical bar", "inside bar", "fei quanta"])
def test_bars_that_a_detector_saw_are_measured_and_read(style: str) -> None:
    assert style in training_styles()
    ground = np.clip(np.random.default_rng(0).normal(110, 9, (480, 640)), 0, 255).astype(np.uint8)
    drawn = draw_scalebar(ground, style, np.random.default_rng(3))
    gray = drawn.image if drawn.image.ndim == 2 else drawn.image[..., 1].copy()
    reading = scan_scale(micrograph(gray), detector_of(drawn.truth))
    assert reading.bar is not None, reading.refusals
    assert reading.bar.pixel_size_nm == pytest.approx(drawn.truth.pixel_size_nm, rel=0.01)
    if drawn.truth.banner is not None:
        assert any(box.width == gray.shape[1] for box in reading.drawn)


@pytest.mark.parametrize(
    ("first", "ways"),
    [
        (ScaleReading(None, ("not sure",)), ["text", "learned"]),
        (ScaleReading(None, upright_text=True), ["text", "text"]),  # the turned picture
        (ScaleReading(None), ["text"]),
        (ScaleReading(None, ("as likely",), ambiguous=True), ["text"]),
        (ScaleReading(read_scale(micrograph(picture()))), ["text"]),
    ],
)
def test_the_learned_detector_is_asked_where_labels_gave_no_sure_bar(
    monkeypatch: pytest.MonkeyPatch, first: ScaleReading, ways: list[str]
) -> None:
    asked, second = [], ScaleReading(read_scale(micrograph(picture(bar=100))))

    def scanned(original: NDArray[np.uint8], detector: Detector) -> ScaleReading:
        asked.append("text" if detector is text_detector else "learned")
        return first if detector is text_detector else second

    monkeypatch.setattr("uniaims.scalebar.scan._scanned", scanned)
    assert scan_scale(micrograph(picture())).bar == (second if "learned" in ways else first).bar
    assert asked == ways


def test_a_coloured_bar_as_bright_as_the_picture_is_read() -> None:
    level, red = 76, (255, 0, 0)  # pure red has the luminance 76
    gray = np.clip(np.random.default_rng(0).normal(level, 6, (512, 640)), 0, 255).astype(np.uint8)
    pixels = np.repeat(gray[..., None], 3, axis=2)
    cv2.rectangle(pixels, (60, 470), (259, 477), red, -1)
    cv2.putText(pixels, "500 nm", (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, red, 2, cv2.LINE_AA)
    assert read_scale(Micrograph.from_array(Micrograph.from_array(pixels).gray())) is None  # in grey it is not there
    bar = read_scale(Micrograph.from_array(pixels))
    assert bar is not None
    assert bar.pixel_size_nm == pytest.approx(2.5, rel=0.005)


def test_what_the_first_look_read_stays_with_the_bar_of_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ScaleReading(None, ("not sure",), Acquisition(voltage_kv=5.0), (Box(0, 0, 9, 99),), seconds={"read": 1.0})
    bar = read_scale(micrograph(picture()))
    second = ScaleReading(bar, letters=(Box(20, 20, 30, 30),), seconds={"read": 2.0})
    monkeypatch.setattr(
        "uniaims.scalebar.scan._scanned", lambda _, detector: first if detector is text_detector else second
    )
    found = scan_scale(micrograph(picture()))
    assert (found.bar, found.acquisition, found.seconds) == (bar, first.acquisition, {"read": 3.0})
    assert (found.drawn, found.letters) == (first.drawn, second.letters)


def test_two_bars_that_the_learned_detector_finds_as_likely_end_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.repeat(picture()[..., None], 3, axis=2)
    pixels[:9, :9] = 250, 0, 0
    unsure = ScaleReading(None, ("not sure",), seconds={"read": 1.0})
    torn = ScaleReading(None, ("as likely",), seconds={"read": 1.0}, ambiguous=True, reasons=("as likely",))
    monkeypatch.setattr(
        "uniaims.scalebar.scan._scanned", lambda _, detector: unsure if detector is text_detector else torn
    )
    found = scan_scale(Micrograph.from_array(pixels))
    assert (found.ambiguous, found.reasons, found.seconds) == (True, ("as likely",), {"read": 2.0})


def test_pictures_too_large_to_look_at_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniaims.scalebar.scan.LOOKS", LookRules(largest_pixels=100))
    bare = micrograph(picture())
    assert "too large" in resolve_pixel_size(bare, None, scan_scale(bare)).warnings[0]


def test_boxes_of_a_detector_are_cut_to_the_picture() -> None:
    def careless(gray: NDArray[np.uint8], scale: float) -> tuple[Detection, ...]:
        outside = (Box(600, 0, 700, 99), Box(-90, -90, -9, -9), Box(9, 9, 9, 9), Box(40, 700, 60, 900))
        texts = (Box(425, 70, 465, 200), Box(-50, -50, 40, 900), *outside)
        return (*(Detection("text", box, 1.0) for box in texts), *(Detection("bar", box, 1.0) for box in outside))

    reading = scan_scale(micrograph(picture()), careless)
    assert reading.bar is not None
    assert reading.bar.pixel_size_nm == pytest.approx(2.5, rel=0.005)


def test_pixels_as_large_as_numbers_get_are_no_trouble() -> None:
    levels = picture().astype(np.float32)
    levels[0, :2] = -3e38, 3e38
    assert eight_bit(levels)[475, 100] == 255


def test_only_a_little_colour_is_a_sign_of_drawing() -> None:
    pixels = np.full((100, 100, 3), 90, np.uint8)
    assert coloured(Micrograph.from_array(pixels)) is None
    assert coloured(Micrograph.from_array(pixels[..., 0])) is None
    pixels[:5, :50] = 250, 20, 20
    found = coloured(Micrograph.from_array(pixels))
    assert found is not None
    assert (found[:5, :50] == 230).all()
    assert not found[5:].any()
    pixels[:50] = 250, 20, 20
    assert coloured(Micrograph.from_array(pixels)) is None


def test_large_pictures_are_looked_at_in_strips() -> None:
    whole, bottom, top = looks((8192, 8192))
    assert (whole.scale * 8192) ** 2 <= 800_001
    assert bottom.box.bottom == 8192
    assert top.box.top == 0
    assert bottom.scale == top.scale == 1.0
    assert bottom.box.height * bottom.box.width <= 1_000_000


def test_eight_bit_pictures_stay_as_they_are() -> None:
    assert eight_bit(picture()) is not None
    assert np.array_equal(eight_bit(picture()), picture())


def test_real_bars() -> None:
    table = DATA / "scalebar" / "truth.csv"
    if not table.is_file():
        pytest.skip(f"{table}: not there; set UNIAIMS_DATA to the folder with real images")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))[::6]
    errors = []
    for row in rows:
        bar = read_scale(read_image(table.parent / row["file"]))
        errors.append(abs(bar.pixel_size_nm / float(row["pixel_size_nm"]) - 1) if bar else None)
    assert sum(error is not None and error <= 0.02 for error in errors) >= 0.85 * len(rows)
    assert sum(error is not None and error > 0.05 for error in errors) <= 1
