"""Edges in the grey levels as the tables take them."""

import cv2
import numpy as np
import pytest

from uniaims.formats import Acquisition
from uniaims.modes.edges import edge_shapes, signal_of


@pytest.mark.parametrize(
    ("detector", "voltage_kv", "signal"),
    [
        ("SE2", 5.0, "secondary electrons"),
        ("InLens", None, "secondary electrons"),
        ("PDBSE(CompO)", 15.0, "backscattered electrons"),
        ("BSE (COMPO)", 15.0, "backscattered electrons"),
        ("vCD", 2.0, "backscattered electrons"),
        ("SE_upper", 2.0, "secondary electrons"),
        ("SE", 200.0, ""),  # of a transmission microscope
        ("Base", None, ""),
        ("", None, ""),
        (None, 5.0, ""),
    ],
)
def test_the_signal_is_told_by_the_words_of_the_detector(detector, voltage_kv, signal):
    assert signal_of(Acquisition(detector=detector, voltage_kv=voltage_kv)) == signal


def discs(*radii: float) -> tuple[np.ndarray, np.ndarray]:
    """Blurred discs side by side with their labels."""
    y, x = np.mgrid[:80, : 80 * len(radii)]
    labels = np.zeros(y.shape, np.uint32)
    for number, radius in enumerate(radii, 1):
        labels[np.hypot(y - 40, x - 80 * number + 40) < radius] = number
    image = cv2.GaussianBlur(np.where(labels > 0, 180.0, 60.0), (0, 0), 1.5)
    return image.astype(np.float32), labels


def test_with_the_outlines_of_the_network_no_edge_is_measured():
    found = edge_shapes(*discs(20.0, 15.0), "network", "")
    assert np.isnan(found.area).all()
    assert found.reasons == ("no edge law for this signal",) * 2
    assert len(edge_shapes(np.zeros((9, 9)), np.zeros((9, 9), np.uint32), "network", "").area) == 0


def test_the_half_of_a_blurred_disc_is_its_size():
    found = edge_shapes(*discs(20.0), "step", "")
    assert found.area == pytest.approx(np.pi * 20**2, rel=0.02)
    assert found.max_feret == pytest.approx(40.0, rel=0.02)
    assert found.reasons == ("",)


def test_a_hole_is_not_part_of_the_area():
    image, labels = discs(25.0)
    y, x = np.mgrid[:80, :80]
    labels[np.hypot(y - 40, x - 40) < 8] = 0
    solid = edge_shapes(*discs(25.0), "step", "").area
    assert edge_shapes(image, labels, "step", "").area == pytest.approx(solid - np.pi * 8**2, rel=0.01)
