"""Sections of solids: phases, pores, cracks, films, cells, atom columns, dense layers."""

import numpy as np
import pytest

from uniaims.synthesis.scenes import (
    AtomColumns,
    Cells,
    Cracks,
    DenseLayer,
    Films,
    Lamellae,
    Pores,
    Precipitates,
    Scene,
    SceneKind,
    Sponge,
)
from uniaims.synthesis.scenes.territory import Seeds, grown

SHAPE = (240, 260)


def scene_of(kind: SceneKind, seed: int = 1) -> Scene:
    return kind.compose(SHAPE, np.random.default_rng(seed))


def equivalent_diameters(scene: Scene) -> np.ndarray:
    return 2 * np.sqrt(np.bincount(scene.labels.ravel())[1:] / np.pi)


def test_bodies_grow_to_their_outline_and_part_what_lies_between_fairly() -> None:
    still = np.zeros((2, 60, 100), np.float32)
    two = Seeds(np.array([[30.0, 30.0], [30.0, 60.0]]), np.array([20.0, 20.0]), np.zeros(2), np.ones(2))
    owner = grown(two, still).owner
    assert owner[30, 44] == 1
    assert owner[30, 46] == 2
    assert owner[5, 30] == 0
    apart = grown(two, still, gap_px=4.0).owner
    assert apart[30, 42] == 1
    assert (apart[30, 44:47] == 0).all()
    square = Seeds(np.array([[30.0, 50.0]]), np.array([20.0]), np.zeros(1), np.ones(1), power=40.0)
    assert (grown(square, still).owner > 0).sum() == pytest.approx(1600, rel=0.06)


def test_precipitates_cover_what_they_should_and_keep_apart() -> None:
    kind = Precipitates(cover=(0.4, 0.4), diameter_px=(24, 24), spread=(0.1, 0.1), gap_px=(3, 3), aspect=(1, 1))
    labels = scene_of(kind).labels
    assert (labels > 0).mean() == pytest.approx(0.4, abs=0.08)
    grown_by_one = (labels[1:] != labels[:-1]) & (labels[1:] > 0) & (labels[:-1] > 0)
    assert not grown_by_one.any()


def test_fine_precipitates_fill_the_matrix_in_a_class_of_their_own() -> None:
    settings = {"diameter_px": (50, 50), "spread": (0.1, 0.1), "cover": (0.3, 0.3), "fine_diameter": (0.16, 0.16)}
    coarse, both = (equivalent_diameters(scene_of(Precipitates(fine=fine, **settings))) for fine in (0.0, 1.0))
    assert (both < 15).sum() > (coarse < 15).sum() + 10
    assert (both > 30).sum() == (coarse > 30).sum()


def test_lamellae_alternate_with_the_matrix() -> None:
    scene = scene_of(Lamellae(spacing_px=(14, 14), share=(0.5, 0.5), breaks=(0, 0)))
    assert (scene.labels > 0).mean() == pytest.approx(0.5, abs=0.12)
    changes = ((scene.labels[1:] > 0) != (scene.labels[:-1] > 0)).sum()
    across = ((scene.labels[:, 1:] > 0) != (scene.labels[:, :-1] > 0)).sum()
    per_pixel = np.hypot(changes, across) / scene.labels.size
    assert per_pixel == pytest.approx(2 / 14, rel=0.35)


@pytest.mark.parametrize("kind", [Pores(), Sponge(), Cracks(count=(6, 6))])
def test_voids_are_sunk_and_empty_and_their_matrix_is_not(kind: SceneKind) -> None:
    scene = scene_of(kind)
    void = scene.labels > 0
    assert void.any()
    assert scene.relief.height[void].mean() < scene.relief.height[~void].mean() - 1
    assert scene.relief.thickness[void].max() == 0
    assert scene.atomic_numbers is not None
    assert scene.atomic_numbers[0] > 0
    assert (scene.atomic_numbers[scene.bodies] == 0).all()


def test_porosity_is_what_was_asked_for() -> None:
    for kind in (Pores(porosity=(0.2, 0.2), diameter_px=(14, 14), spread=(0.2, 0.2)), Sponge(porosity=(0.2, 0.2))):
        assert (scene_of(kind).labels > 0).mean() == pytest.approx(0.2, abs=0.05)


def test_cracks_are_thin_and_long_and_branches_belong_to_them() -> None:
    settings = {"count": (1, 1), "width_px": (4, 4), "length": (1.2, 1.2)}
    plain, branched = (scene_of(Cracks(branches=(n, n), **settings), 7).labels for n in (0, 6))
    assert plain.max() >= 1
    rows, columns = np.nonzero(plain)
    extent = np.hypot(np.ptp(rows), np.ptp(columns))
    assert (plain > 0).sum() < 8 * extent
    assert (branched > 0).sum() > 1.2 * (plain > 0).sum()


def test_films_lie_in_order_and_what_is_above_them_is_no_instance() -> None:
    scene = scene_of(Films(layers=(3, 3), above=("metal",), porous=0.0, tilt=(0, 0), waviness_px=(0, 1)))
    counted = scene.counted()
    assert len(scene.unlabelled) == 1
    assert counted.labels[0].max() == 0
    assert counted.labels[-1].max() == 0
    middles = [np.nonzero(scene.relief.labels == layer)[0].mean() for layer in (1, 2, 3)]
    assert middles == sorted(middles)
    assert scene.atomic_numbers is not None
    assert np.abs(np.diff(scene.atomic_numbers[[0, 3, 2, 1]])).min() >= 1


def test_cells_never_overlap_and_sheaths_part_them() -> None:
    bare = scene_of(Cells(cover=(0.4, 0.4), gap_px=(0, 0), patchiness=(0, 0)))
    wrapped = scene_of(Cells(cover=(0.3, 0.3), gap_px=(2, 2), sheath=(0.5, 0.5), patchiness=(0, 0)))
    assert (bare.labels > 0).mean() == pytest.approx(0.4, abs=0.12)
    touching = (wrapped.labels[1:] != wrapped.labels[:-1]) & (wrapped.labels[1:] > 0) & (wrapped.labels[:-1] > 0)
    assert not touching.any()
    assert bare.relief.thickness[bare.labels > 0].min() > 0


def test_atom_columns_stand_on_their_lattice() -> None:
    still = {"vacancies": (0, 0), "boundary": 0.0, "edge": 0.0, "shake": (0, 0), "strain": (0, 0)}
    scene = scene_of(AtomColumns(spacing_px=(16, 16), lattices=("square",), **still))
    assert scene.labels.max() == pytest.approx(SHAPE[0] * SHAPE[1] / 16**2, rel=0.12)
    count = int(scene.labels.max())
    rows, columns = np.indices(SHAPE)
    sizes = np.bincount(scene.labels.ravel(), minlength=count + 1)
    whole = np.flatnonzero(sizes > 0.9 * np.median(sizes[1:]))[1:]
    middles = np.stack([np.bincount(scene.labels.ravel(), axis.ravel()) / sizes for axis in (rows, columns)], axis=1)
    apart = np.sqrt(((middles[whole, None] - middles[None, whole]) ** 2).sum(-1)) + 1e9 * np.eye(len(whole))
    assert np.median(apart.min(axis=1)) == pytest.approx(16, abs=0.5)


def test_vacancies_are_missing_columns() -> None:
    still = {"spacing_px": (12, 12), "lattices": ("hexagonal",), "boundary": 0.0, "edge": 0.0}
    full, holed = (scene_of(AtomColumns(vacancies=(v, v), **still)).labels.max() for v in (0.0, 0.3))
    assert holed == pytest.approx(0.7 * full, rel=0.1)


def test_a_dense_layer_covers_four_fifths() -> None:
    kind = DenseLayer(cover=(0.84, 0.84), diameter_px=(12, 12), lift=(0, 0))
    scene = scene_of(kind)
    assert (scene.labels > 0).mean() > 0.76
    assert scene.labels.max() > 250
