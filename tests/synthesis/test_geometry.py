from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from uniaims.errors import InputError
from uniaims.synthesis.geometry import CONTOUR_POINTS, Geometry


@pytest.fixture(scope="module")
def geometry(ellipses: Callable[..., np.ndarray]) -> Geometry:
    return Geometry.learnt([ellipses(seed) for seed in (1, 2)])


def test_sizes_shapes_directions_and_cover_are_learnt(geometry: Geometry, ellipses: Callable[..., np.ndarray]) -> None:
    assert len(geometry.covers) == 2
    assert geometry.medians_px[0] == pytest.approx(24, rel=0.1)
    assert geometry.covers[0] == pytest.approx((ellipses(1) > 0).mean())
    assert np.median(geometry.elongations) == pytest.approx(2, rel=0.1)
    np.testing.assert_allclose(np.rad2deg(geometry.angles), 30, atol=6)
    assert geometry.orders.min() > 0.95
    assert geometry.touching.max() == geometry.hidden.max() == 0


def test_drawn_shapes_are_like_the_taught_ones(geometry: Geometry) -> None:
    contours, diameters = geometry.draw(0, 200, np.random.default_rng(0))
    assert contours.shape == (200, CONTOUR_POINTS)
    areas = [cv2.contourArea(np.column_stack([c.real, c.imag]).astype(np.float32)) for c in contours]
    np.testing.assert_allclose(areas, np.pi / 4, rtol=1e-4)
    extents = np.array([[np.ptp(c.real), np.ptp(c.imag)] for c in contours])
    assert np.median(extents[:, 0] / extents[:, 1]) == pytest.approx(2, rel=0.08)
    assert np.median(diameters) == pytest.approx(geometry.medians_px[0], rel=0.05)
    taught = geometry.log_sizes.std()
    assert np.log(diameters).std() == pytest.approx(taught, rel=0.3)


def test_new_shapes_are_not_copies(geometry: Geometry) -> None:
    contours, _ = geometry.draw(0, 40, np.random.default_rng(0))
    rounded = {tuple(np.round(contour, 6)) for contour in contours}
    assert len(rounded) == 40


def test_directions_follow_an_ordered_image_and_nothing_else(geometry: Geometry) -> None:
    angles = np.rad2deg(geometry.directions(0, 300, np.random.default_rng(0))) % 180
    assert np.median(angles) == pytest.approx(30, abs=5)
    turned = Geometry.learnt([_turned_discs()])
    anyhow = turned.directions(0, 300, np.random.default_rng(0))
    assert abs(np.exp(2j * anyhow).mean()) < 0.2


def _turned_discs() -> np.ndarray:
    labels = np.zeros((200, 200), np.int32)
    for number, angle in enumerate(range(0, 180, 20), start=1):
        centre = (40 + 55 * ((number - 1) % 3), 40 + 55 * ((number - 1) // 3))
        cv2.ellipse(labels, centre, (18, 8), angle, 0, 360, number, -1)
    return labels


@given(some.floats(0, np.pi), some.floats(12, 40), some.booleans())
def test_turning_and_scaling_a_shape_changes_neither_its_scores_nor_its_size(
    angle: float, size: float, mirrored: bool
) -> None:
    """A drop has one long axis and two different ends, so nothing about its frame is left to chance."""
    along = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    drop = np.exp(1j * along) * (1 + 0.35 * np.cos(along)) + 0.5 * np.cos(along)
    shapes = []
    for turn, scale in ((0.0, 40.0), (angle, size)):
        points = drop * np.exp(1j * turn) * scale + 110 + 110j
        canvas = np.zeros((220, 220), np.int32)
        cv2.fillPoly(canvas, [np.rint(np.column_stack([points.real, points.imag]) * 16).astype(np.int32)], 1, shift=4)
        canvas[5:12, 5:12], canvas[5:12, 20:27] = 2, 3
        shapes.append(Geometry.learnt([canvas]))
    first, second = shapes
    rebuilt = [shape.mean + shape.scores[0] @ shape.components for shape in shapes]
    assert np.abs(rebuilt[0] - rebuilt[1]).max() < 0.05
    assert second.angles[0] == pytest.approx((first.angles[0] + angle) % np.pi, abs=0.06) or (
        abs(abs(second.angles[0] - (first.angles[0] + angle) % np.pi) - np.pi) < 0.06
    )


def test_bodies_cut_by_the_border_are_not_taught_and_rare_large_ones_count_more() -> None:
    labels = np.zeros((100, 100), np.uint8)
    labels[0:20, 40:60] = 1
    labels[30:90, 10:70] = 2
    labels[30:40, 80:90] = 3
    labels[50:60, 80:90] = 4
    geometry = Geometry.learnt([labels])
    assert len(geometry.scores) == 3
    assert geometry.weights.tolist() == [pytest.approx(5.0), *[pytest.approx(1 / 0.81)] * 2]


def test_touching_and_hidden_bodies_are_counted() -> None:
    labels = np.zeros((120, 300), np.int32)
    for number in range(1, 6):
        cv2.circle(labels, (50 * number, 40), 15, number, -1)
    cv2.circle(labels, (150, 75), 20, 7, -1)
    cv2.circle(labels, (165, 85), 20, 8, -1)
    geometry = Geometry.learnt([labels])
    assert geometry.touching[0] == pytest.approx(3 / 7)
    assert geometry.hidden[0] == pytest.approx(1 / 7)
    assert len(geometry.scores) == 6


def test_too_little_to_learn_from_is_refused() -> None:
    with pytest.raises(InputError, match=r"0 whole bodies.*at least 3"):
        Geometry.learnt([np.zeros((64, 64), np.uint32)])


def test_an_image_without_whole_bodies_is_passed_over(ellipses: Callable[..., np.ndarray]) -> None:
    geometry = Geometry.learnt([np.zeros((64, 64), np.uint32), ellipses(1)])
    assert geometry.sources.tolist() == [1]


def test_a_geometry_survives_being_saved(geometry: Geometry, tmp_path: Path) -> None:
    geometry.save(tmp_path / "geometry.npz")
    again = Geometry.load(tmp_path / "geometry.npz")
    one, other = (each.draw(1, 5, np.random.default_rng(2)) for each in (geometry, again))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])


def test_a_file_that_holds_no_geometry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="Learn it again with --like"):
        Geometry.load(tmp_path / "no.npz")
