"""The table of images, ``images.parquet``: a row for each image, and where its instances lie. It is the transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from uniaims.atomic import atomic_file
from uniaims.dataset.schema import DESCRIPTIVE_FIELDS, FIELDS, ImageRecord, record_from
from uniaims.dataset.statements import CAN_NOT, answer, check_condition, names_in, reason_of
from uniaims.errors import InputError, OutputError, SettingsError

TABLE = "images.parquet"

_NUMBERS: dict[str, type[pl.DataType]] = {"width_px": pl.Int64, "height_px": pl.Int64, "pixel_size_nm": pl.Float64}
_OWN: dict[str, type[pl.DataType]] = {
    "part": pl.Int64,
    "first_row": pl.Int64,
    "instance_count": pl.Int64,
    "content_hash": pl.String,
    "sketch": pl.Binary,
}
COLUMNS: dict[str, type[pl.DataType]] = {
    **{name: _NUMBERS.get(name, pl.String) for name in FIELDS},
    "synthetic": pl.Boolean,
    **_OWN,
}
_NEEDED = ("image_id", "file", "width_px", "height_px", "part", "first_row", "instance_count")
_DEFAULTS = ImageRecord("x", "x", 1, 1).as_dict() | {"content_hash": "", "sketch": b""}
_UNSET = {name: 0.0 if _DEFAULTS[name] is None else _DEFAULTS[name] for name in DESCRIPTIVE_FIELDS}

Row = dict[str, Any]
_Stamp = tuple[int, int, int] | None


@dataclass(frozen=True, eq=False)
class ImageTable:
    """The table of images as it was last read or written; writing gives a new one.

    Attributes:
        folder: of the dataset.
        rows: a row for each image, with all of `COLUMNS`.
    """

    folder: Path
    rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=COLUMNS))
    stamp: _Stamp = None

    @classmethod
    def read(cls, folder: Path) -> "ImageTable":
        """Read the table of the dataset in ``folder``; a dataset that was just begun has none, and no images.

        Raises:
            InputError: if it can't be read, or lacks what it must have.
        """
        path, stamp = folder / TABLE, _stamp(folder / TABLE)
        if stamp is None:
            return cls(folder)
        try:
            return cls(folder, _completed(pl.read_parquet(path, glob=False)), stamp)
        except (pl.exceptions.PolarsError, OSError, LookupError) as error:
            raise InputError(f"{path}: can't be read ({reason_of(error)}). Bring the file back from a copy.") from error

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Row of each image by its id."""
        return {name: place for place, name in enumerate(self.rows["image_id"].to_list())}

    @property
    def shards(self) -> list[int]:
        """Numbers of the shards that hold instances of the images."""
        return [int(shard) for shard in self.rows["part"].unique(maintain_order=True)]

    def row(self, image_id: str) -> Row:
        """Row of an image.

        Raises:
            InputError: if there is no image of this id.
        """
        if image_id not in self.places:
            raise InputError(f"{self.folder}: no image is called {image_id!r}. `image_ids` lists them.")
        return self.rows.row(self.places[image_id], named=True)

    def where(self, condition: str) -> pl.DataFrame:
        """Rows for which a condition in SQL over the columns that `shown` gives holds; all if it is empty.

        They come in the order of the table, or that of an ``ORDER BY``.

        Raises:
            SettingsError: if it is no such condition.
        """
        if not condition.strip():
            return self.rows
        table = shown(self.rows).with_row_index("row")
        statement = f"SELECT row FROM images WHERE {condition}"  # noqa: S608 `answer` looks through it
        try:
            check_condition(condition)
            found = answer({"images": table}, statement)
        except SettingsError as error:
            reason = str(error).partition(CAN_NOT)[2]
            raise SettingsError(
                f"{condition!r} is no condition that can be used: {reason} Write it in SQL, as "
                f"\"modality = 'SEM' and instances > 4000\", over {', '.join(table.columns[1:])}."
            ) from error
        return self.rows[found["row"].to_list()]

    def never_set(self, statement: str) -> tuple[str, ...]:
        """The fields of records that a condition or statement names and no image has: why it may find nothing.

        Raises:
            SettingsError: if the statement can't be read.
        """
        named = names_in(statement)
        fields = [name for name in DESCRIPTIVE_FIELDS if name in named]
        return tuple(name for name in fields if (self.rows[name].fill_null(_UNSET[name]) == _UNSET[name]).all())

    def with_rows(self, rows: Iterable[Row]) -> pl.DataFrame:
        """The rows with some added, or changed where the id is there already."""
        changed = {row["image_id"]: row for row in rows}
        before = [changed.pop(row["image_id"], row) for row in self.rows.iter_rows(named=True)] if changed else []
        if not before and not changed:
            return self.rows
        return pl.DataFrame([*before, *changed.values()], schema=COLUMNS)

    def written(self, rows: pl.DataFrame) -> "ImageTable":
        """Write ``rows`` as the table, in one step.

        Raises:
            OutputError: if it can't be written, or another program wrote it meanwhile.
        """
        self.check_current()
        path = self.folder / TABLE
        with atomic_file(path) as temporary:
            rows.write_parquet(temporary)
        return ImageTable(self.folder, rows, _stamp(path))

    def check_current(self) -> None:
        """See that the table is still the one on disk.

        Raises:
            OutputError: if another program wrote it meanwhile.
        """
        path = self.folder / TABLE
        if _stamp(path) != self.stamp:
            raise OutputError(f"{path}: another program has written it meanwhile. Open the dataset again, then repeat.")


def shown(rows: pl.DataFrame) -> pl.DataFrame:
    """What users see and ask for: the fields of `ImageRecord`, ``instances`` (their number) and ``content_hash``."""
    return rows.select(*FIELDS, pl.col("instance_count").alias("instances"), "content_hash")


def record_in(row: Row) -> ImageRecord:
    """The record in a row of the table.

    Raises:
        SettingsError: if a value can't be used.
    """
    return record_from({name: row[name] for name in FIELDS})


def described(row: Row, fields: Mapping[str, Any]) -> ImageRecord:
    """The record in a row, with other values in some fields.

    Raises:
        SettingsError: if a field can't be set, or not to this value.
    """
    wrong = sorted(fields.keys() - set(DESCRIPTIVE_FIELDS))
    if wrong:
        raise SettingsError(f"{', '.join(wrong)} can't be set: wanted some of {', '.join(DESCRIPTIVE_FIELDS)}.")
    return record_from({name: row[name] for name in FIELDS} | dict(fields))


def kept_fields(before: Row, row: Row) -> Row:
    """What was known of an image that is replaced, for the fields of which its new row says nothing."""
    silent = [name for name in DESCRIPTIVE_FIELDS if row[name] == _DEFAULTS[name]]
    if row["pixel_size_nm"] is not None and "pixel_size_source" in silent:
        silent.remove("pixel_size_source")
    return {name: before[name] for name in silent}


def _completed(rows: pl.DataFrame) -> pl.DataFrame:
    """The table with columns that it lacks and of the wanted types; those of later versions are left out."""
    missing = [name for name in _NEEDED if name not in rows.columns]
    if missing:
        raise LookupError(f"it has no {', '.join(missing)}")
    columns = [
        (pl.col(name) if name in rows.columns else pl.lit(_DEFAULTS[name])).cast(kind).alias(name)
        for name, kind in COLUMNS.items()
    ]
    return rows.select(columns)


def _stamp(path: Path) -> _Stamp:
    """What tells a file from the one that replaced it; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
