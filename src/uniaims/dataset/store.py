"""A dataset on disk: images as files, what is known of them and their instances in Parquet.

::

    dataset.json                 name, description, kinds of instances
    images/<image_id>.<suffix>   as they came
    ignore/<image_id>.png        where there is one: non-zero = nobody has annotated here, or is sure
    images.parquet               a row for each image, and where its instances are; written last, in one step
    instances/part-<n>.parquet   box, area and run lengths of the instances, 200,000 a part

What ``images.parquet`` does not name does not exist. So a program that is killed leaves the dataset as it was after
the last step, and the same import goes on from there. One program writes at a time; a second is told so.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from uniaims.atomic import is_left
from uniaims.dataset import instance_shards
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.catalogue import Catalogue
from uniaims.dataset.ignored import IGNORE, write_ignored
from uniaims.dataset.image_table import ImageTable, Row, described, kept_fields
from uniaims.dataset.ingest import Placement, hash_of, is_half_taken, keep_images, place_of, remove_leftovers, take_in
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.lock import LOCK, sole_writer
from uniaims.dataset.manifest import Manifest, is_dataset, read_manifest, write_manifest
from uniaims.errors import InputError, LabelsError, OutputError, SettingsError, UniaimsError
from uniaims.progress import Progress

IMAGES_IN_A_STEP = 512
"""Added images are kept for good at least every so many."""
MOST_SMALL_PARTS = 64
"""More small parts than these, as corrections leave them, are put together."""

Existing = Literal["refuse", "skip", "replace"]
"""What happens to an image whose id is there already; ``skip`` wants it to be the same file."""
OnFault = Callable[[str, UniaimsError], None]


class Dataset(Catalogue):
    """A dataset in a folder; make one by `create`, `open` or `open_or_create`.

    >>> dataset = Dataset.open("powders")                                   # doctest: +SKIP
    >>> dense = dataset.query("modality = 'SEM' and instances > 4000")      # doctest: +SKIP
    >>> dataset.labels(dense[0].image_id)                                   # doctest: +SKIP
    """

    _is_writing = False

    @classmethod
    def create(cls, folder: str | Path, name: str = "", description: str = "") -> "Dataset":
        """Make an empty dataset in a new or empty folder.

        Raises:
            OutputError: if something is there already, or nothing can be written.
        """
        place = Path(folder)
        if place.exists() and (not place.is_dir() or any(not _is_left(path.name) for path in place.iterdir())):
            raise OutputError(f"{place} is there already and no empty folder. Choose another one.")
        manifest = Manifest(name or place.resolve().name, description, datetime.now(UTC).date().isoformat())
        write_manifest(place, manifest)
        made = cls(place, manifest, ImageTable(place))
        with made.writing():
            made._table = made._table.written(made._table.rows)
        return made

    @classmethod
    def open(cls, folder: str | Path) -> "Dataset":
        """Open a dataset.

        Raises:
            InputError: if there is none, or its tables can't be read.
        """
        place = Path(folder)
        return cls(place, read_manifest(place), ImageTable.read(place))

    @classmethod
    def open_or_create(cls, folder: str | Path) -> "Dataset":
        """Open the dataset in a folder, or make one there.

        Raises:
            UniaimsError: as `open` and `create` do.
        """
        return cls.open(folder) if is_dataset(folder) else cls.create(folder)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other programs from writing meanwhile; every change does so, this holds it over several.

        Raises:
            OutputError: if another program is writing, or wrote since the dataset was opened.
        """
        if self._is_writing:
            yield
            return
        with sole_writer(self.folder):
            self._table.check_current()
            remove_leftovers(self.folder)
            self._is_writing = True
            try:
                yield
            finally:
                self._is_writing = False

    def add(
        self,
        entries: Iterable[AnnotatedImage],
        placement: Placement = "copy",
        existing: Existing = "refuse",
        on_fault: OnFault | None = None,
        progress: Progress | None = None,
    ) -> int:
        """Add images with their instances, and return how many were added.

        What is done is kept every 512 images or 200,000 instances, and when adding ends, also by an error or Ctrl-C.

        Args:
            entries: looked at one at a time, so that they can be more than fit into memory.
            placement: whether images are copied, hard-linked, or referenced by their absolute path.
            existing: what happens to images whose id is there already.
            on_fault: called with the image's id and the error, and adding goes on; without it the error is raised.
            progress: called with ``("adding images", done, done + 1)``.

        Raises:
            InputError: if an image can't be used; see ``on_fault``.
            OutputError: if nothing can be written, or another program wrote meanwhile.
        """
        if existing not in get_args(Existing):
            raise SettingsError(f"existing is {existing!r}: wanted one of {', '.join(get_args(Existing))}.")
        with self.writing():
            step, added = _Step(self), 0
            try:
                for done, entry in enumerate(entries, 1):
                    added += self._add_one(entry, step, (placement, existing), on_fault)
                    if progress:
                        progress("adding images", done, done + 1)
            finally:
                step.commit()
            instance_shards.remove_unused(self.folder, self._table.shards)
        return added

    def replace(self, image_id: str, instances: InstanceMasks, **fields: Any) -> None:
        """Give an image other instances, and fields of its record other values if some are named.

        Raises:
            InputError: if there is no image of this id, or the instances belong to one of another size.
            OutputError: if nothing can be written, or another program wrote meanwhile.
        """
        row = self._table.row(image_id)
        record = described(row, fields)
        changed = row | AnnotatedImage(record, instances).record.as_dict()
        with self.writing():
            step = _Step(self)
            step.put(changed, instance_shards.rows_of(image_id, instances))
            step.commit()
            self._tidy()

    def ignore(self, image_id: str, mask: NDArray[np.bool_] | None) -> None:
        """Say where an image is not annotated, or nobody is sure; what was said before no longer counts.

        There training has no loss, evaluation doesn't look, and instances that lie mostly there don't count.

        Args:
            image_id: of the image.
            mask: (H, W), true where nothing is known; None or nowhere true: the whole image is annotated.

        Raises:
            InputError: if there is no image of this id.
            LabelsError: if the mask is no array of bool of the image's size.
            OutputError: if nothing can be written, or another program wrote meanwhile.
        """
        shape = self.record(image_id).shape
        region = np.zeros(shape, np.bool_) if mask is None else np.asarray(mask)
        if region.dtype != np.bool_ or region.shape != shape:
            raise LabelsError(
                f"image {image_id!r}: a mask of {region.shape} {region.dtype} came, wanted {shape} bool. "
                "Compare it with a number if it has grey levels, as mask > 0."
            )
        with self.writing():
            write_ignored(self.ignore_path(image_id), region)

    def _tidy(self) -> None:
        """Put small parts together when there are many, and delete those that no image uses."""
        counts = self._table.rows.group_by("part").agg(pl.col("instance_count").sum())
        small = counts.filter(pl.col("instance_count") < instance_shards.SHARD_ROWS // 2)["part"].to_list()
        if len(small) > MOST_SMALL_PARTS:
            self.compact(small)
        instance_shards.remove_unused(self.folder, self._table.shards)

    def describe(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Set fields of records: by image id, by field.

        Raises:
            InputError: if there is no image of an id, or a value can't be used; nothing is changed then.
            OutputError: if nothing can be written, or another program wrote meanwhile.
        """
        rows = {name: self._table.row(name) for name in changes}
        changed = [rows[name] | described(rows[name], fields).as_dict() for name, fields in changes.items()]
        with self.writing():
            self._table = self._table.written(self._table.with_rows(changed))

    def remove(self, image_ids: Iterable[str]) -> None:
        """Remove images with their instances; files outside of the dataset stay.

        Raises:
            InputError: if there is no image of an id; nothing is removed then.
            OutputError: if nothing can be written, or another program wrote meanwhile.
        """
        gone = [self.record(name) for name in image_ids]
        names = [record.image_id for record in gone]
        files = [place_of(record, self.folder) for record in gone if not Path(record.file).is_absolute()]
        files += [self.ignore_path(name) for name in names]
        with self.writing():
            self._table = self._table.written(self._table.rows.filter(~pl.col("image_id").is_in(names)))
            for path in files:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            instance_shards.remove_unused(self.folder, self._table.shards)

    def compact(self, among: Iterable[int] | None = None) -> None:
        """Put parts together (all, or those of these numbers), without the rows that no image uses any more.

        Raises:
            InputError: if a part can't be read.
            OutputError: if nothing can be written, or another program wrote meanwhile.
        """
        chosen = self._table.shards if among is None else list(among)
        rows = self._table.rows.filter(pl.col("part").is_in(chosen)).sort("part", "first_row")
        with self.writing():
            step, reader = _Step(self), instance_shards.ShardReader(self.folder)
            for row in rows.iter_rows(named=True):
                step.put(row, reader.rows(instance_shards.place_in(row)))
            step.commit()
            instance_shards.remove_unused(self.folder, self._table.shards)

    def _add_one(
        self, entry: AnnotatedImage, step: "_Step", how: tuple[Placement, Existing], on_fault: OnFault | None
    ) -> bool:
        """Take an entry in, and say whether it was: it is left out where it is there already, or faulty."""
        name = entry.record.image_id
        try:
            if not step.wants(entry, how[1]):
                return False
            taken = take_in(entry, self.folder, how[0])
        except OutputError:
            raise
        except UniaimsError as error:
            if on_fault is None:
                raise
            on_fault(name, error)
            return False
        own = {"content_hash": taken.content_hash, "sketch": taken.perceptual_hash}
        row = taken.record.as_dict()
        if name in self:
            row |= kept_fields(self._table.row(name), row)
            if taken.record.shape != self.record(name).shape:
                self.ignore_path(name).unlink(missing_ok=True)
        if entry.ignored is not None:
            write_ignored(self.folder / IGNORE / f"{name}.png", entry.ignored)
        step.put(row | own, instance_shards.rows_of(name, entry.instances))
        return True

    def _commit(self, rows: Iterable[Row], kinds: Iterable[str]) -> None:
        """Add or change rows of the table of images, in one step."""
        known = {*self.manifest.kinds, *kinds} - {""}
        if len(known) > len(self.manifest.kinds):
            changed = replace(self.manifest, kinds=tuple(sorted(known)))
            write_manifest(self.folder, changed)
            self.manifest = changed
        self._table = self._table.written(self._table.with_rows(rows))


def _is_left(name: str) -> bool:
    """Whether a file of this name may lie in a folder where no dataset is yet: a program was killed there."""
    return name == LOCK or is_left(name) or is_half_taken(name)


class _Step:
    """Images on their way into a dataset: their instances go into new parts, then their rows into its table."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._writer = instance_shards.ShardWriter(dataset.folder)
        self._rows: list[Row] = []
        self._kinds: set[str] = set()
        self._names = {name.casefold(): name for name in dataset.image_ids}
        self._taken: set[str] = set()

    def wants(self, entry: AnnotatedImage, existing: Existing) -> bool:
        """Whether an entry is to be taken in: not if it is there already and that is fine.

        Raises:
            InputError: if its id belongs to another image.
        """
        name = entry.record.image_id
        there = self._names.get(name.casefold())
        if there is None:
            return True
        if there == name and name not in self._taken:
            if existing == "replace":
                return True
            if existing == "skip" and hash_of(entry) in {None, self._dataset.content_hash(name)}:
                return False
        called = "" if there == name else f" as {there!r}"
        raise InputError(f"image {name!r} is there already{called}. Give one of the two another name, or replace it.")

    def put(self, row: Row, instances: pl.DataFrame) -> None:
        """Take the row of an image and its instances; when there are many, they are kept for good."""
        self._names[row["image_id"].casefold()] = row["image_id"]
        self._taken.add(row["image_id"])
        first = self._writer.add(instances)
        self._rows.append(row | {"first_row": first, "instance_count": instances.height})
        self._kinds.update(instances["kind"].unique())
        if self._writer.row_count >= instance_shards.SHARD_ROWS or len(self._rows) >= IMAGES_IN_A_STEP:
            self.commit()

    def commit(self) -> None:
        """Keep for good what was taken; where that fails, none of it is there."""
        rows, self._rows = self._rows, []
        if rows:
            keep_images(self._dataset.folder)
            part = self._writer.write()
            self._dataset._commit([row | {"part": part} for row in rows], self._kinds)
