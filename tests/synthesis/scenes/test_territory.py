"""Bodies that grow until they meet."""

import numpy as np
import pytest

from uniaims.synthesis.scenes.territory import Seeds, grown


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
