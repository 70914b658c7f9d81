"""What every kind of scene owes its users, whatever it draws."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.relief import pieces
from uniaims.synthesis.scenes import (
    SCENES,
    SMALLEST_AREA_PX,
    Aggregates,
    AtomColumns,
    Cells,
    Cracks,
    DenseLayer,
    Films,
    Grains,
    Heap,
    Lamellae,
    Pores,
    Precipitates,
    Scene,
    SceneKind,
    Sponge,
    WholeMask,
    Wires,
)

SHAPE = (180, 220)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module", params=sorted(SCENES))
def scenes(request: pytest.FixtureRequest) -> list[Scene]:
    return [SCENES[request.param]().compose(SHAPE, np.random.default_rng(seed)) for seed in SEEDS]


def test_labels_run_from_one_without_gaps(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert scene.labels.shape == SHAPE
        assert scene.labels.dtype == np.uint32
        assert np.setdiff1d(np.arange(1, len(scene.bodies) + 1), scene.labels).size == 0
        assert scene.labels.max() == len(scene.bodies)


def test_each_label_is_one_connected_piece_and_no_sliver(scenes: list[Scene]) -> None:
    for scene in scenes:
        labels = scene.counted().labels
        assert pieces(labels.astype(np.int32)).max() == labels.max()
        assert np.bincount(labels.ravel())[1:].min(initial=SMALLEST_AREA_PX) >= SMALLEST_AREA_PX


def test_relief_and_tables_fit_the_labels(scenes: list[Scene]) -> None:
    for scene in scenes:
        relief = scene.relief
        for sheet in (relief.height, relief.slope_y, relief.slope_x, relief.v, relief.u, relief.thickness):
            assert sheet.shape == SHAPE
            assert sheet.dtype == np.float32
            assert np.isfinite(sheet).all()
        assert relief.thickness.min() >= 0
        np.testing.assert_array_equal(np.append(0, scene.bodies)[scene.labels], relief.labels)
        if scene.atomic_numbers is not None:
            assert len(scene.atomic_numbers) > scene.bodies.max(initial=0)
        if scene.depth is not None:
            assert scene.depth.shape == scene.bodies.shape


def test_whole_masks_hold_what_is_seen(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert len(scene.whole) in (0, len(scene.bodies))
        for number, whole in enumerate(scene.whole, start=1):
            assert not (scene.labels == number)[~full(whole)].any()


def full(whole: WholeMask) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    rows = slice(whole.top, whole.top + whole.mask.shape[0])
    mask[rows, whole.left : whole.left + whole.mask.shape[1]] = whole.mask
    return mask


def test_instances_differ_from_seed_to_seed_but_never_for_one_seed(scenes: list[Scene]) -> None:
    assert any(not np.array_equal(scenes[0].labels, scene.labels) for scene in scenes[1:])


@pytest.mark.parametrize("name", sorted(SCENES))
def test_the_same_seed_gives_the_same_scene(name: str) -> None:
    first, again = (SCENES[name]().compose(SHAPE, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(first.labels, again.labels)
    np.testing.assert_array_equal(first.relief.height, again.relief.height)
    np.testing.assert_array_equal(first.relief.thickness, again.relief.thickness)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_images_of_any_shape_can_be_drawn(name: str) -> None:
    for shape in ((48, 48), (33, 190)):
        assert SCENES[name]().compose(shape, np.random.default_rng(5)).labels.shape == shape


WRONG: dict[str, Callable[[], SceneKind]] = {
    r"instances has 'blobs'": lambda: Aggregates(instances="blobs"),
    r"lattices has 'cubic'": lambda: AtomColumns(lattices=("cubic",)),
    r"cover is 0.6 to 0.2": lambda: Cells(cover=(0.6, 0.2)),
    r"width_px is 1 to 2": lambda: Cracks(width_px=(1, 2)),
    r"shapes has 'cup'": lambda: DenseLayer(shapes=("cup",)),
    r"above has 'air'": lambda: Films(above=("air",)),
    r"elongation is 0.5 to 1": lambda: Grains(elongation=(0.5, 1)),
    r"'cup'": lambda: Heap(shapes=("cup",)),
    r"spacing_px is 2 to 9": lambda: Lamellae(spacing_px=(2, 9)),
    r"porosity is 0 to 0.1": lambda: Pores(porosity=(0, 0.1)),
    r"power is 0 to 2": lambda: Precipitates(power=(0, 2)),
    r"pore_px is 1 to 9": lambda: Sponge(pore_px=(1, 9)),
    r"pieces has 'merged'": lambda: Wires(pieces="merged"),
}


@pytest.mark.parametrize("message", list(WRONG))
def test_wrong_settings_are_named(message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        WRONG[message]()


def test_what_is_no_instance_is_seen_but_not_counted() -> None:
    labels = np.zeros(SHAPE, np.uint32)
    labels[:50], labels[50:90], labels[120:] = 1, 2, 3
    bodies = np.array([4, 5, 6], np.int32)
    scene = Heap().compose(SHAPE, np.random.default_rng(1))
    whole = tuple(WholeMask(number, 0, np.ones((1, 1), dtype=bool)) for number in range(3))
    depth = np.arange(3, dtype=np.float32)
    seen = replace(scene, labels=labels, bodies=bodies, whole=whole, depth=depth, unlabelled=(2,))
    counted = seen.counted()
    assert np.unique(counted.labels[:50]).tolist() == [1]
    assert np.unique(counted.labels[50:120]).tolist() == [0]
    assert np.unique(counted.labels[120:]).tolist() == [2]
    assert counted.bodies.tolist() == [4, 6]
    assert [mask.top for mask in counted.whole] == [0, 2]
    assert counted.depth is not None
    assert counted.depth.tolist() == [0, 2]
