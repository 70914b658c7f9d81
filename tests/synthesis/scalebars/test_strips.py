"""Strips fit the image, and their texts stand where the truth says."""

import numpy as np
import pytest

from uniaims.synthesis.scalebars import STYLES, draw_scalebar
from uniaims.synthesis.scalebars.canvas import overlap

STRIPS = [name for name, style in STYLES.items() if style.strip is not None]


@pytest.mark.parametrize("name", STRIPS)
@pytest.mark.parametrize("width", [512, 1280])
def test_texts_do_not_run_into_each_other(name: str, width: int) -> None:
    truth = draw_scalebar(np.zeros((400, width), np.uint8), name, np.random.default_rng(width)).truth
    bar = truth.bars[0]
    assert bar.text_box is not None and bar.text is not None
    boxes = [text.box for text in truth.texts] + [bar.box]
    boxes += [] if bar.kind.startswith("split") else [bar.text_box]
    joined = [(one, other) for index, one in enumerate(boxes) for other in boxes[:index] if overlap(one, other)]
    assert not joined


@pytest.mark.parametrize("name", STRIPS)
def test_strips_of_narrow_images_keep_their_bar(name: str) -> None:
    drawn = draw_scalebar(np.zeros((200, 140), np.uint8), name, np.random.default_rng(0))
    bar = drawn.truth.bars[0]
    assert bar.box[0] >= 0 and bar.box[2] <= 140
    assert bar.text_box is not None and bar.text_box[2] <= 141


def test_a_strip_tells_the_field_width_of_its_image() -> None:
    truth = draw_scalebar(np.zeros((700, 1000), np.uint8), "fei dated table", np.random.default_rng(0), 4.0).truth
    assert "4.00 um" in {text.text.replace("µ", "u") for text in truth.texts}


def test_a_split_bar_leaves_room_for_its_label() -> None:
    for seed in range(10):
        bar = draw_scalebar(np.zeros((400, 900), np.uint8), "fei table", np.random.default_rng(seed)).truth.bars[0]
        assert bar.text_box is not None
        assert bar.start[0] < bar.text_box[0] and bar.text_box[2] < bar.end[0]
