"""Versions of a layer: moments that were kept under a name, or by what happened; restored, and compared."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select

from uniaims._kernels import label_tiles
from uniaims.boxes import Box
from uniaims.engine.blobs import Blobs
from uniaims.engine.database import Database
from uniaims.engine.layers import log
from uniaims.engine.layers.editing import Author, EditResult
from uniaims.engine.layers.instances import Rows
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.manifest import Manifest, read_manifest
from uniaims.engine.layers.replacing import Replacement
from uniaims.engine.layers.state import read_state, window_of
from uniaims.engine.layers.tile import DecodedTiles, Tile, background
from uniaims.engine.projects import checked_name
from uniaims.engine.tables import snapshots
from uniaims.labels import Labels


@dataclass(frozen=True)
class Version:
    """A kept moment of a layer."""

    id: int
    layer_id: int
    seq: int
    kind: str
    name: str | None
    instance_count: int
    author_id: int | None
    created_ms: int


@dataclass(frozen=True, eq=False)
class Difference:
    """What is different in a later version; instances are the same if their numbers are.

    Attributes:
        added: (A,) numbers of instances that only the later one has.
        removed: (R,) those that only the earlier one has.
        changed: (C,) those that have other pixels.
        iou: (C,) of the pixels that these have before and after, 0..1.
    """

    added: Labels
    removed: Labels
    changed: Labels
    iou: NDArray[np.float64]


class Versions:
    """The versions of a layer."""

    def __init__(self, layer: Layer, database: Database, blobs: Blobs) -> None:
        self._layer = layer
        self._database = database
        self._blobs = blobs

    def all(self) -> list[Version]:
        """All of them, the newest first."""
        wanted = select(snapshots).where(snapshots.c.layer_id == self._layer.id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(snapshots.c.seq.desc(), snapshots.c.id.desc()))
            return [_version(row) for row in rows]

    def version(self, version_id: int) -> Version:
        """One of them.

        Raises:
            NotFoundError: if the layer has none of this id.
        """
        return _version(self._row(version_id))

    def keep(self, name: str, author: Author) -> Version:
        """Keep the layer as it is now under a name.

        Raises:
            SettingsError: if that is no name.
        """
        return self.version(self._layer.snapshot("named", checked_name(name, "version"), author.account_id))

    def restore(self, version_id: int, author: Author, edit_id: str = "") -> EditResult:
        """Make the layer what it was; that is an edit, and can be undone.

        Raises:
            NotFoundError: if the layer has no such version.
        """
        return self._layer.replace(Replacement(self._row(version_id).manifest, "restored", "restore"), author, edit_id)

    def labels(self, version_id: int, box: Box | None = None) -> Labels:
        """The numbers (h, w) in a box of a version, or of all of it.

        Raises:
            NotFoundError: if the layer has no such version.
        """
        state = read_state(self._row(version_id).manifest, {}, self._blobs, DecodedTiles())
        return window_of(state, (box or Box.whole(self._layer.shape)).clipped(self._layer.shape))

    def rows(self, version_id: int) -> Rows:
        """The instances of a version that were there.

        Raises:
            NotFoundError: if the layer has no such version.
        """
        rows = read_manifest(self._row(version_id).manifest, self._blobs).rows(self._blobs)
        return rows[rows["area"] > 0]

    def difference(self, earlier_id: int, later_id: int) -> Difference:
        """What changed from one version to another; only tiles that differ are looked into.

        Raises:
            NotFoundError: if the layer has no such versions.
        """
        earlier, later = (read_manifest(self._row(each).manifest, self._blobs) for each in (earlier_id, later_id))
        return _difference(earlier, later, self._blobs)

    def _row(self, version_id: int) -> Row[Any]:
        with self._database.read() as connection:
            return log.snapshot(connection, self._layer.id, version_id)


def _difference(earlier: Manifest, later: Manifest, blobs: Blobs) -> Difference:
    before, after = (_areas(each.rows(blobs)) for each in (earlier, later))
    size = max(len(before), len(after))
    lost, gained = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for place in earlier.tiles[0].keys() | later.tiles[0].keys():
        names = earlier.tiles[0].get(place), later.tiles[0].get(place)
        if names[0] != names[1]:
            old, new = (Tile(name).pixels(blobs) if name else background() for name in names)
            label_tiles.count_changes(old, new, lost, gained)
    before, after = (np.pad(areas, (0, size - len(areas))) for areas in (before, after))
    changed = np.flatnonzero((before > 0) & (after > 0) & (lost + gained > 0))
    shared = before[changed] - lost[changed]
    return Difference(
        np.flatnonzero((before == 0) & (after > 0)).astype(np.uint32),
        np.flatnonzero((before > 0) & (after == 0)).astype(np.uint32),
        changed.astype(np.uint32),
        shared / (after[changed] + lost[changed]),
    )


def _areas(rows: Rows) -> NDArray[np.int64]:
    """Areas by number."""
    areas = np.zeros(int(rows["number"].max(initial=0)) + 1, np.int64)
    areas[rows["number"]] = rows["area"]
    return areas


def _version(row: Row[Any]) -> Version:
    return Version(**{name: getattr(row, name) for name in Version.__dataclass_fields__})
