"""The table of instances on disk: Parquet files of some 200,000 rows, read a piece at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from uniaims.atomic import atomic_file
from uniaims.dataset.instances import InstanceMasks, Shape
from uniaims.errors import InputError

SHARD_ROWS = 200_000
ROW_GROUP_ROWS = 16_384
COLUMNS: Mapping[str, type[pl.DataType]] = {
    "image_id": pl.String,
    "number": pl.UInt32,
    "kind": pl.String,
    "x0": pl.Int32,
    "y0": pl.Int32,
    "x1": pl.Int32,
    "y1": pl.Int32,
    "area_px": pl.Int64,
    "runs": pl.Binary,
}
EDGE_COLUMNS = ("y0", "x0", "y1", "x1")
"""The columns of the table that hold top, left, bottom and right."""


def shard_path(folder: Path, shard: int) -> Path:
    """Where shard number ``shard`` of the dataset in ``folder`` lies."""
    return folder / "instances" / f"part-{shard:05d}.parquet"


def shard_number(path: Path) -> int | None:
    """Number of the shard that a file is; None if it is none."""
    digits = path.stem.removeprefix("part-")
    return int(digits) if path.suffix == ".parquet" and path.stem != digits and digits.isdecimal() else None


def rows_of(image_id: str, instances: InstanceMasks) -> pl.DataFrame:
    """The instances of one image as rows, in their order."""
    boxes = {name: instances.boxes[:, place] for place, name in enumerate(EDGE_COLUMNS)}
    values = {
        "image_id": [image_id] * len(instances),
        "number": instances.numbers,
        "kind": list(instances.kinds) or [""] * len(instances),
        **boxes,
        "area_px": instances.areas_px,
        "runs": instances.encoded(),
    }
    return pl.DataFrame(values, schema=dict(COLUMNS))


def instances_from(rows: pl.DataFrame, shape: Shape) -> InstanceMasks:
    """The instances of an image of ``shape`` from the rows of `rows_of`.

    Raises:
        LabelsError: if they don't fit into the image.
    """
    kinds = rows["kind"].to_list()
    boxes = rows.select(EDGE_COLUMNS).to_numpy().astype(np.int32, copy=False)
    numbers = rows["number"].to_numpy().astype(np.uint32, copy=False)
    return InstanceMasks.from_encoded(shape, boxes, rows["runs"].to_list(), numbers, kinds if any(kinds) else ())


class ShardWriter:
    """Gathers rows of whole images and writes them as a new shard."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._frames: list[pl.DataFrame] = []
        self.row_count = 0

    def add(self, rows: pl.DataFrame) -> int:
        """Take the rows of an image and return the number of the first in the shard."""
        first = self.row_count
        self._frames.append(rows)
        self.row_count += rows.height
        return first

    def write(self) -> int:
        """Write what was gathered as a shard of its own, start anew, and return the number of the shard.

        Raises:
            OutputError: if it can't be written.
        """
        rows = pl.concat(self._frames) if self._frames else pl.DataFrame(schema=dict(COLUMNS))
        self._frames, self.row_count = [], 0
        taken = {shard_number(path) or 0 for path in (self._folder / "instances").glob("part-*.parquet")}
        shard = max(taken, default=0) + 1
        with atomic_file(shard_path(self._folder, shard)) as temporary:
            rows.write_parquet(temporary, row_group_size=ROW_GROUP_ROWS)
        return shard


@dataclass(frozen=True)
class Place:
    """Where the instances of an image lie: ``count`` rows from ``first`` of shard number ``shard``."""

    image_id: str
    shard: int
    first: int
    count: int


def place_in(row: Mapping[str, Any]) -> Place:
    """Where the instances of an image lie, from its row in the table of images."""
    return Place(row["image_id"], row["part"], row["first_row"], row["instance_count"])


class ShardReader:
    """Reads the instances of images; keeps the last shard, as images one after another lie in one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shard = -1
        self._rows = pl.DataFrame(schema=dict(COLUMNS))

    def rows(self, place: Place) -> pl.DataFrame:
        """Rows of one image.

        Raises:
            InputError: if they are not there.
        """
        if place.count and place.shard != self._shard:
            self._rows, self._shard = _read(shard_path(self._folder, place.shard)), place.shard
        return _checked(self._rows.slice(place.first, place.count), place)


def read_rows(folder: Path, place: Place) -> pl.DataFrame:
    """Rows of one image, without reading all of its shard.

    Raises:
        InputError: if they are not there.
    """
    if not place.count:
        return pl.DataFrame(schema=dict(COLUMNS))
    return _checked(_read(shard_path(folder, place.shard), place.first, place.count), place)


def _read(path: Path, first: int = 0, count: int | None = None) -> pl.DataFrame:
    try:
        return pl.scan_parquet(path, glob=False).slice(first, count).select(*COLUMNS).collect()
    except (pl.exceptions.PolarsError, OSError, OverflowError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = str(error).partition("\n")[0]
    return InputError(f"{path}: can't be read ({reason}). Bring the file back, or import its images again.")


def _checked(rows: pl.DataFrame, place: Place) -> pl.DataFrame:
    """The rows, if they are as many as they should be and all of the image."""
    if rows.height != place.count or (place.count and rows["image_id"].unique().to_list() != [place.image_id]):
        raise InputError(
            f"image {place.image_id!r}: its instances are not where the table of images says. Import it again."
        )
    return rows


def live_rows(folder: Path, images: pl.DataFrame) -> pl.LazyFrame:
    """The instances of all images, one table that is read as far as it is needed.

    Args:
        folder: of the dataset.
        images: table of images: image_id, part, instance_count. A shard may hold rows of images that were since
            replaced or removed; those are passed over.
    """
    used = images.filter(pl.col("instance_count") > 0)
    whole: list[Path] = []
    filtered: list[pl.LazyFrame] = []
    for (shard,), group in used.group_by("part", maintain_order=True):
        path = shard_path(folder, int(str(shard)))
        rows = pl.scan_parquet(path, glob=False)
        if _height(path) == group["instance_count"].sum():
            whole.append(path)
        else:
            filtered.append(rows.filter(pl.col("image_id").is_in(group["image_id"].to_list())).select(*COLUMNS))
    scans = [pl.scan_parquet(whole, glob=False).select(*COLUMNS)] if whole else []
    return pl.concat([*scans, *filtered]) if used.height else pl.LazyFrame(schema=dict(COLUMNS))


def _height(path: Path) -> int:
    """Number of rows of a shard, from its end."""
    try:
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error


def remove_unused(folder: Path, used: Iterable[int]) -> None:
    """Delete the shards that no image uses."""
    keep = set(used)
    for path in (folder / "instances").glob("*"):
        number = shard_number(path)
        if number is not None and number not in keep:
            path.unlink(missing_ok=True)
