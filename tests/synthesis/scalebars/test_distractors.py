"""Distractors are drawn where there is room, and named."""

import numpy as np

from uniaims.synthesis.scalebars.canvas import canvas_of, overlap
from uniaims.synthesis.scalebars.distractors import Scatter, add_distractors, draw_text
from uniaims.synthesis.scalebars.typefaces import installed_faces

FACES = installed_faces()


def scatter(height: int = 500, width: int = 700) -> Scatter:
    return Scatter(canvas_of(np.full((height, width), 60, np.uint8)), (0, 0, width, height), FACES)


def test_all_kinds_appear() -> None:
    kinds = set()
    for seed in range(40):
        kinds |= {drawing.thing.kind for drawing in add_distractors(scatter(), 6, np.random.default_rng(seed))}
    assert kinds == {
        "letter",
        "note",
        "arrow",
        "measure",
        "line",
        "ring",
        "frame",
        "underline",
        "plate",
        "crop marks",
        "axis",
        "seam",
    }


def test_boxes_hold_the_ink() -> None:
    for seed in range(30):
        place = scatter()
        drawn = add_distractors(place, 1, np.random.default_rng(seed))
        changed = np.argwhere(np.abs(place.canvas.pixels.astype(int) - 60).max(-1) > 40)
        if not drawn:
            assert not changed.size
            continue
        (top, left), (bottom, right) = changed.min(0), changed.max(0) + 1
        box = drawn[0].thing.box
        reach = 14
        assert box[0] - reach <= left and right <= box[2] + reach
        assert box[1] - reach <= top and bottom <= box[3] + reach


def test_distractors_do_not_cover_each_other() -> None:
    for seed in range(20):
        boxes = [drawing.thing.box for drawing in add_distractors(scatter(), 8, np.random.default_rng(seed))]
        assert not any(overlap(one, other) for index, one in enumerate(boxes) for other in boxes[:index])


def test_measures_are_never_level() -> None:
    """A level line with a length beside it is a scale bar to any reader."""
    for seed in range(60):
        for drawing in add_distractors(scatter(), 5, np.random.default_rng(seed)):
            if drawing.thing.kind in {"measure", "line"}:
                assert drawing.thing.box[3] - drawing.thing.box[1] > 8


def test_text_is_left_out_where_there_is_no_room() -> None:
    place = scatter()
    place.taken.append((0, 0, 700, 500))
    assert draw_text(place, "a", "top left", 20, None, np.random.default_rng(0)) is None
    assert draw_text(place, "a", "anywhere", 20, None, np.random.default_rng(0)) is None
    assert (place.canvas.pixels == 60).all()
