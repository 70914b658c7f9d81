"""Bar and label stand to each other as the style says."""

import numpy as np
import pytest

from uniaims.synthesis.scalebars.groups import Group, ink_for, opposite_ink, plan_group
from uniaims.synthesis.scalebars.lengths import Length
from uniaims.synthesis.scalebars.looks import BLACK, WHITE, YELLOW, BarLook, LabelLook, Style
from uniaims.synthesis.scalebars.typefaces import Face, Lettering

AILERON = Lettering(Face("pillow", "aileron", "sans"))


def grouped(place: str, bar: BarLook | None = None, length_px: float = 200.0) -> Group:
    style = Style("own", "own", bar or BarLook(), LabelLook(places=(place,)))
    return plan_group(style, Length(500, length_px, 500, "nm"), "500 nm", 20, AILERON, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("place", "side"),
    [
        ("above", (0, -1)),
        ("below", (0, 1)),
        ("left", (-1, 0)),
        ("right", (1, 0)),
        ("under right", (1, 1)),
        ("under left", (-1, 1)),
    ],
)
def test_places(place: str, side: tuple[int, int]) -> None:
    group = grouped(place)
    assert group.letters is not None
    across = group.label_at[0] + group.letters.width / 2 - 100
    down = group.label_at[1] + group.letters.height / 2
    assert (abs(across) > 2) == bool(side[0]) and (across > 0) == (side[0] > 0)
    assert (abs(down) > 2) == bool(side[1]) and (side[1] == 0 or (down > 0) == (side[1] > 0))


def test_a_bar_too_short_for_its_label_has_it_above() -> None:
    assert not grouped("inside", length_px=40).inside
    assert grouped("inside").inside
    assert grouped("split", BarLook("arrow ticked")).label_at[1] < -10
    short = grouped("split", BarLook("split ticked"), 40)
    assert short.bar.kind == "ticked" and short.label_at[1] < -10


def test_no_label() -> None:
    group = grouped("none")
    assert group.letters is None
    assert group.box[2] - group.box[0] == 200


def test_snapped_bars_end_on_whole_pixels() -> None:
    assert grouped("above", length_px=133.4).bar.length_px == 133
    assert grouped("above", BarLook(sub_pixel=True), 133.4).bar.length_px == 133.4


def test_ink_is_seen() -> None:
    rng = np.random.default_rng(0)
    for level in (0, 60, 128, 200, 255):
        for _ in range(20):
            ink = ink_for((WHITE, BLACK), level, rng)
            assert abs(ink[0] - level) > 70
    assert opposite_ink(YELLOW) == BLACK and opposite_ink(BLACK) == WHITE
