import numpy as np
import pytest
from scipy.ndimage import label

from uniaims.synthesis.scenes import (
    SMALLEST_AREA_PX,
    SMALLEST_VISIBLE_FRACTION,
    Packing,
    Scene,
    SizeLaw,
    grains,
    heap,
)
from uniaims.synthesis.shapes import SHAPES, Body, Generator, ellipsoid

SHAPE = (220, 260)


def ball(diameter: float, rng: Generator) -> Body:
    return ellipsoid((diameter / 2, diameter / 2, diameter / 2))


def a_heap(name: str = "sphere", seed: int = 3, **packing: float) -> Scene:
    settings = {"cover": 0.9, "tries": 4, "pile": 2.0} | packing
    return heap(SHAPE, (SHAPES[name],), SizeLaw(26, 0.35), Packing(**settings), np.random.default_rng(seed))


@pytest.fixture(scope="module", params=["sphere", "rod", "platelet", "powder grain"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return a_heap(request.param)


def test_each_label_is_one_connected_piece(scene: Scene) -> None:
    assert scene.labels.dtype == np.uint32
    numbers = np.unique(scene.labels)
    assert numbers.tolist() == list(range(scene.labels.max() + 1))
    for number in numbers[1:]:
        assert label(scene.labels == number)[1] == 1


def test_all_that_stands_out_of_the_substrate_is_labelled_and_nothing_else(scene: Scene) -> None:
    np.testing.assert_array_equal(scene.labels > 0, scene.relief.height > 0)


def test_no_sliver_is_left(scene: Scene) -> None:
    areas = np.bincount(scene.labels.ravel())[1:]
    assert areas.min() >= SMALLEST_AREA_PX


def test_each_piece_belongs_to_one_body(scene: Scene) -> None:
    assert scene.bodies.shape == (scene.labels.max(),)
    for number in range(1, int(scene.labels.max()) + 1):
        assert np.unique(scene.relief.labels[scene.labels == number]).tolist() == [scene.bodies[number - 1]]


def test_piles_hide_at_most_the_allowed_part_of_each_ball() -> None:
    scene = heap(SHAPE, (ball,), SizeLaw(30, 0.0), Packing(0.95, 4, 2.0), np.random.default_rng(8))
    rows, columns = np.indices(SHAPE)
    inner = [
        area
        for number, area in enumerate(np.bincount(scene.labels.ravel())[1:], start=1)
        if _is_inside(rows[scene.labels == number], columns[scene.labels == number])
    ]
    assert min(inner) >= SMALLEST_VISIBLE_FRACTION * np.pi * 15**2 * 0.97
    assert min(inner) < 0.8 * np.pi * 15**2, "nothing is hidden: the scene is no pile"


def _is_inside(rows: np.ndarray, columns: np.ndarray) -> bool:
    return bool(rows.min() > 0 and columns.min() > 0 and rows.max() < SHAPE[0] - 1 and columns.max() < SHAPE[1] - 1)


def test_one_layer_of_balls_has_exact_discs_and_the_law_of_sizes() -> None:
    law = SizeLaw(20, 0.2)
    scene = heap((600, 600), (ball,), law, Packing(0.5, 3), np.random.default_rng(2))
    areas = np.bincount(scene.labels.ravel())[1:]
    inside = np.setdiff1d(np.arange(1, len(areas) + 1), _on_border(scene.labels))
    diameters = 2 * np.sqrt(areas[inside - 1] / np.pi)
    assert len(inside) > 100
    assert np.median(diameters) == pytest.approx(20, rel=0.1)
    assert np.std(np.log(diameters)) == pytest.approx(0.2, rel=0.3)
    for number in inside[:10]:
        rows, columns = np.nonzero(scene.labels == number)
        radius = np.hypot(rows - rows.mean(), columns - columns.mean()).max()
        assert radius == pytest.approx(diameters[list(inside).index(number)] / 2, abs=1.0)


def _on_border(labels: np.ndarray) -> np.ndarray:
    return np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))


def test_more_tries_pack_more_densely() -> None:
    loose, dense = (
        (heap(SHAPE, (ball,), SizeLaw(16, 0.1), Packing(1.0, tries), np.random.default_rng(5)).labels > 0).mean()
        for tries in (1, 30)
    )
    assert dense > loose + 0.02


def test_a_lattice_has_one_spacing() -> None:
    scene = heap((300, 300), (ball,), SizeLaw(24, 0.0), Packing(1.0, lattice=True), np.random.default_rng(1))
    inside = np.setdiff1d(np.unique(scene.labels), _on_border(scene.labels))
    middles = np.array([np.mean(np.nonzero(scene.labels == number), axis=1) for number in inside])
    gaps = np.sqrt(((middles[:, None] - middles[None]) ** 2).sum(-1)) + 1e9 * np.eye(len(middles))
    nearest = gaps.min(axis=1)
    assert len(middles) > 40
    spread = np.percentile(nearest, 90) - np.percentile(nearest, 10)
    assert spread < 0.12 * np.median(nearest)


def test_grains_fill_the_plane_without_slivers() -> None:
    scene = grains(SHAPE, SizeLaw(24, 0.3), np.random.default_rng(0))
    assert scene.labels.min() == 1
    assert np.bincount(scene.labels.ravel())[1:].min() >= SMALLEST_AREA_PX
    for number in range(1, int(scene.labels.max()) + 1):
        assert label(scene.labels == number)[1] == 1
    assert 0.5 * 24**2 < scene.labels.size / scene.labels.max() < 3 * 24**2


def test_the_same_seed_gives_the_same_scene_and_another_one_another() -> None:
    first, again, other = (a_heap(seed=seed).labels for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
