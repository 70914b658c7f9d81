"""The ends that the truth names are where the pixels say they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uniaims.synthesis.scalebars.bars import BarPlan, bar_extent, draw_bar
from uniaims.synthesis.scalebars.canvas import Canvas
from uniaims.synthesis.scalebars.looks import BAR_KINDS

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
EDGED = ("plain", "hollow", "segmented", "dashed", "striped", "split")
TICKED = ("ticked", "graduated", "bracket", "split ticked", "ruler", "ruler lined", "arrow ticked")
NEAR_PX = 0.1


def drawn(plan: BarPlan) -> NDArray[np.float64]:
    """The bar on black, bars along y turned to run along x."""
    canvas = Canvas(np.zeros((240, 240, 3), np.uint8))
    draw_bar(canvas, plan, WHITE, BLACK)
    pixels = canvas.pixels[..., 0].astype(float)
    return pixels.T if plan.vertical else pixels


def crossings(profile: NDArray[np.float64]) -> tuple[float, float]:
    """First and last place where the profile crosses half of its height."""
    level = profile.max() / 2
    above = np.flatnonzero(profile > level)
    first, last = int(above[0]), int(above[-1])
    rise = (level - profile[first - 1]) / (profile[first] - profile[first - 1])
    fall = (profile[last] - level) / (profile[last] - profile[last + 1])
    return first - 0.5 + rise, last + 0.5 + fall


def plan_of(kind: str, start: float, length: float, thickness: float = 4.0, vertical: bool = False) -> BarPlan:
    place = (120.0, start) if vertical else (start, 120.0)
    return BarPlan(
        kind,
        place,
        length,
        thickness,
        tick_px=15.0,
        parts=5 if kind == "segmented" else 10,
        gap_px=40.0,
        vertical=vertical,
    )


@pytest.mark.parametrize("kind", EDGED)
@given(start=st.floats(20, 40), length=st.floats(80, 180), vertical=st.booleans())
def test_edges_are_half_crossings(kind: str, start: float, length: float, vertical: bool) -> None:
    pixels = drawn(plan_of(kind, start, length, vertical=vertical))
    left, right = crossings(pixels[118])
    assert left == pytest.approx(start, abs=NEAR_PX)
    assert right == pytest.approx(start + length, abs=NEAR_PX)


@pytest.mark.parametrize("kind", TICKED)
@given(start=st.floats(20, 40), length=st.floats(80, 180), thickness=st.floats(1.0, 5.0), vertical=st.booleans())
def test_ends_are_centres_of_the_ticks(
    kind: str, start: float, length: float, thickness: float, vertical: bool
) -> None:
    pixels = drawn(plan_of(kind, start, length, thickness, vertical))
    row = 131 if kind.startswith("ruler") else 113
    profile = pixels[row]
    half = round(start + length / 2)
    places = np.arange(profile.size) + 0.5
    for span, end in ((slice(0, half - 30), start), (slice(half + 30, None), start + length)):
        tick = profile[span] * (np.abs(places[span] - end) < 5)
        assert (tick * places[span]).sum() / tick.sum() == pytest.approx(end, abs=NEAR_PX)


@given(start=st.floats(20, 40), length=st.floats(80, 180), vertical=st.booleans())
def test_ends_are_centres_of_the_dots(start: float, length: float, vertical: bool) -> None:
    pixels = drawn(
        BarPlan("dots", (120.0, start) if vertical else (start, 120.0), length, 3.0, tick_px=6.0, vertical=vertical)
    )
    profile = pixels.sum(0)
    places = np.arange(profile.size) + 0.5
    for end in (start, start + length):
        dot = profile * (np.abs(places - end) < 4)
        assert (dot * places).sum() / dot.sum() == pytest.approx(end, abs=NEAR_PX)


@given(start=st.floats(20, 40), length=st.floats(80, 180))
def test_ends_are_the_tips_of_the_arrow(start: float, length: float) -> None:
    """At a tip the ink is narrower than a pixel: half of it appears within half a pixel."""
    profile = drawn(plan_of("arrow", start, length, 2.0)).sum(0)
    inked = np.flatnonzero(profile > 0.25 * 255)
    assert inked[0] == pytest.approx(start, abs=1.0)
    assert inked[-1] + 1 == pytest.approx(start + length, abs=1.0)


@given(start=st.floats(20, 40), length=st.floats(80, 180))
def test_round_ends_reach_the_ends(start: float, length: float) -> None:
    profile = drawn(plan_of("rounded", start, length, 5.0))[120]
    left, right = crossings(profile)
    assert left == pytest.approx(start, abs=0.25)
    assert right == pytest.approx(start + length, abs=0.25)


@pytest.mark.parametrize("kind", BAR_KINDS)
@pytest.mark.parametrize("vertical", [False, True])
def test_all_ink_lies_in_the_box(kind: str, vertical: bool) -> None:
    plan = plan_of(kind, 30.3, 150.7, vertical=vertical)
    canvas = Canvas(np.zeros((240, 240, 3), np.uint8))
    box = draw_bar(canvas, plan, WHITE, BLACK, rim_px=0.0)
    assert box == bar_extent(plan)
    rows, columns = np.nonzero(canvas.pixels[..., 0] > 20)
    assert columns.min() >= box[0] - 1 and columns.max() + 1 <= box[2] + 1
    assert rows.min() >= box[1] - 1 and rows.max() + 1 <= box[3] + 1
    assert columns.min() <= box[0] + 1.5 and columns.max() + 1 >= box[2] - 1.5


def test_a_rim_has_the_opposite_ink_and_widens_the_box() -> None:
    canvas = Canvas(np.full((240, 240, 3), 100, np.uint8))
    box = draw_bar(canvas, plan_of("plain", 40, 100), WHITE, BLACK, rim_px=2.0)
    assert box == (38, 116, 142, 124)
    assert canvas.pixels[117, 90, 0] == 0
    assert canvas.pixels[120, 90, 0] == 255


def test_a_ruler_has_eleven_ticks_three_of_them_long() -> None:
    pixels = drawn(plan_of("ruler", 20, 200))
    counts = [int((np.diff((pixels[row] > 127).astype(int)) == 1).sum()) for row in (122, 131)]
    assert counts == [11, 3]


def test_snapped_ticks_stand_on_whole_pixels() -> None:
    plan = BarPlan("ruler", (20.5, 120.5), 97.0, 1.0, 8.0, snapped=True)
    assert set(np.unique(drawn(plan))) == {0.0, 255.0}


@pytest.mark.parametrize(("kind", "row"), [("ruler", 131), ("dots", 123)])
def test_marks_of_an_even_ruler_are_all_alike(kind: str, row: int) -> None:
    """In a row that only the larger marks of the others reach there are five marks of four intervals, not three."""
    counts = []
    for even in (False, True):
        tick_px = 16.0 if kind == "ruler" else 8.0
        pixels = drawn(BarPlan(kind, (20.0, 120.0), 200.0, 4.0, tick_px, parts=4, even=even))
        ink = pixels[row] > 128
        counts.append(int((ink[1:] & ~ink[:-1]).sum()))
    assert counts == [3, 5]
