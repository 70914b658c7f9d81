"""What sections of solids share: no slivers, distances to the nearest border, relief from a height."""

import numpy as np

from uniaims.synthesis.scenes.plane import distance_within, rim, section, slivers, without_slivers


def bands() -> np.ndarray:
    """A wide body, one that is one pixel wide, and one of few pixels."""
    labels = np.zeros((60, 60), np.int32)
    labels[10:50, 10:30] = 1
    labels[10:50, 40] = 2
    labels[20:22, 50:52] = 3
    return labels


def test_what_is_too_thin_or_too_small_goes_to_the_matrix() -> None:
    assert np.array_equal(slivers(bands()), (bands() == 2) | (bands() == 3))
    assert np.array_equal(without_slivers(bands()), np.where(bands() == 1, 1, 0))


def test_distances_grow_from_the_border_inwards() -> None:
    labels = np.where(np.arange(40) < 20, 1, 2)[None].repeat(30, axis=0).astype(np.int32)
    assert rim(labels).nonzero()[1].tolist() == [19] * 30
    depth = distance_within(labels)
    assert depth[15, 19] == 0.5
    assert (np.diff(depth[15, :20]) < 0).all()
    assert distance_within(np.ones((4, 5), np.int32)).max() <= 9


def test_voids_have_no_thickness() -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[5:15, 5:15] = 1
    scene = section(labels, np.zeros((20, 20), np.float32), 10.0, np.array([7.0, 0.0]))
    assert np.array_equal(scene.relief.thickness > 0, labels == 0)
    assert scene.atomic_numbers.tolist() == [7.0, 0.0]
