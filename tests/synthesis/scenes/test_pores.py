"""Voids in solids."""

import pytest

from uniaims.synthesis.scenes import (
    Cracks,
    Pores,
    SceneKind,
    Sponge,
)

from .conftest import scene_of


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
