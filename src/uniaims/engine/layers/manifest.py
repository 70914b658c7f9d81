"""A manifest names the tiles and the instances of a layer at one moment; snapshots share what did not change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from uniaims.engine.blobs import Blobs, hash_of
from uniaims.engine.layers.instances import Rows, decode_rows, encode_rows
from uniaims.engine.layers.levels import Levels
from uniaims.engine.layers.tile import Place, Tile, named
from uniaims.errors import DataFolderError

FORM = 1
PAGE_TILES = 256
"""A page names so many tiles of one level, in raster order."""
_NAME_BYTES = 32
_NONE = bytes(_NAME_BYTES)


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is made of.

    Attributes:
        seq: number of the last edit in it.
        instances: blob of the rows.
        tiles: names of the tiles that are not all background, by level.
    """

    height: int
    width: int
    seq: int
    instances: str
    tiles: tuple[Mapping[Place, str], ...]

    @cached_property
    def levels(self) -> Levels:
        """The grid of the tiles."""
        return Levels(self.height, self.width)

    def rows(self, blobs: Blobs) -> Rows:
        """The instances.

        Raises:
            DataFolderError: if the blob is damaged.
        """
        return decode_rows(blobs.get(self.instances))


def write_manifest(
    shape: tuple[int, int], seq: int, rows: Rows, levels: tuple[Mapping[Place, Tile], ...], blobs: Blobs
) -> tuple[str, tuple[Mapping[Place, Tile], ...]]:
    """Keep a snapshot, what is not kept yet of it: its name, and the tiles by level, all of which have names now."""
    fresh: dict[str, bytes] = {}
    kept: list[dict[Place, Tile]] = [{} for _ in levels]
    for tiles, done in zip(levels, kept, strict=True):
        for place, tile in tiles.items():
            if tile.name and not tile.painted:
                done[place] = tile
            elif (found := named(tile, blobs)) is not None:
                done[place], fresh[found[0].name] = found
    table = encode_rows(rows)
    fresh[hash_of(table)] = table
    grid = Levels(*shape)
    pages = [_pages(grid.grid(level), kept[level], fresh) for level in range(grid.count)]
    root = {
        "form": FORM,
        "height": shape[0],
        "width": shape[1],
        "seq": seq,
        "instances": hash_of(table),
        "pages": pages,
    }
    data = json.dumps(root, sort_keys=True).encode()
    fresh[hash_of(data)] = data
    blobs.put_named(fresh)
    return hash_of(data), tuple(kept)


def read_manifest(name: str, blobs: Blobs) -> Manifest:
    """The manifest of a name.

    Raises:
        NotFoundError: if a blob is missing.
        DataFolderError: if one is damaged.
    """
    try:
        root = json.loads(blobs.get(name))
        grid = Levels(root["height"], root["width"])
        tiles = tuple(
            _tiles(grid.grid(level)[1], [page and blobs.get(page) for page in pages])
            for level, pages in enumerate(root["pages"])
        )
        return Manifest(root["height"], root["width"], root["seq"], root["instances"], tiles)
    except (ValueError, KeyError, TypeError) as error:
        raise DataFolderError(f"the manifest {name} is damaged ({error}): bring it back from a backup.") from error


def _pages(grid: tuple[int, int], tiles: Mapping[Place, Tile], fresh: dict[str, bytes]) -> list[str]:
    """Names of the pages of one level, which go into ``fresh``; empty where all is background."""
    rows, columns = grid
    names = [
        bytes.fromhex(tiles[place].name) if place in tiles else _NONE
        for place in ((index // columns, index % columns) for index in range(rows * columns))
    ]
    pages = [b"".join(names[start : start + PAGE_TILES]) for start in range(0, len(names), PAGE_TILES)]
    fresh.update({hash_of(page): page for page in pages if any(page)})
    return [hash_of(page) if any(page) else "" for page in pages]


def _tiles(columns: int, pages: list[bytes | str]) -> dict[Place, str]:
    """Names of the tiles of one level by place."""
    found: dict[Place, str] = {}
    for number, page in enumerate(pages):
        if isinstance(page, str):
            continue
        for index in range(len(page) // _NAME_BYTES):
            name = page[index * _NAME_BYTES : (index + 1) * _NAME_BYTES]
            if name != _NONE:
                found[divmod(number * PAGE_TILES + index, columns)] = name.hex()
    return found
