"""The page that shows what is in a dataset: one HTML file that fetches nothing."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from uniaims.dataset.census import STATES, Census, take_census
from uniaims.dataset.image_table import Row
from uniaims.dataset.store import Dataset
from uniaims.dataset.thumbnails import Thumbnail, thumbnail
from uniaims.pages.charts import histogram_chart, named_dots, range_bar, ruler
from uniaims.pages.page import Layout, write_page
from uniaims.pages.svg import Scale
from uniaims.pages.units import count, counted, length_unit, number, percent
from uniaims.progress import Progress

LAYOUT = Layout("uniaims.dataset", "statistics.html.j2", styles=("statistics.css",), scripts=("statistics.js",))
SHOWN_IMAGES = 12
MOST_VALUES = 7
"""Of more values of a field than these, the others are summed up."""
UNSAID = "not said"

_ORDERED = {
    "review_state": ("unlabelled", "suggested", "labelled", "reviewed", "rejected"),
    "split": ("train", "validation", "test"),
}
_NAMES = {"signal": "Imaging signal", "material_class": "Material class", "size_range": "Size range"}
_EXTREMES = (
    ("Most instances", "instances", True),
    ("Fewest instances", "instances", False),
    ("Densest", "cover", True),
    ("Sparsest", "cover", False),
    ("Largest instance", "largest_px", True),
    ("Smallest instance", "smallest_px", False),
)
_IN_EXTREMES = 3

_Choice = Callable[[NDArray[np.int64]], np.intp]
_OF_AN_INSTANCE: dict[str, _Choice] = {"largest_px": np.argmax, "smallest_px": np.argmin}
"""Extremes that one instance makes, chosen by the areas; its surroundings are shown."""


def write_statistics(path: str | Path, dataset: Dataset, condition: str = "", progress: Progress | None = None) -> None:
    """Write the page.

    Args:
        path: of the HTML file; folders are made.
        dataset: what it shows.
        condition: which images; see `Dataset.query`.
        progress: called with ``("pictures", done, total)``.

    Raises:
        InputError: if no image is chosen, or instances can't be read.
        OutputError: if the file can't be written.
    """
    census = take_census(dataset, condition)
    view = {
        "kind": "dataset",
        "name": dataset.manifest.name,
        "description": dataset.manifest.description,
        "condition": condition,
        "created": dataset.manifest.created,
        "figures": _figures(census),
        **_pictures(dataset, census, progress),
        "instances": _instance_plots(census),
        "sizes": _size_plots(census),
        "table": _cross_table(census.images),
        "attributes": [_bars(name, census.values[name]) for name in census.values if name not in STATES],
        "kinds": _bars("kind of instance", census.kinds),
        "states": [_stack(name, census.values[name], len(census.images)) for name in STATES],
    }
    write_page(path, LAYOUT, view, {"stem": dataset.manifest.name or "dataset"})


def _figures(census: Census) -> list[Mapping[str, str]]:
    images, diameters = census.images, census.diameters_px
    counts = images["instances"].to_numpy()
    pixels = int((images["width_px"] * images["height_px"]).sum())
    known = int(images["pixel_size_nm"].is_not_null().sum())
    middle, ends = "–", "no instances"
    if len(diameters):
        low, half, high = (number(float(value), 3) for value in np.percentile(diameters, (10, 50, 90)))
        middle, ends = f"{half} px", f"P10 {low}, P90 {high} px"
    return [
        {"name": "Images", "value": count(len(images)), "note": f"{number(pixels / 1e6, 3)} megapixels"},
        {"name": "Instances", "value": count(census.instance_count), "note": _kinds_note(census)},
        {
            "name": "Per image",
            "value": number(float(np.median(counts)), 3),
            "note": f"median; {count(int(counts.min()))} to {count(int(counts.max()))}",
        },
        {"name": "Median diameter", "value": middle, "note": ends},
        {
            "name": "Covered",
            "value": percent(float(np.median(images["cover"].to_numpy())), 0),
            "note": "of the pixels, median of images",
        },
        *_not_annotated(images, pixels),
        {"name": "Pixel size known", "value": percent(known / len(images), 0), "note": counted(known, "image")},
    ]


def _not_annotated(images: pl.DataFrame, pixels: int) -> list[Mapping[str, str]]:
    """How much is ignored, if anything is."""
    ignored, holders = int(images["ignored_px"].sum()), int((images["ignored_px"] > 0).sum())
    note = f"of the pixels, in {counted(holders, 'image')}"
    return [{"name": "Not annotated", "value": percent(ignored / pixels), "note": note}] if ignored else []


def _kinds_note(census: Census) -> str:
    kinds = sum(bool(kind) for kind in census.kinds)
    return f"of {counted(kinds, 'kind')}" if kinds else "kinds not said"


def _pictures(dataset: Dataset, census: Census, progress: Progress | None) -> Mapping[str, object]:
    """The contact sheet, evenly over the dataset, and the images at the ends of the scales."""
    rows = census.images.to_dicts()
    chosen = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, SHOWN_IMAGES).astype(int))]
    wanted: list[tuple[str, Row, str, _Choice | None]] = [("", row, "instances", None) for row in chosen]
    for title, column, descending in _EXTREMES:
        filled = census.images.filter(pl.col("instances") > 0).sort(
            column, "image_id", descending=[descending, False], nulls_last=True
        )
        which = _OF_AN_INSTANCE.get(column)
        wanted += [(title, row, column, which) for row in filled.head(_IN_EXTREMES).to_dicts()]
    drawn: dict[str, list[Mapping[str, object]]] = {}
    for done, (title, row, column, which) in enumerate(wanted, 1):
        place = int(which(dataset.instances(row["image_id"]).areas_px)) if which else None
        card = _card(row, thumbnail(dataset, row["image_id"], place), _said(column, row[column]))
        drawn.setdefault(title, []).append(card)
        if progress:
            progress("pictures", done, len(wanted))
    return {"sheet": drawn.pop(""), "extremes": list(drawn.items())}


def _said(column: str, value: float) -> str:
    """What stands below a picture: the value for which it is shown."""
    if column == "cover":
        return f"{percent(value)} covered"
    return counted(int(value), "instance") if column == "instances" else f"{count(int(value))} px"


def _card(row: Row, picture: Thumbnail, note: str) -> Mapping[str, object]:
    about = ", ".join(str(row[name]) for name in ("modality", "structure") if row[name])
    return {"name": row["image_id"], "picture": picture, "note": note, "about": about}


def _instance_plots(census: Census) -> Mapping[str, object]:
    filled = census.images.filter(pl.col("instances") > 0)
    counts = filled["instances"].to_numpy().astype(np.float64)
    if not len(counts):
        return {}
    diameters = filled["median_px"].to_numpy().astype(np.float64)
    names = [name or UNSAID for name in filled["modality"].to_list()]
    scatter, order = named_dots(diameters, counts, names, ("Median diameter / px", "Instances per image"))
    return {
        "histogram": histogram_chart(counts, "Instances per image", "images"),
        "empty": len(census.images) - len(filled),
        "scatter": scatter,
        "legend": order,
    }


def _size_plots(census: Census) -> Mapping[str, object]:
    if not len(census.diameters_px):
        return {}
    filled, width = census.images.filter(pl.col("instances") > 0), 372.0 if len(census.diameters_nm) else 560.0
    cover = 100 * filled["cover"].to_numpy()
    plots: dict[str, object] = {
        "px": histogram_chart(census.diameters_px, "Equivalent diameter / px", "instances", width=width),
        "cover": histogram_chart(cover, "Covered by instances / %", "images", logarithmic=False, width=width),
    }
    if len(census.diameters_nm):
        unit = length_unit(float(np.median(census.diameters_nm)))
        label = f"Equivalent diameter / {unit.symbol}"
        plots["nm"] = histogram_chart(census.diameters_nm / unit.size, label, "instances", width=width)
        plots["nm_count"] = len(census.diameters_nm)
    table = census.by_structure
    low, high = float(np.min(table["low"].to_numpy())), float(np.max(table["high"].to_numpy()))
    shared = Scale(low / 1.1, high * 1.1, 12, 420, logarithmic=True)
    plots["ruler"] = ruler(shared, "Equivalent diameter / px")
    plots["rows"] = [
        row
        | {"structure": row["structure"] or UNSAID, "bar": range_bar(row["low"], row["middle"], row["high"], shared)}
        | {name: number(row[name], 3) for name in ("low", "middle", "high")}
        for row in table.to_dicts()
    ]
    return plots


def _cross_table(images: pl.DataFrame) -> Mapping[str, object]:
    """Images by modality and structure; ``shade`` is the share of the highest count, of which the root is taken."""
    counted = images.group_by("modality", "structure").agg(pl.len().alias("images"), pl.col("instances").sum())
    cells = {(row["modality"], row["structure"]): row for row in counted.to_dicts()}
    rows, columns = _by_total(cells, 0), _by_total(cells, 1)
    highest = max(cell["images"] for cell in cells.values())
    return {
        "columns": [name or UNSAID for name in columns],
        "rows": [
            {
                "name": modality or UNSAID,
                "cells": [_cell(cells.get((modality, structure)), highest) for structure in columns],
                "total": sum(cell["images"] for (one, _), cell in cells.items() if one == modality),
            }
            for modality in rows
        ],
    }


def _by_total(cells: Mapping[tuple[str, str], Mapping[str, int]], side: int) -> list[str]:
    totals: dict[str, int] = {}
    for key, cell in cells.items():
        totals[key[side]] = totals.get(key[side], 0) + cell["images"]
    return sorted(totals, key=lambda name: (not name, -totals[name], name))


def _cell(cell: Mapping[str, int] | None, highest: int) -> Mapping[str, object] | None:
    if cell is None:
        return None
    return {
        "images": cell["images"],
        "instances": cell["instances"],
        "shade": round(100 * (cell["images"] / highest) ** 0.5),
    }


def _bars(field: str, counts: Mapping[str, int]) -> Mapping[str, object]:
    """The most frequent values of a field, with bars as long as they are frequent."""
    known = [(value, count) for value, count in counts.items() if value]
    total, longest = sum(counts.values()), max((count for _, count in known), default=1)
    shown, rest = known[:MOST_VALUES], known[MOST_VALUES:]
    return {
        "name": _name_of(field),
        "unsaid": counts.get("", 0),
        "total": total,
        "values": [{"value": value, "count": count, "width": 100 * count / longest} for value, count in shown],
        "rest": {"values": len(rest), "count": sum(count for _, count in rest)} if rest else None,
    }


def _stack(field: str, counts: Mapping[str, int], total: int) -> Mapping[str, object]:
    """The values of a field side by side, as shares of one bar."""
    if field == "synthetic":
        counts = {{"true": "computed", "false": "taken"}.get(value, value): count for value, count in counts.items()}
    ordered = [
        value for value in _ORDERED.get(field, sorted(counts, key=lambda value: -counts[value])) if value in counts
    ]
    values = [*(value for value in ordered if value), *([""] if "" in counts else [])]
    return {
        "name": _name_of(field),
        "values": [
            {
                "value": value or UNSAID,
                "count": counts[value],
                "share": 100 * counts[value] / total,
                "said": bool(value),
            }
            for value in values
        ],
    }


def _name_of(field: str) -> str:
    return _NAMES.get(field, field.replace("_", " ").capitalize())
