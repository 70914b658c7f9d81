"""Levels: their grid, and that every instance that has room is seen at each of them."""

import numpy as np
import pytest

from uniaims.engine.blobs import FolderBlobs
from uniaims.engine.layers.ingest import write_empty, write_labels
from uniaims.engine.layers.instances import measured_rows
from uniaims.engine.layers.levels import Levels, coarser, shapes_of
from uniaims.engine.layers.manifest import read_manifest
from uniaims.engine.layers.tile import TILE_PX, DecodedTiles, Tile, padded


@pytest.mark.parametrize(
    ("shape", "count"), [((1, 1), 1), ((512, 512), 1), ((513, 1), 2), ((1024, 1025), 3), ((8192, 8192), 5)]
)
def test_in_the_last_level_one_tile_holds_all(shape, count):
    levels = Levels(*shape)
    assert levels.count == count
    assert levels.grid(count - 1) == (1, 1)
    assert levels.grid(0) == (-(-shape[0] // TILE_PX), -(-shape[1] // TILE_PX))
    assert count == 1 or levels.grid(count - 2) != (1, 1)
    assert not levels.holds(count, (0, 0))
    assert not levels.holds(0, (-1, 0))


def test_tiles_below_are_those_that_are_there():
    levels = Levels(513, 1500)
    assert list(levels.below(1, (0, 1))) == [(0, 0, (0, 2)), (1, 0, (1, 2))]


def _specks(side=1100, step=11):
    """Instances of one to nine pixels, as many as there is room for at 1:8."""
    labels = np.zeros((side, side), np.uint32)
    rng = np.random.default_rng(3)
    for number, (y, x) in enumerate(np.ndindex(side // step, side // step), 1):
        height, width = rng.integers(1, 4, 2)
        labels[y * step : y * step + height, x * step : x * step + width] = number
    return labels


def test_every_instance_is_seen_at_every_level(tmp_path):
    labels, blobs = _specks(), FolderBlobs(tmp_path)
    manifest = read_manifest(write_labels(labels, blobs), blobs)
    rows, count = manifest.rows(blobs), int(labels.max())
    assert len(rows) == count
    for tiles in manifest.tiles:
        seen = np.concatenate([np.unique(Tile(name).pixels(blobs)) for name in tiles.values()])
        assert len(set(seen.tolist()) - {0}) == count


def test_a_tile_made_alone_is_the_one_of_the_whole(tmp_path):
    labels, blobs = _specks(1100, 9), FolderBlobs(tmp_path)
    manifest = read_manifest(write_labels(labels, blobs), blobs)
    shapes, decoded = shapes_of(measured_rows(labels)), DecodedTiles()
    for (y, x), name in manifest.tiles[1].items():
        fine = padded(labels[y * 1024 : (y + 1) * 1024, x * 1024 : (x + 1) * 1024], 2 * TILE_PX)
        assert (coarser(fine, 1, (y, x), shapes) == decoded.pixels(Tile(name), blobs)).all()


def test_snapshots_share_tiles_and_pages(tmp_path):
    labels, blobs = _specks(), FolderBlobs(tmp_path)
    write_labels(labels, blobs)
    known = {path.name for path in blobs.folder.rglob("*") if path.is_file()}
    labels[0, 0] = 0
    write_labels(labels, blobs)
    fresh = {path.name for path in blobs.folder.rglob("*") if path.is_file()} - known
    assert len(fresh) == 4  # a tile, its page, the rows, the manifest: coarser levels look as before


def test_an_empty_layer_costs_no_tile(tmp_path):
    blobs = FolderBlobs(tmp_path)
    manifest = read_manifest(write_empty((3000, 4000), blobs), blobs)
    assert (manifest.height, manifest.width, len(manifest.tiles)) == (3000, 4000, 4)
    assert not any(manifest.tiles)
    assert not len(manifest.rows(blobs))
