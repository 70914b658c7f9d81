import numpy as np
import pytest

from uniaims.synthesis.relief import pieces
from uniaims.synthesis.scenes import Grains, SizeLaw, grains
from uniaims.synthesis.scenes.territory import power_diagram

SHAPE = (240, 260)


def labels_of(seed: int = 1, **settings: object) -> np.ndarray:
    return Grains(**{"diameter_px": (24, 24)} | settings).compose(SHAPE, np.random.default_rng(seed)).labels


def areas_inside(labels: np.ndarray) -> np.ndarray:
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    areas = np.bincount(labels.ravel())
    areas[np.append(border, 0)] = 0
    return areas[areas > 0]


def test_grains_fill_the_plane_and_have_the_size_that_was_asked_for() -> None:
    labels = labels_of(spread=(0.2, 0.2))
    assert labels.min() == 1
    assert np.median(2 * np.sqrt(areas_inside(labels) / np.pi)) == pytest.approx(24, rel=0.15)


def test_a_wider_law_of_sizes_makes_areas_differ_more() -> None:
    narrow, wide = (np.log(areas_inside(labels_of(spread=(spread, spread)))).std() for spread in (0.05, 0.5))
    assert wide > 1.8 * narrow


def test_a_power_diagram_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(2)
    centres, radii = rng.uniform(0, 60, (25, 2)), rng.uniform(2, 14, 25)
    bend = rng.normal(0, 0.2, (2, 60, 61)).astype(np.float32)
    found = power_diagram(centres, radii, np.zeros((2, 60, 61), np.float32))
    rows, columns = np.indices((60, 61))
    power = (rows[..., None] - centres[:, 0]) ** 2 + (columns[..., None] - centres[:, 1]) ** 2 - radii**2
    np.testing.assert_array_equal(found, power.argmin(axis=-1) + 1)
    assert (power_diagram(centres, radii, bend) == found).mean() > 0.9


def test_twins_are_bands_with_labels_of_their_own() -> None:
    plain, twinned = labels_of(twins=(0, 0), diameter_px=(50, 50)), labels_of(twins=(1, 1), diameter_px=(50, 50))
    assert twinned.max() > 1.5 * plain.max()
    assert pieces(twinned.astype(np.int32)).max() == twinned.max()


def test_rolled_grains_are_longer_than_wide() -> None:
    labels = labels_of(elongation=(4, 4), spread=(0.1, 0.1))
    ratios = []
    for number in range(1, int(labels.max()) + 1):
        rows, columns = np.nonzero(labels == number)
        values = np.linalg.eigvalsh(np.cov(np.stack([rows, columns]))) if len(rows) > 100 else np.ones(2)
        ratios.append(np.sqrt(values[1] / values[0]))
    assert np.median(ratios) > 2.0


def test_walls_part_the_grains_and_belong_to_nobody() -> None:
    labels = labels_of(wall_px=(4, 4))
    assert 0.1 < (labels == 0).mean() < 0.6
    beside = (labels[:, 1:] != labels[:, :-1]) & (labels[:, 1:] > 0) & (labels[:, :-1] > 0)
    assert not beside.any()


def test_cells_of_a_foam_lie_below_their_walls() -> None:
    scene = Grains(diameter_px=(40, 40), wall_px=(4, 4), hollow=True).compose(SHAPE, np.random.default_rng(1))
    assert scene.relief.height[scene.labels == 0].mean() > scene.relief.height[scene.labels > 0].mean() + 5


def test_plain_voronoi_grains_fill_the_plane_without_slivers() -> None:
    labels = grains(SHAPE, SizeLaw(24, 0.3), np.random.default_rng(0)).labels
    assert labels.min() == 1
    assert 0.5 * 24**2 < labels.size / labels.max() < 3 * 24**2
