"""Images of projects. Files are read elsewhere, in a child process; here is what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from uniaims.engine.accounts import Account
from uniaims.engine.database import Database, now_ms
from uniaims.engine.projects import checked_name
from uniaims.engine.tables import images, layers
from uniaims.errors import ConflictError, NotFoundError, PixelSizeError


@dataclass(frozen=True)
class NewImage:
    """An image to be added, before anybody has read it.

    Attributes:
        name: for people; of a file, without its folder.
        sha256: name of the blob of the file as it came.
        bytes: of that file.
        suffix: of that file, such as ``.tif``.
        page: which image of the file.
        source: path of the file or result folder that it came from; empty for uploads.
    """

    name: str
    sha256: str
    bytes: int
    suffix: str = ""
    page: int = 0
    source: str = ""


@dataclass(frozen=True)
class Reading:
    """What reading an image has found.

    Attributes:
        pixel_size_source: ``given``, ``metadata``, ``scale bar`` or empty.
        acquisition: what the file tells of the instrument.
        record: see `uniaims.dataset.ImageRecord`; what is known of it.
        findings: ``warnings`` and ``notes`` (lists of sentences), ``scale_bar``, whatever else pages show.
        pyramid: as `engine.pyramid.make_pyramid` returns it.
    """

    width_px: int
    height_px: int
    pixel_size_nm: float | None = None
    pixel_size_source: str = ""
    acquisition: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    findings: Mapping[str, Any] = field(default_factory=dict)
    pyramid: Mapping[str, Any] | None = None
    sketch: bytes | None = None


@dataclass(frozen=True)
class Image:
    """An image of a project; ``layer_id`` is that of its main layer, ``None`` while it has none."""

    id: int
    project_id: int
    name: str
    sha256: str
    bytes: int
    suffix: str
    page: int
    source: str
    width_px: int
    height_px: int
    pixel_size_nm: float | None
    pixel_size_source: str
    acquisition: Mapping[str, Any]
    record: Mapping[str, Any]
    findings: Mapping[str, Any]
    pyramid: Mapping[str, Any] | None
    state: str
    error: str
    instance_count: int
    created_ms: int
    changed_ms: int
    layer_id: int | None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height_px, self.width_px


class Images:
    """The images of a data folder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, project_id: int, new: NewImage, account: Account) -> Image:
        """Add an image in the state ``ingesting``; a name that is taken gets a number behind it.

        Raises:
            ConflictError: if the same page of the same file is in the project already.
        """
        return self.image(self._database.write(lambda connection: _add(connection, project_id, new, account.id)))

    def image(self, image_id: int) -> Image:
        """One of them.

        Raises:
            NotFoundError: if there is none of this id.
        """
        return self._one(images.c.id == image_id, f"there is no image {image_id}.")

    def of_layer(self, layer_id: int) -> Image:
        """The image that a layer belongs to.

        Raises:
            NotFoundError: if there is no such layer.
        """
        held = select(layers.c.image_id).where(layers.c.id == layer_id).scalar_subquery()
        return self._one(images.c.id == held, f"there is no layer {layer_id}.")

    def same_file(self, project_id: int, sha256: str, page: int = 0) -> Image | None:
        """The image of a project that is this page of this file, if there is one."""
        same = (images.c.project_id == project_id) & (images.c.sha256 == sha256) & (images.c.page == page)
        with self._database.read() as connection:
            row = connection.execute(_with_layer().where(same)).first()
        return _image(row) if row else None

    def page(self, project_id: int, limit: int = 200, after: int = 0, state: str | None = None) -> list[Image]:
        """Up to ``limit`` images of a project with ids above ``after``, in order of id."""
        wanted = _with_layer().where(images.c.project_id == project_id, images.c.id > after)
        if state is not None:
            wanted = wanted.where(images.c.state == state)
        with self._database.read() as connection:
            return [_image(row) for row in connection.execute(wanted.order_by(images.c.id).limit(limit))]

    def describe(self, image_id: int, reading: Reading) -> Image:
        """Keep what reading has found; the image is not ``ready`` yet."""
        return self._change(image_id, {name: getattr(reading, name) for name in reading.__dataclass_fields__})

    def finish(self, image_id: int, reading: Reading) -> Image:
        """Keep what reading has found; the image is ``ready``: whatever belongs to it is there."""
        self.describe(image_id, reading)
        return self._change(image_id, {"state": "ready", "error": ""})

    def fail(self, image_id: int, error: str) -> Image:
        """Keep why an image could not be read."""
        return self._change(image_id, {"state": "failed", "error": error})

    def rename(self, image_id: int, name: str) -> Image:
        """Call an image otherwise.

        Raises:
            ConflictError: if another image of the project is called so.
        """
        try:
            return self._change(image_id, {"name": checked_name(name, "image")})
        except IntegrityError as error:
            raise ConflictError(f"there is an image {name!r} already: choose another name.") from error

    def set_pixel_size(self, image_id: int, pixel_size_nm: float | None, source: str = "given") -> Image:
        """Set the side of a pixel; ``None``: it is not known.

        Raises:
            PixelSizeError: if it is no size.
        """
        if pixel_size_nm is not None and not (isfinite(pixel_size_nm) and pixel_size_nm > 0):
            raise PixelSizeError(f"{pixel_size_nm} nm is no size of a pixel: give a length above 0.")
        return self._change(
            image_id, {"pixel_size_nm": pixel_size_nm, "pixel_size_source": source if pixel_size_nm else ""}
        )

    def update_findings(self, image_id: int, findings: Mapping[str, Any]) -> Image:
        """Add to what was found, or replace it by name."""

        def unit(connection: Connection) -> None:
            known = connection.execute(select(images.c.findings).where(images.c.id == image_id)).scalar()
            _change(connection, image_id, {"findings": {**(known or {}), **findings}})

        self._database.write(unit)
        return self.image(image_id)

    def remove(self, image_id: int) -> None:
        """Delete an image with its layers and all edits; its blobs go when all is cleaned.

        Raises:
            ConflictError: if a dataset version holds it.
        """
        self.image(image_id)
        try:
            self._database.write(lambda connection: connection.execute(delete(images).where(images.c.id == image_id)))
        except IntegrityError as error:
            raise ConflictError(f"image {image_id} is part of a dataset version, which must stay as it is.") from error

    def _one(self, condition: Any, missing: str) -> Image:
        with self._database.read() as connection:
            row = connection.execute(_with_layer().where(condition)).first()
        if row is None:
            raise NotFoundError(missing)
        return _image(row)

    def _change(self, image_id: int, values: Mapping[str, Any]) -> Image:
        self._database.write(lambda connection: _change(connection, image_id, values))
        return self.image(image_id)


def _change(connection: Connection, image_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(images).where(images.c.id == image_id).values({**values, "changed_ms": now_ms()}))


def _add(connection: Connection, project_id: int, new: NewImage, account_id: int) -> int:
    same = select(images.c.name).where(
        images.c.project_id == project_id, images.c.sha256 == new.sha256, images.c.page == new.page
    )
    if held := connection.execute(same).scalar():
        raise ConflictError(f"{new.name} is in the project already, as {held}: the file is the same.")
    now = now_ms()
    values = {name: getattr(new, name) for name in new.__dataclass_fields__} | {
        "project_id": project_id, "created_by": account_id, "created_ms": now, "changed_ms": now,
        "name": _free_name(connection, project_id, checked_name(new.name, "image")),
    }  # fmt: skip
    return int(connection.execute(insert(images).values(values).returning(images.c.id)).scalar_one())


def _free_name(connection: Connection, project_id: int, name: str) -> str:
    taken = set(connection.execute(select(images.c.name).where(images.c.project_id == project_id)).scalars())
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _with_layer() -> Select[Any]:
    main = select(layers.c.id).where(layers.c.image_id == images.c.id, layers.c.kind == "main").scalar_subquery()
    return select(images, main.label("layer_id"))


def _image(row: Row[Any]) -> Image:
    return Image(**{name: getattr(row, name) for name in Image.__dataclass_fields__})
