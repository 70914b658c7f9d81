from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.working_scale import (
    ScaleProbe,
    characteristic_diameter_px,
    find_scale,
    scale_ladder,
    scale_of_diameter,
    suited_size_fraction,
)

NOTHING = ScaleProbe(0.0, 0.0)


@dataclass(frozen=True)
class Probing:
    """A prober that sees what a function of the scale says, and nothing beside it but what is given."""

    seen: Callable[[float], ScaleProbe]
    smaller: ScaleProbe = NOTHING

    def probe(self, scale):
        return self.seen(scale)

    def probe_briefly(self, scale):
        return self.seen(scale)

    def probe_outside(self, scale, coarse):
        assert scale > coarse
        return self.smaller


def find(probe, shape, nominal):
    return find_scale(Probing(probe), shape, nominal)


def ideal_probe(diameter_px):
    """A model that finds objects only where they look 8 px or larger, and texture where they look huge."""

    def probe(scale):
        seen = diameter_px * scale
        if seen < 8:
            return ScaleProbe(0.0, 0.0)
        return ScaleProbe(seen, 0.9) if seen < 120 else ScaleProbe(15.0, 0.3)

    return probe


@pytest.mark.parametrize("diameter_px", [16, 30, 64, 150, 250])
def test_objects_come_to_the_nominal_size(diameter_px):
    found = find(ideal_probe(diameter_px), (1000, 1400), 32)
    assert 0.85 * 32 <= diameter_px * found.scale < 0.85 * 32 * 1.5
    assert found.diameter_px == pytest.approx(diameter_px)
    assert found.chosen


def test_small_objects_take_the_finest_scale():
    assert find(ideal_probe(9), (500, 500), 32).scale == pytest.approx(2.0)


def test_it_stops_at_the_first_scale_that_is_enough():
    looked = []

    def probe(scale):
        looked.append(scale)
        return ScaleProbe(40.0 if scale > 0.3 else 5.0, 0.9)

    find(probe, (1024, 1024), 32)
    assert looked == sorted(looked)
    assert looked[-1] == pytest.approx(0.3536, abs=1e-3)


def textured_probe(best_scale, best, usual=0.5):
    """Texture that fills the eye from a scale of 0.25 on; what it shows is likely to be right at one scale only."""

    def probe(scale):
        return ScaleProbe(30.0 if scale > 0.24 else 9.0, best if scale == pytest.approx(best_scale) else usual)

    return probe


@pytest.mark.parametrize(("best_scale", "best", "expected"), [
    (0.5, 0.7, 0.5),  # finer
    (0.125, 0.7, 0.125),  # coarser, seen on the way
    (0.5, 0.53, 0.25),  # hardly better
    (1.0, 0.9, 0.25),  # not looked at
])  # fmt: skip
def test_a_doubtful_scale_gives_way_to_one_that_is_clearly_better(best_scale, best, expected):
    found = find(textured_probe(best_scale, best), (1024, 1024), 32)
    assert found.scale == pytest.approx(expected)
    seen = 30.0 if expected > 0.24 else 9.0
    assert found.diameter_px == pytest.approx(seen / expected)


def test_a_trusted_scale_is_not_compared():
    looked = []

    def probe(scale):
        looked.append(scale)
        return ScaleProbe(35.0 * scale / 0.25, 0.81 if scale > 0.24 else 0.95)

    assert find(probe, (1024, 1024), 32).scale == pytest.approx(0.25)
    assert max(looked) == pytest.approx(0.25)


@pytest.mark.parametrize(("smaller", "scale", "diameter_px"), [
    (ScaleProbe(16.0, 0.9, 200), 1.0, 16.0),
    (ScaleProbe(8.0, 0.9, 200), 2.0, 8.0),
    (ScaleProbe(16.0, 0.6, 200), 0.25, 128.0),  # texture
    (ScaleProbe(16.0, 0.9, 5), 0.25, 128.0),  # some dust
])  # fmt: skip
def test_a_few_large_objects_do_not_hide_many_small_ones(smaller, scale, diameter_px):
    prober = Probing(lambda scale: ScaleProbe(128 * scale, 0.9, 6), smaller)
    found = find_scale(prober, (512, 512), 32)
    assert found.scale == pytest.approx(scale)
    assert found.diameter_px == pytest.approx(diameter_px)


def test_many_objects_are_not_looked_beside_of_unless_the_image_is_large():
    prober = Probing(lambda scale: ScaleProbe(128 * scale, 0.9, 100), ScaleProbe(16.0, 0.9, 200))
    assert find_scale(prober, (512, 512), 32).scale == pytest.approx(0.25)
    assert find_scale(prober, (6000, 6000), 32).scale == pytest.approx(1.0)


def test_empty_image_keeps_its_scale():
    assert find(lambda _: ScaleProbe(0.0, 0.0), (300, 300), 32).scale == 1.0


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


def test_the_suited_size_fraction_counts_sizes_near_the_nominal_one():
    labels = np.zeros((200, 200), np.uint32)
    labels[:28, :28], labels[100:103, 100:103], labels[40:60, 0:20] = 1, 2, 5  # 31.6, 3.4, 22.6 px
    assert suited_size_fraction(labels, 1.0, 32.0) == pytest.approx(2 / 3)
    assert suited_size_fraction(labels, 8.0, 32.0) == pytest.approx(1 / 3)
    assert suited_size_fraction(labels, 0.1, 32.0) == 0
    assert np.isnan(suited_size_fraction(np.zeros((3, 3), int), 1.0, 32.0))
