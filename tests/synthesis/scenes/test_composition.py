import numpy as np
import pytest

from uniaims.synthesis.relief import Patch, rasterise
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.scenes.composition import Counting, Placed, composed, outline
from uniaims.synthesis.shapes import ellipsoid

SHAPE = (80, 120)
LARGE = rasterise(ellipsoid((15.0, 15.0, 15.0)), 0.0, 0.0)
SMALL = rasterise(ellipsoid((7.0, 7.0, 7.0)), 0.0, 0.0)
BAR = rasterise(ellipsoid((6.0, 40.0, 6.0)), 0.0, 0.0)


def ball(patch: Patch, row: int, column: int, level: float, owner: int) -> Placed:
    return Placed(patch, (row, column), level, owner)


def pixels(patch: Patch) -> int:
    return int((patch.upper > -1e29).sum())


def test_a_ball_partly_under_another_keeps_its_whole_outline_and_its_depth() -> None:
    scene = composed(SHAPE, [ball(LARGE, 40, 40, 15, 0), ball(LARGE, 40, 55, 40, 1)], 30)
    assert [int(mask.mask.sum()) for mask in scene.whole] == [pixels(LARGE)] * 2
    assert (scene.whole[0].top, scene.whole[0].left) == (26, 26)
    seen = np.bincount(scene.labels.ravel())[1:]
    assert seen[0] < 0.75 * pixels(LARGE)
    assert seen[1] == pixels(LARGE)
    assert scene.depth is not None
    np.testing.assert_allclose(scene.depth, [30, 55])


def test_a_ball_under_another_is_taken_out_of_the_scene() -> None:
    scene = composed(SHAPE, [ball(SMALL, 40, 42, 7, 0), ball(LARGE, 40, 40, 40, 1)], 30)
    alone = composed(SHAPE, [ball(LARGE, 40, 40, 40, 1)], 30)
    np.testing.assert_array_equal(scene.labels, alone.labels)
    np.testing.assert_array_equal(scene.relief.thickness, alone.relief.thickness)
    assert scene.whole == ()


def crossed(joined: bool) -> Scene:
    over = rasterise(ellipsoid((40.0, 6.0, 6.0)), 0.0, 0.0)
    counting = Counting(joined=joined, by_piece=False)
    return composed(SHAPE, [ball(BAR, 40, 60, 6, 0), ball(over, 40, 60, 18, 1)], 12, counting)


def test_a_crossed_bar_is_two_labels_or_one_and_whole_in_both() -> None:
    split, joined = crossed(joined=False), crossed(joined=True)
    assert split.labels.max() == 3
    assert joined.labels.max() == 2
    np.testing.assert_array_equal(split.labels > 0, joined.labels > 0)
    for scene in (split, joined):
        for body, whole in zip(scene.bodies.tolist(), scene.whole, strict=True):
            if body == 1:
                assert whole.mask.sum() == pixels(BAR)


def test_bodies_of_one_owner_are_one_instance() -> None:
    chain = [ball(SMALL, 40, 20 + 12 * index, 7, 5) for index in range(4)]
    scene = composed(SHAPE, [*chain, ball(LARGE, 40, 100, 15, 9)], 14, Counting(by_piece=False))
    assert scene.labels.max() == 2
    group = outline(SHAPE, chain)
    assert group.mask.sum() == (scene.labels == scene.labels[40, 20]).sum()
    assert group.mask.sum() < 4 * pixels(SMALL)


def test_atomic_numbers_go_with_their_bodies() -> None:
    bodies = [Placed(SMALL, (20, 20), 7, 0, 79.0), Placed(SMALL, (60, 90), 7, 1, 14.0)]
    scene = composed(SHAPE, bodies, 14)
    assert scene.atomic_numbers is not None
    by_pixel = scene.atomic_numbers[np.append(0, scene.bodies)[scene.labels]]
    assert (by_pixel[20, 20], by_pixel[60, 90], by_pixel[0, 0]) == (79, 14, 6)


def test_nothing_placed_is_an_empty_scene() -> None:
    scene = composed(SHAPE, [], 14)
    assert scene.labels.max() == 0
    assert len(scene.bodies) == 0


def test_a_body_cut_by_the_border_has_its_whole_inside_the_image_only() -> None:
    scene = composed(SHAPE, [ball(LARGE, 0, 60, 15, 0), ball(SMALL, 14, 60, 40, 1)], 30)
    assert scene.whole[0].top == 0
    assert scene.whole[0].mask.sum() == pytest.approx(pixels(LARGE) / 2, rel=0.05)
