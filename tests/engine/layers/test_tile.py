"""Tiles: what goes in comes out, and damaged bytes are told."""

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.engine.blobs import FolderBlobs, hash_of
from uniaims.engine.layers.tile import EMPTY, TILE_PX, DecodedTiles, Tile, named, padded, tile_of
from uniaims.errors import DataFolderError

_BLOBS = FolderBlobs("nowhere")


def _pixels(seed, block=16):
    numbers = np.random.default_rng(seed).integers(0, 2**32, (TILE_PX // block, TILE_PX // block), np.uint64)
    return np.kron(numbers, np.ones((block, block), np.uint64)).astype(np.uint32)


@pytest.mark.parametrize("block", [1, 4, 512])
def test_pixels_come_back(block):
    pixels = _pixels(block, block)
    tile = tile_of(pixels)
    assert (tile.pixels(_BLOBS) == pixels).all()
    kept, data = named(tile, _BLOBS)
    assert kept.name == hash_of(tile.runs(_BLOBS))
    assert data == tile.data


def test_background_is_not_stored():
    assert tile_of(np.zeros((TILE_PX, TILE_PX), np.uint32)) is None
    assert (Tile(data=imagecodecs.zstd_encode(EMPTY)).pixels(_BLOBS) == 0).all()


def test_the_name_is_that_of_the_runs_whatever_compresses_them():
    tile = tile_of(_pixels(1))
    other = Tile(data=imagecodecs.zstd_encode(tile.runs(_BLOBS), 19))
    assert other.data != tile.data
    assert named(other, _BLOBS)[0].name == named(tile, _BLOBS)[0].name


_RUNS = {
    "cut off": EMPTY[:7],
    "too short": np.array([[5, 1]], "<u4").tobytes(),
    "too long": np.array([[TILE_PX**2, 1], [1, 2]], "<u4").tobytes(),
    "around the world": np.array([[2**32 - 1, 1]] * 2, "<u4").tobytes(),
    "a bomb": bytes(64 << 20),
}


@pytest.mark.parametrize("runs", _RUNS.values(), ids=_RUNS)
def test_damaged_runs_are_told(runs):
    with pytest.raises(DataFolderError, match="damaged"):
        Tile(data=imagecodecs.zstd_encode(runs)).pixels(_BLOBS)


@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_are_a_tile_or_told(data):
    with pytest.raises(DataFolderError, match="damaged"):
        Tile(data=data).pixels(_BLOBS)


def test_only_the_last_used_stay_decoded():
    decoded, tiles = DecodedTiles(2), [tile_of(_pixels(seed, 128)) for seed in range(3)]
    first = decoded.pixels(tiles[0], _BLOBS)
    assert decoded.pixels(tiles[0], _BLOBS) is first
    assert not first.flags.writeable
    for tile in tiles[1:]:
        decoded.pixels(tile, _BLOBS)
    assert decoded.pixels(tiles[0], _BLOBS) is not first


def test_border_tiles_are_filled_up():
    whole = padded(np.ones((3, 5), np.uint32))
    assert whole.shape == (TILE_PX, TILE_PX)
    assert whole.sum() == 15


@pytest.mark.parametrize("most", [0, 2048])
def test_what_is_painted_over_a_tile_is_in_its_pixels_runs_and_name(monkeypatch, most):
    monkeypatch.setattr("uniaims.engine.layers.tile._MOST_PAINTED", most)
    first = np.array([[512, 3, 9, 0, 5], [513, 0, 4, 0, 6]], np.int64)  # of the tile below the first one
    over = np.array([[512, 5, 2, 5, 7]], np.int64)
    wanted = np.zeros((TILE_PX, TILE_PX), np.uint32)
    wanted[0, 3:12], wanted[1, :4], wanted[0, 5:7] = 5, 6, 7
    tile = Tile().under([first]).under([over], wanted)
    assert bool(tile.painted) == (most > 0)
    assert (tile.pixels(_BLOBS) == wanted).all()
    assert named(tile, _BLOBS)[0].name == named(tile_of(wanted), _BLOBS)[0].name
    gone = np.array([[512, 3, 9, 5, 0], [513, 0, 4, 6, 0]], np.int64)
    assert named(tile.under([gone], np.zeros_like(wanted)), _BLOBS) is None
