"""What a mode works on."""

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.measurements import PROPERTIES
from uniaims.micrograph import Micrograph, PixelSize
from uniaims.modes import Mode, Objects
from uniaims.modes.particles import MODE
from uniaims.report import Presentation

LABELS = np.array([[1, 1, 0, 2], [1, 1, 0, 0], [0, 0, 0, 3]], np.uint32)
CHOICE = [PROPERTIES[name] for name in ("mean_intensity", "area", "confidence", "touches_border")]


def test_bare_labels_have_what_needs_nothing_else_in_the_order_of_the_mode():
    found = Objects(LABELS).measured(CHOICE)
    assert found.table.columns == ["label", "area_px2", "touches_border"]
    assert found.values("area").tolist() == [4, 1, 1]


def test_what_is_given_is_measured():
    image = Micrograph.from_array(np.arange(12, dtype=np.uint8).reshape(3, 4), PixelSize(2.0))
    given = Objects(LABELS, PixelSize(3.0), image, np.array([0.5, 0.25, 1], np.float32), kind_names=("a", "b", "a"))
    found = given.measured(CHOICE)
    assert found.table.columns == ["label", "kind", "mean_intensity", "area_nm2", "confidence", "touches_border"]
    assert found.values("mean_intensity") == pytest.approx([2.5, 3, 11])
    assert found.values("area").tolist() == [36, 9, 9]  # the size that was found counts, not that of the file
    assert found.values("confidence").tolist() == [0.5, 0.25, 1]
    assert found.kind_names == ("a", "b", "a")


def test_the_border_is_that_of_the_sample():
    labels = np.zeros((9, 9), np.uint32)
    labels[4, 4], labels[7, 4] = 1, 2
    whole, above = (Objects(labels, content=box).measured(CHOICE) for box in (None, Box(0, 0, 8, 9)))
    assert whole.values("touches_border").tolist() == [0, 0]
    assert above.values("touches_border").tolist() == [0, 1]


def test_a_mode_is_told_like_any_presentation():
    assert isinstance(MODE, Presentation)
    assert isinstance(MODE, Mode)
    assert set(MODE.overview) <= set(MODE.figures)
    assert MODE.size in MODE.properties
