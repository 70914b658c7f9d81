"""Dense layers of particles."""

from uniaims.synthesis.scenes import (
    DenseLayer,
)

from .conftest import scene_of


def test_a_dense_layer_covers_four_fifths() -> None:
    kind = DenseLayer(cover=(0.84, 0.84), diameter_px=(12, 12), lift=(0, 0))
    scene = scene_of(kind)
    assert (scene.labels > 0).mean() > 0.76
    assert scene.labels.max() > 250
