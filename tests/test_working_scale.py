import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.working_scale import (
    characteristic_diameter_px,
    find_scale,
    scale_ladder,
    scale_of_diameter,
)


def ideal_probe(diameter_px):
    """A model that finds objects only where they look 8 px or larger, and texture where they look huge."""

    def probe(scale):
        seen = diameter_px * scale
        if seen < 8:
            return 0.0
        return seen if seen < 120 else 15.0

    return probe


@pytest.mark.parametrize("diameter_px", [16, 30, 64, 150, 250])
def test_objects_come_to_the_nominal_size(diameter_px):
    found = find_scale(ideal_probe(diameter_px), (1000, 1400), 32)
    assert 0.85 * 32 <= diameter_px * found.scale < 0.85 * 32 * 1.5
    assert found.diameter_px == pytest.approx(diameter_px)
    assert found.chosen


def test_small_objects_take_the_finest_scale():
    assert find_scale(ideal_probe(9), (500, 500), 32).scale == pytest.approx(2.0)


def test_it_stops_at_the_first_scale_that_is_enough():
    looked = []

    def probe(scale):
        looked.append(scale)
        return 40.0 if scale > 0.3 else 5.0

    find_scale(probe, (1024, 1024), 32)
    assert looked == sorted(looked)
    assert looked[-1] == pytest.approx(0.3536, abs=1e-3)


def test_empty_image_keeps_its_scale():
    assert find_scale(lambda _: 0.0, (300, 300), 32).scale == 1.0


@pytest.mark.parametrize("shape", [(1, 1), (95, 2000), (8192, 8192)])
def test_ladder_rises_through_one(shape):
    ladder = scale_ladder(shape)
    assert list(ladder) == sorted(ladder)
    assert 1.0 in ladder
    assert min(shape) * ladder[0] >= 96 or ladder[0] == 1.0


@pytest.mark.parametrize(("shape", "finest"), [((512, 512), 2.0), ((2048, 2048), 2.0), ((8192, 8192), 1.0)])
def test_large_images_are_not_enlarged(shape, finest):
    assert scale_ladder(shape)[-1] == pytest.approx(finest)


def test_given_diameter():
    assert scale_of_diameter(64, 32).scale == 0.5


@pytest.mark.parametrize("diameter", [0, -3, float("nan"), float("inf")])
def test_impossible_diameter(diameter):
    with pytest.raises(SettingsError, match="diameter"):
        scale_of_diameter(diameter, 32)


def test_diameter_of_equal_squares():
    labels = np.kron(np.arange(1, 10).reshape(3, 3), np.pad(np.ones((20, 20), int), 5))
    assert characteristic_diameter_px(labels) == pytest.approx(22.6, abs=0.1)


def test_diameter_lies_between_specks_and_giant():
    labels = np.kron(np.arange(1, 10).reshape(3, 3), np.pad(np.ones((4, 4), int), 13))
    labels[20:90, 20:90] = 100
    assert 5 < characteristic_diameter_px(labels) < 79


def test_no_objects_no_diameter():
    assert characteristic_diameter_px(np.zeros((4, 4), int)) == 0
