import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from uniaims.synthesis.relief import Patch, Relief, deposit, lowest_place, pieces, rasterise
from uniaims.synthesis.shapes import ellipsoid, pebble

BALL = rasterise(ellipsoid((6.0, 6.0, 6.0)), 0.0, 0.0)


def plain_rest_height(height: np.ndarray, patch: Patch, place: tuple[int, int]) -> float:
    """What `lowest_place` computes for one place, in plain NumPy."""
    rows, columns = np.nonzero(patch.upper > -1e29)
    y, x = rows + place[0] - patch.middle, columns + place[1] - patch.middle
    inside = (y >= 0) & (x >= 0) & (y < height.shape[0]) & (x < height.shape[1])
    return float((height[y[inside], x[inside]] - patch.lower[rows[inside], columns[inside]]).max())


def test_a_ball_rests_on_the_substrate_and_on_a_ball() -> None:
    relief = Relief.flat((40, 40))
    first = lowest_place(relief.height, BALL, np.array([[20, 20]]), 100.0)
    assert first is not None
    assert first.level == pytest.approx(6.0)
    assert deposit(relief, BALL, (20, 20), first.level, 1) == (BALL.upper > -1e29).sum()
    second = lowest_place(relief.height, BALL, np.array([[20, 20], [5, 5]]), 100.0)
    assert second is not None
    assert (second.row, second.column, second.level) == (5, 5, pytest.approx(6.0))
    on_top = lowest_place(relief.height, BALL, np.array([[20, 20]]), 100.0)
    assert on_top is not None
    assert on_top.level == pytest.approx(18.0)


def test_places_too_high_or_outside_are_refused() -> None:
    height = np.full((30, 30), 9.0, np.float32)
    assert lowest_place(height, BALL, np.array([[15, 15]]), 14.0) is None
    assert lowest_place(height, BALL, np.array([[-50, 15]]), 1e6) is None


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_lowest_place_is_that_of_the_plain_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height = rng.uniform(0, 20, (50, 60)).astype(np.float32)
    patch = rasterise(pebble(rng.uniform(6, 25), rng), *rng.uniform(-0.5, 0.5, 2))
    places = rng.integers(0, 50, (7, 2))
    found = lowest_place(height, patch, places, 1e6)
    levels = [plain_rest_height(height, patch, (int(row), int(column))) for row, column in places]
    assert found is not None
    assert found.level == pytest.approx(min(levels), rel=1e-6)
    assert plain_rest_height(height, patch, (found.row, found.column)) == pytest.approx(found.level, rel=1e-6)


def test_the_upper_body_owns_the_pixel_and_thickness_adds_up() -> None:
    relief = Relief.flat((40, 40))
    deposit(relief, BALL, (20, 20), 6.0, 1)
    deposit(relief, BALL, (20, 24), 3.0, 2)
    assert relief.labels[20, 20] == 1
    assert relief.labels[20, 29] == 2
    assert relief.height[20, 20] == pytest.approx(12.0)
    both = relief.thickness[20, 22]
    assert both == pytest.approx(4 * np.sqrt(36 - 4), rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_pieces_are_those_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, (rng.integers(1, 14), rng.integers(1, 14))).astype(np.int32)
    found = pieces(labels)
    assert (found > 0).tolist() == (labels > 0).tolist()
    expected_count = 0
    for value in (1, 2):
        parts, count = label(labels == value)
        expected_count += count
        for part in range(1, count + 1):
            numbers = np.unique(found[parts == part])
            assert len(numbers) == 1
            assert (found == numbers[0]).sum() == (parts == part).sum()
    assert found.max() == expected_count
