"""What is in a dataset, counted: sizes, attributes, states, and the images at the ends of the scales."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from uniaims.dataset.ignored import mostly_ignored
from uniaims.dataset.store import Dataset
from uniaims.errors import InputError
from uniaims.records import TEXT_ATTRIBUTES

ATTRIBUTES = ("structure", "signal", "material_class", *TEXT_ATTRIBUTES, "licence", "source", "annotator")
"""Fields whose values are counted."""
STATES = ("review_state", "split", "synthetic", "pixel_size_source")


@dataclass(frozen=True)
class Census:
    """What is in a dataset.

    Attributes:
        images: a row for each image: the columns of `Dataset.images`, ``ignored_px`` (pixels that nobody has
            annotated), ``cover`` (share of the others in instances), ``median_px`` (median diameter), ``smallest_px``
            and ``largest_px`` (areas); NaN or 0 without instances. Instances that lie mostly where nobody has
            annotated are counted nowhere but in ``instances``.
        diameters_px: (N,) diameters of discs of the instances' areas.
        diameters_nm: (M,) those in images of known pixel size.
        by_structure: a row for each structure: structure, instances, images, low, middle, high (P10, P50, P90 of the
            diameter in px).
        kinds: instances by kind.
        values: by field, the images by value.
    """

    images: pl.DataFrame
    diameters_px: NDArray[np.float64]
    diameters_nm: NDArray[np.float64]
    by_structure: pl.DataFrame
    kinds: Mapping[str, int]
    values: Mapping[str, Mapping[str, int]]

    @property
    def instance_count(self) -> int:
        """Number of instances."""
        return int(self.images["instances"].sum())


def take_census(dataset: Dataset, condition: str = "") -> Census:
    """Count what is in the images of a dataset for which a condition holds (see `Dataset.query`).

    Raises:
        InputError: if there is no such image, or instances can't be read.
    """
    images = dataset.select(condition)
    if images.is_empty():
        raise InputError(
            f"{dataset.folder}: there is no image{f' with {condition}' if condition else ''}. Import some."
        )
    about = images.select("image_id", "structure", "pixel_size_nm").lazy()
    rows = dataset.instance_table.select("image_id", "number", "kind", "area_px").join(
        about, on="image_id", how="inner"
    )
    regions = _ignored(dataset, images["image_id"])
    rows = rows.join(regions.hidden.lazy(), on=["image_id", "number"], how="anti")
    diameter = (pl.col("area_px") * (4 / np.pi)).sqrt()
    table = rows.with_columns(diameter.alias("px"), (diameter * pl.col("pixel_size_nm")).alias("nm")).collect()
    seen = table.filter(pl.col("area_px") > 0)
    return Census(
        _with_sizes(images.join(regions.areas, on="image_id", how="left", maintain_order="left"), seen),
        seen["px"].to_numpy().astype(np.float64),
        seen["nm"].drop_nulls().to_numpy().astype(np.float64),
        _by_structure(seen),
        _counted(table["kind"]),
        {name: _counted(images[name].cast(pl.String)) for name in (*ATTRIBUTES, *STATES)},
    )


@dataclass(frozen=True)
class _Regions:
    """What nobody has annotated: ``ignored_px`` by image_id, and the instances (image_id, number) that lie there."""

    areas: pl.DataFrame
    hidden: pl.DataFrame


def _ignored(dataset: Dataset, image_ids: pl.Series) -> _Regions:
    areas, hidden = dict.fromkeys(image_ids, 0), list[tuple[str, int]]()
    for name in image_ids:
        if (region := dataset.ignored(name)) is not None:
            areas[name] = int(np.count_nonzero(region))
            hidden += [(name, number) for number in mostly_ignored(dataset.labels(name), region).tolist()]
    columns = {"image_id": pl.String, "number": pl.UInt32}
    return _Regions(
        pl.DataFrame(
            {"image_id": list(areas), "ignored_px": list(areas.values())},
            {"image_id": pl.String, "ignored_px": pl.Int64},
        ),
        pl.DataFrame(hidden, columns, orient="row"),
    )


def _with_sizes(images: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    sizes = table.group_by("image_id").agg(
        pl.col("area_px").sum().alias("covered"),
        pl.col("px").median().alias("median_px"),
        pl.col("area_px").min().alias("smallest_px"),
        pl.col("area_px").max().alias("largest_px"),
    )
    joined = images.join(sizes, on="image_id", how="left", maintain_order="left")
    known = pl.col("width_px") * pl.col("height_px") - pl.col("ignored_px")
    cover = (pl.col("covered").fill_null(0) / known.clip(1)).clip(0, 1)
    return joined.with_columns(cover.alias("cover"), pl.col("smallest_px", "largest_px").fill_null(0)).drop("covered")


def _by_structure(table: pl.DataFrame) -> pl.DataFrame:
    return (
        table.group_by("structure")
        .agg(
            pl.len().alias("instances"),
            pl.col("image_id").n_unique().alias("images"),
            *(
                pl.col("px").quantile(q, "linear").alias(name)
                for name, q in (("low", 0.1), ("middle", 0.5), ("high", 0.9))
            ),
        )
        .sort("instances", "structure", descending=[True, False])
    )


def _counted(values: pl.Series) -> dict[str, int]:
    """How often each value occurs, the most frequent first."""
    counts = (
        values.fill_null("")
        .alias("value")
        .value_counts(name="count")
        .sort(["count", "value"], descending=[True, False])
    )
    return {str(value): int(count) for value, count in counts.iter_rows()}
