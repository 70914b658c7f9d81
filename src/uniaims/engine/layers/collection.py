"""The layers of a data folder: each is opened once, and stays open."""

from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from uniaims.engine.blobs import Blobs
from uniaims.engine.database import Database, now_ms
from uniaims.engine.layers import log
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.manifest import read_manifest
from uniaims.engine.layers.tile import DecodedTiles
from uniaims.engine.layers.versions import Versions
from uniaims.engine.tables import images, layers
from uniaims.errors import ConflictError, InputError, NotFoundError


@dataclass(frozen=True)
class LayerEntry:
    """What the database knows of a layer, without opening it."""

    id: int
    image_id: int
    kind: str
    seq: int


class Layers:
    """The layers of a data folder."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._decoded = DecodedTiles()
        self._open: dict[int, Layer] = {}
        self._lock = Lock()

    def add(self, image_id: int, manifest: str, kind: str = "main", account_id: int | None = None) -> int:
        """Give an image a layer that begins with a snapshot, see `ingest.write_labels`; its id.

        Raises:
            ConflictError: if the image has a main layer already.
            InputError: if the labels have another size than the image.
        """
        known = read_manifest(manifest, self._blobs)
        rows = known.rows(self._blobs)
        count, largest = int((rows["area"] > 0).sum()), int(rows["number"].max(initial=0))
        new = log.NewSnapshot(0, "ingest", manifest, count, largest, author_id=account_id)

        def unit(connection: Connection) -> int:
            _check_fits(connection, image_id, kind, (known.height, known.width))
            values = {"image_id": image_id, "kind": kind, "next_number": largest + 1, "created_ms": now_ms()}
            layer_id = int(connection.execute(insert(layers).values(values).returning(layers.c.id)).scalar_one())
            with self._lock:  # SQLite gives the id of a deleted layer to the next one
                self._open.pop(layer_id, None)
            log.add_snapshot(connection, layer_id, new)
            log.count_instances(connection, layer_id, count)
            return layer_id

        return self._database.write(unit)

    def open(self, layer_id: int) -> Layer:
        """A layer, opened now if it was not.

        Raises:
            NotFoundError: if there is none of this id.
        """
        with self._lock:
            if layer_id not in self._open:
                self._open[layer_id] = Layer(layer_id, self._database, self._blobs, self._decoded)
            return self._open[layer_id]

    def versions(self, layer_id: int) -> Versions:
        """The versions of a layer.

        Raises:
            NotFoundError: if there is none of this id.
        """
        return Versions(self.open(layer_id), self._database, self._blobs)

    def of_image(self, image_id: int) -> list[LayerEntry]:
        """The layers of an image, the main one first."""
        wanted = select(layers).where(layers.c.image_id == image_id).order_by(layers.c.kind != "main", layers.c.id)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(wanted)]

    def entry(self, layer_id: int) -> LayerEntry:
        """What is known of a layer.

        Raises:
            NotFoundError: if there is none of this id.
        """
        with self._database.read() as connection:
            row = connection.execute(select(layers).where(layers.c.id == layer_id)).first()
        if row is None:
            raise NotFoundError(f"there is no layer {layer_id}.")
        return _entry(row)

    def forget(self, layer_id: int) -> None:
        """Close a layer that is not needed for a while."""
        with self._lock:
            layer = self._open.pop(layer_id, None)
        if layer is not None:
            layer.close()

    def forget_deleted(self) -> None:
        """Close the layers that went with their image or project."""
        with self._database.read() as connection:
            there = set(connection.execute(select(layers.c.id)).scalars())
        for layer_id in set(self._open) - there:
            self.forget(layer_id)

    def close(self) -> None:
        """Close all layers."""
        for layer_id in list(self._open):
            self.forget(layer_id)

    def tidy(self) -> None:
        """Make snapshots of all open layers that were edited since their last one.

        Raises:
            OutputError: if the disk is full; nothing is lost, but opening takes longer.
        """
        with self._lock:
            edited = [layer for layer in self._open.values() if layer.edits_behind]
        for layer in edited:
            layer.snapshot()


def _check_fits(connection: Connection, image_id: int, kind: str, shape: tuple[int, int]) -> None:
    row = connection.execute(select(images).where(images.c.id == image_id)).first()
    if row is None:
        raise NotFoundError(f"there is no image {image_id}.")
    if (row.height_px, row.width_px) != shape:
        raise InputError(
            f"the labels are {shape[1]} x {shape[0]} px, but {row.name} is {row.width_px} x {row.height_px} px: "
            "give labels of this image."
        )
    main = select(layers.c.id).where(layers.c.image_id == image_id, layers.c.kind == "main")
    if kind == "main" and connection.execute(main).first():
        raise ConflictError(f"the image {row.name} has its main layer already: replace its labels instead.")


def _entry(row: Row[Any]) -> LayerEntry:
    return LayerEntry(row.id, row.image_id, row.kind, row.seq)
