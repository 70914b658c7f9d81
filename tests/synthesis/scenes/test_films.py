"""Stacks of films."""

import numpy as np

from uniaims.synthesis.scenes import (
    Films,
)

from .conftest import scene_of


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
