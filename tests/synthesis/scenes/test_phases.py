"""Precipitates and lamellae in a matrix."""

import numpy as np
import pytest

from uniaims.synthesis.scenes import (
    Lamellae,
    Precipitates,
    Scene,
)

from .conftest import scene_of


def equivalent_diameters(scene: Scene) -> np.ndarray:
    return 2 * np.sqrt(np.bincount(scene.labels.ravel())[1:] / np.pi)


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
