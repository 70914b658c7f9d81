"""The most doubtful objects: what speaks against each, and its small picture."""

from dataclasses import replace

import numpy as np
import pytest

from uniaims.measurements import measure
from uniaims.report import Findings
from uniaims.report.sections.check import MOST, TILE_PX, Doubts, section, thumbnail


@pytest.fixture
def squares():
    """Five squares of 20 px, and as the sixth one of 4 px that touches the fifth; none at the border."""
    labels = np.zeros((60, 200), np.uint32)
    for number in range(5):
        labels[20:40, 10 + 30 * number : 30 + 30 * number] = number + 1
    labels[25:29, 150:154] = 6
    return labels


@pytest.fixture
def found(make_content, squares):
    """Findings with these confidences."""

    def make(*confidence: float) -> Findings:
        content = make_content(labels=squares)
        return Findings(
            replace(content, measurements=measure(squares, "2.5 nm", content.image, np.array(confidence, np.float32)))
        )

    return make


def test_the_most_doubtful_come_first_with_their_reasons(found):
    made = section(found(0.9, 0.45, 0.9, 0.1, 0.9, 0.9))
    assert [each.number for each in made.thumbnails] == [4, 6, 2]
    assert made.details["rows"] == [3, 5, 1]
    notes = {each.number: each.note for each in made.thumbnails}
    assert notes[4] == "confidence 0.1"
    assert notes[6] == "below a third of the median; touches another"
    assert "3 most doubtful of 6 objects" in made.lead


def test_sure_objects_of_one_size_are_not_doubted(make_content, squares):
    sure = np.where(squares == 6, 0, squares).astype(np.uint32)
    findings = Findings(make_content(labels=sure))
    assert not Doubts(findings).scores.any()
    assert section(findings) is None
    assert section(Findings(make_content(labels=np.zeros((9, 9), np.uint32)))) is None


def test_no_more_are_shown_than_can_be_looked_at(make_content):
    labels = np.zeros((120, 150), np.uint32)
    for number, (row, column) in enumerate(np.ndindex(5, 7)):
        labels[5 + 20 * row : 15 + 20 * row, 5 + 20 * column : 15 + 20 * column] = number + 1
    content, confidence = make_content(labels=labels), np.linspace(0.0, 0.4, 35).astype(np.float32)
    made = section(Findings(replace(content, measurements=measure(labels, None, content.image, confidence))))
    assert [each.number for each in made.thumbnails] == list(range(1, MOST + 1))
    assert len(made.details["pictures"]) == MOST


def test_a_thumbnail_shows_its_object_in_the_middle_also_at_a_corner(make_content):
    labels = np.zeros((50, 50), np.uint32)
    labels[0:10, 0:10] = 1
    shown = thumbnail(Findings(make_content(labels=labels)), 0, "note").pixels
    assert shown.shape == (TILE_PX, TILE_PX, 3)
    middle, rim = TILE_PX // 2, shown[:10, :10]
    assert shown[middle, middle].tolist() == [180, 180, 180]
    assert not rim.any()  # beyond the image
