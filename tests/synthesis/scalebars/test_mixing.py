"""Mixtures are made of the styles they are given, differ from all of them, and can be drawn."""

import numpy as np
import pytest

from uniaims.synthesis.scalebars import STYLES, draw_scalebar, mixed_style, training_styles

RULERS = {"dots", "ruler", "ruler lined"}


def mixtures(count: int):
    return [mixed_style(training_styles(), np.random.default_rng(seed)) for seed in range(count)]


def test_mixtures_vary_in_every_part() -> None:
    styles = mixtures(200)
    assert {style.bar.parts for style in styles} > {3, 5, 10, 20}
    assert {style.bar.even for style in styles} == {True, False}
    assert {bool(style.strip.ground) for style in styles if style.strip is not None} == {True, False}
    rulers = [style for style in styles if style.bar.kind in RULERS]
    assert 0.2 < len(rulers) / len(styles) < 0.6
    assert {style.strip is None for style in rulers} == {True, False}
    assert not any(style in STYLES.values() for style in styles)


def test_parts_come_from_the_styles_named() -> None:
    one = mixed_style(("arial thin",), np.random.default_rng(0))
    assert one.strip is None
    assert one.label.roles == STYLES["arial thin"].label.roles
    assert one == mixed_style(("arial thin",), np.random.default_rng(0))


@pytest.mark.parametrize("seed", range(25))
def test_what_is_asked_for_is_drawn_and_lies_in_the_picture(seed: int) -> None:
    rng = np.random.default_rng((9, seed))
    style = mixed_style(training_styles(), rng)
    drawn = draw_scalebar(np.full((360, 480), 110, np.uint8), style, rng)
    height, width = drawn.image.shape[:2]
    bar = drawn.truth.bar
    assert bar is not None or style.barless
    for box in [] if bar is None else [bar.box, *([bar.text_box] if bar.text_box else [])]:
        assert box[0] > -3 and box[1] > -3 and box[2] < width + 3 and box[3] < height + 3
