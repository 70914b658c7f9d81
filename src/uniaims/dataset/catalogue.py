"""The images of a dataset, to be read: records, instances, pictures; asked in SQL."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from uniaims.dataset import instance_shards
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.ignored import IGNORE
from uniaims.dataset.image_table import ImageTable, Row, record_in, shown
from uniaims.dataset.ingest import place_of
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.manifest import Manifest
from uniaims.dataset.schema import ImageRecord
from uniaims.dataset.statements import answer
from uniaims.deprecation import OldAttribute
from uniaims.errors import InputError
from uniaims.labels import Labels, read_labels
from uniaims.micrograph import Micrograph, PixelSize, read_image


class Catalogue:
    """The images of the dataset in ``folder``; `uniaims.dataset.store.Dataset` can change them too."""

    parts = OldAttribute("shards")
    sketches = OldAttribute("perceptual_hashes")

    def __init__(self, folder: Path, manifest: Manifest, table: ImageTable) -> None:
        self.folder = folder
        self.manifest = manifest
        self._table = table

    def __len__(self) -> int:
        return len(self._table.places)

    def __contains__(self, image_id: object) -> bool:
        return image_id in self._table.places

    def __getitem__(self, image_id: str) -> AnnotatedImage:
        record = self.record(image_id)
        place = place_of(record, self.folder)
        return AnnotatedImage(record, self.instances(image_id), place, ignored=self.ignored(image_id))

    def __repr__(self) -> str:
        return f"Dataset({str(self.folder)!r}, {len(self):,} images, {self.instance_count:,} instances)"

    @property
    def images(self) -> pl.DataFrame:
        """The table of images: the fields of `ImageRecord`, ``instances`` (their number) and ``content_hash``."""
        return shown(self._table.rows)

    @property
    def instance_table(self) -> pl.LazyFrame:
        """The table of instances: image_id, number, kind, x0, y0, x1, y1, area_px, runs; read as far as it is used.

        Raises:
            InputError: if a part of it is gone.
        """
        return instance_shards.live_rows(self.folder, self._table.rows)

    @property
    def perceptual_hashes(self) -> list[bytes]:
        """Perceptual hash of each image, in the order of `images`; see `uniaims.dataset.likeness`."""
        return list(self._table.rows["sketch"])

    @property
    def image_ids(self) -> tuple[str, ...]:
        """Ids of the images, in the order in which they came."""
        return tuple(self._table.places)

    @property
    def instance_count(self) -> int:
        """Number of instances in all images."""
        return int(self._table.rows["instance_count"].sum())

    def query(self, condition: str = "") -> tuple[ImageRecord, ...]:
        """Records of the images for which a condition in SQL holds, as ``modality = 'SEM' and instances > 4000``.

        Args:
            condition: over the columns of `images`; empty for all images.

        Raises:
            SettingsError: if it is no such condition.
        """
        return tuple(record_in(row) for row in self._table.where(condition).iter_rows(named=True))

    def select(self, condition: str = "") -> pl.DataFrame:
        """Rows of `images` for which a condition holds; see `query`.

        Raises:
            SettingsError: if it is no such condition.
        """
        return shown(self._table.where(condition))

    def sql(self, statement: str) -> pl.DataFrame:
        """Result of one SELECT, in the SQL of Polars, over the tables ``images`` and ``instances``.

        It can come from anybody: nothing but these tables can be asked, see `uniaims.dataset.statements`.

        Raises:
            SettingsError: if the statement can't be carried out.
        """
        return answer({"images": self.images.lazy(), "instances": self.instance_table}, statement)

    def never_set(self, statement: str) -> tuple[str, ...]:
        """The fields of records that a condition or statement names and no image has: why it may find nothing.

        Raises:
            SettingsError: if the statement can't be read.
        """
        return self._table.never_set(statement)

    def record(self, image_id: str) -> ImageRecord:
        """What is known of an image.

        Raises:
            InputError: if there is no image of this id.
        """
        return record_in(self._table.row(image_id))

    def instances(self, image_id: str) -> InstanceMasks:
        """The instances of an image.

        Raises:
            InputError: if there is no image of this id, or its instances can't be read.
        """
        row = self._table.row(image_id)
        place = instance_shards.Place(image_id, row["part"], row["first_row"], row["instance_count"])
        return instance_shards.instances_from(
            instance_shards.read_rows(self.folder, place), (row["height_px"], row["width_px"])
        )

    def labels(self, image_id: str) -> Labels:
        """The label image (H, W) of an image; where instances overlap the later one wins.

        Raises:
            InputError: as `instances` does.
        """
        return self.instances(image_id).labels()

    def image(self, image_id: str) -> Micrograph:
        """The image itself, with the pixel size that its record tells.

        Raises:
            InputError: if there is no image of this id, or it can't be read.
        """
        record = self.record(image_id)
        micrograph = read_image(place_of(record, self.folder))
        if record.pixel_size_nm is None:
            return micrograph
        source: Any = record.pixel_size_source or "given"
        aspect = micrograph.pixel_size.aspect if micrograph.pixel_size else 1.0
        return replace(micrograph, pixel_size=PixelSize(record.pixel_size_nm, source, aspect))

    def image_path(self, image_id: str) -> Path:
        """Where an image lies.

        Raises:
            InputError: if there is no image of this id, or its path leads out of the dataset.
        """
        return place_of(self.record(image_id), self.folder)

    def ignored(self, image_id: str) -> NDArray[np.bool_] | None:
        """Where (H, W) nobody has annotated, or is not sure; None if all of the image is annotated.

        Raises:
            InputError: if there is no image of this id, or the mask can't be read.
        """
        path = self.ignore_path(image_id)
        return read_labels(path) > 0 if path.is_file() else None

    def ignore_path(self, image_id: str) -> Path:
        """Where the mask of the unlabelled region of an image lies, if it has one.

        Raises:
            InputError: if there is no image of this id.
        """
        return self.folder / IGNORE / f"{self.record(image_id).image_id}.png"

    def content_hash(self, image_id: str) -> str:
        """Hash of an image's bytes as it was when it was added; see `uniaims.dataset.likeness`.

        Raises:
            InputError: if there is no image of this id.
        """
        return str(self._table.row(image_id)["content_hash"])

    def entries(self, condition: str = "") -> Iterator[AnnotatedImage]:
        """Images with their instances, one at a time, in the order in which they came or that of an ``ORDER BY``.

        Args:
            condition: see `query`.

        Raises:
            SettingsError: if the condition can't be used.
            InputError: if something can't be read.
        """
        rows, reader = self._table.where(condition), instance_shards.ShardReader(self.folder)
        for row in rows.iter_rows(named=True):
            record = record_in(row)
            instances = instance_shards.instances_from(reader.rows(instance_shards.place_in(row)), record.shape)
            place = place_of(record, self.folder)
            yield AnnotatedImage(record, instances, place, ignored=self.ignored(record.image_id))

    @property
    def shards(self) -> tuple[int, ...]:
        """Numbers of the files that hold instances."""
        return tuple(self._table.shards)

    def stored_rows(self) -> Iterator[tuple[Row, pl.DataFrame | InputError]]:
        """Rows of the table of images with their rows of the table of instances, unchecked, for who looks for faults.

        Where the latter can't be read, the error stands in their place.
        """
        reader = instance_shards.ShardReader(self.folder)
        for row in self._table.rows.iter_rows(named=True):
            try:
                yield row, reader.rows(instance_shards.place_in(row))
            except InputError as error:
                yield row, error
