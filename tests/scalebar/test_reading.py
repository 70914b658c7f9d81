"""Labels from text: the small language of scale bars, and what is refused."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.banner_metadata import banner_metadata
from uniaims.scalebar.grammar import Label, best_labels, digits, spellings
from uniaims.scalebar.reading import find_labels, joined_boxes, read_lines
from uniaims.scalebar.text import BLANK, FoundText, PlacedLine, TextLine, find_text, read_text, text_models


def said(text: str, certainty: float = 0.97) -> TextLine:
    """A line of which the reader is sure, as the network would give it: a step of blank after each character."""
    characters = text_models().characters
    probabilities = np.full((2 * len(text) + 1, len(characters) + 1), (1 - certainty) / len(characters), np.float32)
    steps = tuple(2 * number + 1 for number in range(len(text)))
    probabilities[::2, BLANK] = certainty
    for step, character in zip(steps, text, strict=True):
        probabilities[step, characters.index(character) + 1] = certainty
    return TextLine(text, certainty, steps, np.log(probabilities))


def placed(*texts: str) -> list[PlacedLine]:
    """Lines below each other, far apart."""
    return [PlacedLine(Box(60 * row, 0, 60 * row + 20, 10 * len(text)), said(text)) for row, text in enumerate(texts)]


def printed(text: str, bright: bool = True) -> NDArray[np.uint8]:
    gray = np.full((60, 26 * len(text) + 40), 60 if bright else 190, np.uint8)
    cv2.putText(gray, text, (20, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255 if bright else 0, 2, cv2.LINE_AA)
    return gray


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("500nm", 500, "nm"),
        ("1 .0 µm", 1, "µm"),
        ("0,5 um", 0.5, "µm"),
        (".2 µm", 0.2, "µm"),
        ("50 nn", 50, "nm"),
        ("lO µm", 10, "µm"),
        ("2OO nm", 200, "nm"),
        ("5 Å", 5, "Å"),
        ("1 mm", 1, "mm"),
    ],
)
def test_the_likeliest_label(text: str, value: float, unit: str) -> None:
    found = best_labels(said(text, 0.9), text_models().characters)
    assert found[0].label == Label(value, unit)


@pytest.mark.parametrize("text", ["Mag", "EHT", "SE2", "x25,000", "12:24:05"])
def test_other_text_supports_no_label(text: str) -> None:
    assert all(each.support < -0.5 for each in best_labels(said(text), text_models().characters))


def test_spellings_mean_the_number() -> None:
    assert spellings(0.5) == ("0.5", "0.50", ".5")
    assert spellings(10.0) == ("10", "10.0", "10.00")


def test_digits_are_told_from_letters_that_look_like_them() -> None:
    assert [digits(number) for number in ("O.5O", "1 .0", "lO", "0,2", "0.00")] == ["50", "10", "10", "2", ""]


@pytest.mark.parametrize(("text", "gone"), [("35 nm", 38), ("125 nm", 36)])
def test_a_cut_that_lost_a_digit_is_no_sure_label(text: str, gone: int) -> None:
    gray = printed(text)
    height, width = gray.shape
    whole, cut = Box(0, 0, height, width), Box(0, gone, height, width)
    lines = [PlacedLine(box, read_text([gray[box.window]])[0]) for box in (whole, cut)]
    assert lines[0].text.replace(" ", "") == text.replace(" ", "")
    assert lines[1].text.replace(" ", "") != text.replace(" ", "")
    assert all(label.unsure for seen in (lines, lines[1:]) for label in find_labels(gray, seen).labels)


def test_lengths_that_are_named_otherwise_are_refused_with_the_reason() -> None:
    blank = np.zeros((400, 400), np.uint8)
    labels = find_labels(blank, placed("S4800 15.0kV WD 5 mm x30.0k"))
    assert labels.labels == ()
    assert any("WD" in str(refusal) for refusal in labels.refusals)


def test_a_division_is_told_from_the_whole() -> None:
    blank = np.zeros((400, 400), np.uint8)
    (label,) = find_labels(blank, placed("scale: 2 um/div")).labels
    assert (label.label, label.per_division) == (Label(2.0, "µm"), True)


def test_facts_of_banners() -> None:
    hitachi = banner_metadata(placed("SU8010 10.0kV 11.2mm x4.00k SE(UL) 3/31/2025 16:05")).acquisition
    assert (hitachi.voltage_kv, hitachi.magnification, hitachi.working_distance_mm) == (10.0, 4000.0, 11.2)
    assert (hitachi.detector, hitachi.date, hitachi.source) == ("SE(UL)", "3/31/2025", "banner")
    zeiss = banner_metadata(placed("EHT = 5.00 kV", "WD = 6.6 mm", "Mag = 2.00 KX", "Signal A = InLens")).acquisition
    assert (zeiss.voltage_kv, zeiss.working_distance_mm) == (5.0, 6.6)
    assert (zeiss.magnification, zeiss.detector) == (2000.0, "InLens")
    assert banner_metadata(placed("HFW: 7.48 µm")).field_width_nm == pytest.approx(7480)
    assert banner_metadata(placed("(a)")).acquisition.source is None
    assert banner_metadata(placed("HFW: 0.00 µm")).field_width_nm is None


def test_boxes_of_one_row_become_one() -> None:
    number, unit, below = Box(0, 0, 20, 30), Box(2, 35, 20, 60), Box(40, 0, 60, 30)
    assert joined_boxes([number, unit, below]) == (Box(0, 0, 20, 60), below)


@pytest.mark.parametrize("bright", [True, False])
def test_printed_labels_are_found_and_read(bright: bool) -> None:
    gray = printed("500 nm", bright)
    canvas = np.full((400, 500), gray[0, 0], np.uint8)
    canvas[200:260, 100 : 100 + gray.shape[1]] = gray
    labels = find_labels(canvas, read_lines(canvas, find_text(canvas, 1.5))).labels
    assert [label.label for label in labels] == [Label(500.0, "nm")]
    assert labels[0].ink == pytest.approx(255 if bright else 0, abs=40)
    assert 205 < labels[0].box.top < labels[0].box.bottom < 255


def test_lines_read_together_read_as_alone() -> None:
    crops = [printed("200 nm"), printed("5 um"), printed("200 nm", bright=False)]
    together = [line.text for line in read_text(crops)]
    assert together == [read_text([crop])[0].text for crop in crops]


def test_nothing_is_read_where_nothing_is_written() -> None:
    empty = np.full((300, 300), 120, np.uint8)
    assert find_text(empty) == ()
    assert read_lines(empty, [FoundText(Box(10, 10, 40, 100), 1.0)]) == ()


@pytest.mark.parametrize(("text", "date"), [
    ("16/6/2023", "16/6/2023"), ("2023-06-30", "2023-06-30"), ("12 Mar 2024", "12 Mar 2024"), ("3/31/25", "3/31/25"),
    ("40/50/2021", None), ("13/14/2024", None), ("0/1/2020", None), ("2023-13-32", None), ("77 Mar 2024", None),
    ("12-Mar-00", "12-Mar-00"), ("05 JAN 00", "05 JAN 00"), ("0 Mar 2024", None),
])  # fmt: skip
def test_dates_that_no_calendar_has_are_left_out(text: str, date: str | None) -> None:
    assert banner_metadata(placed(f"10.0kV {text} 16:05")).acquisition.date == date
