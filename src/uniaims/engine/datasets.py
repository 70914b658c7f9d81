"""Dataset versions: what people have looked at, frozen. The rows are the truth; folders are made from them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from uniaims.boxes import Box
from uniaims.engine.database import now_ms
from uniaims.engine.layers.instances import ACCEPTED, EDITED, SUGGESTED, Rows
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.manifest import read_manifest
from uniaims.engine.layers.tile import DecodedTiles
from uniaims.engine.sharing import Part, Split, check_parts, shared_out
from uniaims.engine.tables import dataset_version_images, dataset_versions, images, snapshots
from uniaims.errors import ConflictError, InputError, NotFoundError

if TYPE_CHECKING:
    from uniaims.engine import Engine
    from uniaims.engine.images import Image

MIXED = "mixed"
"""Split of an image whose boxes have several."""


@dataclass(frozen=True)
class KeptPart:
    """A part of a version.

    Attributes:
        manifest: name of the blob of the labels as they were.
        box: none: the whole image.
        instance_count: instances whose middle lies in it.
        untouched_count: of these, suggestions that nobody has touched: who looked at them left them as they were.
    """

    image_id: int
    image_name: str
    manifest: str
    box: Box | None
    split: Split
    instance_count: int
    untouched_count: int


@dataclass(frozen=True)
class DatasetVersion:
    """A version of what a project's models learn from."""

    id: int
    project_id: int
    number: int
    note: str
    image_count: int
    instance_count: int
    content_hash: str
    state: str
    made_by: int
    created_ms: int


@dataclass(frozen=True)
class Progressed:
    """How far people are with an image: its instances by who has seen them, and the versions that it is in."""

    image: "Image"
    suggested_count: int
    edited_count: int
    accepted_count: int
    versions: tuple[int, ...]


@dataclass(frozen=True)
class Datasets:
    """The dataset versions of an engine."""

    engine: "Engine"

    def make(self, project_id: int, parts: Sequence[Part], account_id: int, note: str = "", seed: int = 0) -> int:
        """Freeze parts of images as a version of a project; its id.

        Raises:
            InputError: if they can't be learned from.
            NotFoundError: if an image is not of the project.
        """
        pictures = {number: self._ready(project_id, number) for number in sorted({part.image_id for part in parts})}
        names = {number: image.name for number, image in pictures.items()}
        check_parts(parts, {number: image.shape for number, image in pictures.items()}, names)
        groups = {number: str(image.record.get("group") or number) for number, image in pictures.items()}
        shared = shared_out(parts, groups, seed)
        self._check_worth(shared, pictures)
        number = self._next_number(project_id)
        frozen = [
            self._frozen(image, [part for part in shared if part.image_id == image.id], f"dataset {number}", account_id)
            for image in pictures.values()
        ]
        version = {
            "project_id": project_id, "number": number, "note": note, "image_count": len(pictures),
            "instance_count": sum(each.instance_count for each in frozen), "state": "ready", "made_by": account_id,
            "content_hash": hashlib.sha256("\n".join(each.content for each in frozen).encode()).hexdigest(),
            "created_ms": now_ms(),
        }  # fmt: skip
        return self._written(version, frozen)

    def version(self, version_id: int) -> DatasetVersion:
        """One of them.

        Raises:
            NotFoundError: if there is none of this id.
        """
        with self.engine.database.read() as connection:
            row = connection.execute(select(dataset_versions).where(dataset_versions.c.id == version_id)).first()
        if row is None:
            raise NotFoundError(f"there is no dataset version {version_id}.")
        return _version(row)

    def page(self, project_id: int, limit: int = 50, before: int | None = None) -> list[DatasetVersion]:
        """The versions of a project, the newest first."""
        wanted = select(dataset_versions).where(dataset_versions.c.project_id == project_id)
        if before is not None:
            wanted = wanted.where(dataset_versions.c.id < before)
        with self.engine.database.read() as connection:
            rows = connection.execute(wanted.order_by(dataset_versions.c.id.desc()).limit(limit))
            return [_version(row) for row in rows]

    def parts(self, version_id: int) -> list[KeptPart]:
        """What is in a version, image by image."""
        held = dataset_version_images
        wanted = (
            select(held, images.c.name, snapshots.c.manifest)
            .join(images, images.c.id == held.c.image_id)
            .join(snapshots, snapshots.c.id == held.c.snapshot_id)
            .where(held.c.version_id == version_id)
            .order_by(held.c.image_id)
        )
        with self.engine.database.read() as connection:
            rows = connection.execute(wanted).all()
        return [part for row in rows for part in self._kept(row)]

    def progress(self, project_id: int, limit: int = 50, after: int = 0) -> list[Progressed]:
        """How far people are with images of a project, in order of id; those that have been read."""
        found = self.engine.images.page(project_id, limit, after, "ready")
        held = dataset_version_images
        wanted = select(held.c.image_id, dataset_versions.c.number).join(
            dataset_versions, dataset_versions.c.id == held.c.version_id
        )
        with self.engine.database.read() as connection:
            rows = connection.execute(wanted.where(held.c.image_id.in_([image.id for image in found]))).all()
        return [self._progressed(image, [row.number for row in rows if row.image_id == image.id]) for image in found]

    def _progressed(self, image: "Image", versions: Sequence[int]) -> Progressed:
        states = self._now(image)["state"]
        suggested, edited, accepted = (int(np.count_nonzero(states == each)) for each in (SUGGESTED, EDITED, ACCEPTED))
        return Progressed(image, suggested, edited, accepted, tuple(sorted(versions)))

    def _now(self, image: "Image") -> Rows:
        """The instances of an image as they are on the disk; its layer stays closed if it was."""
        if image.layer_id is None:
            return np.zeros(0, [("state", "u1")])
        return Layer(image.layer_id, self.engine.database, self.engine.blobs, DecodedTiles()).rows()[1]

    def _ready(self, project_id: int, number: int) -> "Image":
        image = self.engine.images.image(number)
        if image.project_id != project_id:
            raise NotFoundError(f"there is no image {number} in this project.")
        if image.state != "ready" or image.layer_id is None:
            raise InputError(f"{image.name}: it has not been read yet. Wait until it is, or leave it out.")
        return image

    def _check_worth(self, parts: Sequence[Part], pictures: Mapping[int, "Image"]) -> None:
        """Refuse whole images that nobody has touched, and versions without an instance to learn from."""
        rows = {number: self._now(image) for number, image in pictures.items()}
        for part in parts:
            if part.box is None and not np.any(rows[part.image_id]["state"] != SUGGESTED):
                raise InputError(
                    f"{pictures[part.image_id].name}: nobody has drawn or accepted anything in it. Correct it, accept "
                    "what is right, or give the boxes that you have looked at."
                )
        if not any(part.split == "train" and len(_inside(rows[part.image_id], part.box)) for part in parts):
            raise InputError("nothing is left to learn from: there is no instance in the parts for training.")

    def _frozen(self, image: "Image", parts: Sequence[Part], name: str, account_id: int) -> "_Frozen":
        """Keep the labels of an image as they are now."""
        assert image.layer_id is not None
        snapshot_id = self.engine.layers.open(image.layer_id).snapshot("named", name, account_id)
        kept = select(snapshots.c.manifest).where(snapshots.c.id == snapshot_id)
        with self.engine.database.read() as connection:
            manifest = connection.execute(kept).scalar_one()
        rows = self._rows(manifest)
        regions = [{"box": part.box and asdict(part.box), "split": part.split} for part in parts]
        splits = {part.split for part in parts}
        row = {
            "image_id": image.id, "snapshot_id": snapshot_id, "regions": regions if parts[0].box else [],
            "split": splits.pop() if len(splits) == 1 else MIXED,
        }  # fmt: skip
        count = sum(len(_inside(rows, part.box)) for part in parts)
        return _Frozen(row, count, json.dumps([image.sha256, image.page, manifest, regions]))

    def _next_number(self, project_id: int) -> int:
        newest = select(func.max(dataset_versions.c.number)).where(dataset_versions.c.project_id == project_id)
        with self.engine.database.read() as connection:
            return int(connection.execute(newest).scalar() or 0) + 1

    def _written(self, version: Mapping[str, Any], frozen: Sequence["_Frozen"]) -> int:
        def unit(connection: Connection) -> int:
            made = insert(dataset_versions).values(version).returning(dataset_versions.c.id)
            number = int(connection.execute(made).scalar_one())
            connection.execute(insert(dataset_version_images), [each.row | {"version_id": number} for each in frozen])
            return number

        try:
            return self.engine.database.write(unit)
        except IntegrityError as error:
            raise ConflictError("another dataset version was made at the same time: try again.") from error

    def _rows(self, manifest: str) -> Rows:
        rows = read_manifest(manifest, self.engine.blobs).rows(self.engine.blobs)
        return rows[rows["area"] > 0]

    def _kept(self, row: Row[Any]) -> list[KeptPart]:
        rows, whole = self._rows(row.manifest), [{"box": None, "split": row.split}]
        told = []
        for region in row.regions or whole:
            box = Box(**region["box"]) if region["box"] else None
            inside = _inside(rows, box)
            untouched = int(np.count_nonzero(inside["state"] == SUGGESTED))
            told.append(KeptPart(row.image_id, row.name, row.manifest, box, region["split"], len(inside), untouched))
        return told


@dataclass(frozen=True)
class _Frozen:
    """An image on its way into a version: its row, its instances, and what makes its content."""

    row: dict[str, Any]
    instance_count: int
    content: str


def _inside(rows: Rows, box: Box | None) -> Rows:
    """The instances whose middle pixel lies in a box."""
    if box is None:
        return rows
    y, x = rows["rep_y"], rows["rep_x"]
    return rows[(y >= box.top) & (y < box.bottom) & (x >= box.left) & (x < box.right)]


def _version(row: Row[Any]) -> DatasetVersion:
    return DatasetVersion(**{name: getattr(row, name) for name in DatasetVersion.__dataclass_fields__})
