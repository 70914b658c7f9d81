"""Columns of atoms."""

import numpy as np
import pytest

from uniaims.synthesis.scenes import (
    AtomColumns,
)

from .conftest import SHAPE, scene_of


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
