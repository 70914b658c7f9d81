"""Tiles: the plan covers the image, seams don't show, memory and order are as promised."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uniaims.errors import SettingsError
from uniaims.tiles import Encoding, TileFunction, map_tiles, plan_tiles
from uniaims.tiling import Tiling

BYTE = (Encoding("uint8", 255.0),)
Image = NDArray[np.float32]


def waves(height: int, width: int) -> Image:
    rows, columns = np.mgrid[:height, :width]
    return (0.5 + 0.5 * np.sin(rows / 7) * np.cos(columns / 11)).astype(np.float32)


def same(tiles: Image) -> Image:
    return tiles


def counting(function: TileFunction, shapes: list[tuple[int, ...]]) -> TileFunction:
    def count(tiles: Image) -> Image:
        shapes.append(tiles.shape)
        return function(tiles)

    return count


@given(
    st.integers(1, 700),
    st.integers(1, 700),
    st.integers(64, 256),
    st.integers(0, 32),
    st.sampled_from([1, 8, 32]),
)
def test_plan_covers_every_pixel_and_overlaps_only_in_pairs(
    height: int, width: int, tile: int, overlap: int, multiple: int
) -> None:
    plan = plan_tiles((height, width), Tiling(tile, overlap, multiple))
    covered = np.zeros((height, width), int)
    for rows, columns in plan.windows():
        covered[rows, columns] += 1
    assert covered.min() >= 1
    assert covered.max() <= 4  # where four tiles meet
    assert len(plan) == len(list(plan.windows()))


@given(st.integers(1, 2000), st.integers(64, 300), st.integers(0, 32), st.sampled_from([1, 16, 32]))
def test_tiles_fit_the_stride_and_the_limit(length: int, tile: int, overlap: int, multiple: int) -> None:
    plan = plan_tiles((length, length), Tiling(tile, overlap, multiple))
    assert plan.size[0] % multiple == 0
    assert all(top % multiple == 0 for top in plan.tops)
    assert plan.size[0] <= max(tile, multiple, 2 * plan.overlap)
    assert all(later - earlier + plan.overlap == plan.size[0] for earlier, later in pairwise(plan.tops))


def test_tiles_are_balanced_instead_of_leaving_a_sliver() -> None:
    plan = plan_tiles((1030, 1030), Tiling(1024, 64, 32))
    assert plan.size == (576, 576)
    assert len(plan) == 4


@given(st.integers(1, 200), st.integers(1, 200), st.integers(32, 90), st.integers(0, 16), st.integers(1, 5))
def test_seams_do_not_show(height: int, width: int, tile: int, overlap: int, batch: int) -> None:
    image = waves(height, width)
    (mapped,) = map_tiles(same, image, BYTE, Tiling(tile, overlap, 8, batch))
    assert mapped.shape == image.shape
    assert np.abs(mapped.astype(int) - np.rint(image * 255)).max() <= 1  # rounding at a tie
    assert np.mean(mapped != np.rint(image * 255)) < 0.01


def test_blend_is_gradual_where_tiles_disagree() -> None:
    values = iter([0.0, 1.0])

    def constant(tiles: Image) -> Image:
        return np.full_like(tiles, next(values))

    (mapped,) = map_tiles(constant, np.zeros((16, 112), np.float32), (Encoding("uint8", 200.0),), Tiling(64, 16))
    steps = np.diff(mapped[3].astype(int))
    assert mapped[3, 0] == 0
    assert mapped[3, -1] == 200
    assert steps.min() >= 0
    assert 0 < steps.max() <= 200 * np.pi / 2 / 16 + 1


def test_edges_are_reflected_up_to_the_stride() -> None:
    seen: list[Image] = []

    def keep(tiles: Image) -> Image:
        seen.append(tiles)
        return tiles

    image = waves(10, 13)
    map_tiles(keep, image, BYTE, Tiling(64, 0, 8))
    assert seen[0].shape == (1, 1, 16, 16)
    np.testing.assert_array_equal(seen[0][0, 0, :10, 13], image[:, 11])
    np.testing.assert_array_equal(seen[0][0, 0, 10, :13], image[8])


def test_one_pixel_is_enough() -> None:
    (mapped,) = map_tiles(same, np.full((1, 1), 0.5, np.float32), BYTE, Tiling(64, 8, 32))
    assert mapped.tolist() == [[128]]


def test_channels_are_stored_as_asked() -> None:
    def three(tiles: Image) -> Image:
        return np.concatenate([tiles, -tiles, 3 * tiles], axis=1)

    encodings = (Encoding("uint8", 255.0), Encoding("int8", 127.0, channels=2))
    first, pair = map_tiles(three, np.ones((40, 50), np.float32), encodings, Tiling(32, 8))
    assert (first.dtype, first.shape) == (np.uint8, (40, 50))
    assert (pair.dtype, pair.shape) == (np.int8, (2, 40, 50))
    assert (first == 255).all()
    assert (pair[0] == -127).all()
    assert (pair[1] == 127).all()  # clipped


def test_result_does_not_depend_on_the_batch() -> None:
    image = waves(150, 170)
    alone, together = (map_tiles(same, image, BYTE, Tiling(48, 16, 8, batch))[0] for batch in (1, 3))
    np.testing.assert_array_equal(alone, together)


def test_batches_have_the_size_asked_for() -> None:
    shapes: list[tuple[int, ...]] = []
    map_tiles(counting(same, shapes), waves(40, 200), BYTE, Tiling(64, 16, 8, batch=3))
    assert [shape[0] for shape in shapes] == [3, 1]


def test_windows_are_read_once_and_only_when_needed() -> None:
    windows: list[tuple[slice, slice]] = []

    class Source:
        shape = (100, 100)

        def __getitem__(self, window: tuple[slice, slice]) -> Image:
            windows.append(window)
            return np.zeros((100, 100), np.float32)[window]

    seen: list[int] = []
    map_tiles(
        counting(same, []), Source(), BYTE, Tiling(64, 16), lambda _stage, done, _total: seen.append(len(windows))
    )
    assert seen == [1, 2, 3, 4]


def test_progress_counts_tiles() -> None:
    told: list[tuple[str, int, int]] = []
    map_tiles(same, waves(100, 100), BYTE, Tiling(64, 16), lambda *step: told.append(step))
    assert told == [("network", done, 4) for done in (1, 2, 3, 4)]


def test_function_is_given_float32() -> None:
    def check(tiles: Image) -> Image:
        assert tiles.dtype == np.float32
        return tiles

    map_tiles(check, np.zeros((20, 20), np.uint16), BYTE)


@pytest.mark.parametrize(
    "make",
    [lambda: Tiling(0), lambda: Tiling(64, 40), lambda: Tiling(64, -1), lambda: plan_tiles((0, 5))],
    ids=["no tile", "overlap above half", "negative overlap", "no pixels"],
)
def test_what_cannot_be_tiled_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(SettingsError, match="wanted"):
        make()
