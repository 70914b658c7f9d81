"""The overview of a batch: one row per image with its picture, numbers and size distribution on a shared axis."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from uniaims.names import listed
from uniaims.pages.page import Layout, write_page
from uniaims.pages.pictures import jpeg_data_uri
from uniaims.pages.units import NOTHING, PIXEL, LengthUnit, count, counted, finite, length_unit, number, percent, plain
from uniaims.report.content import IndexEntry, IndexFailure, IndexWay
from uniaims.report.violins import Violin, axis_row, comparison_chart, shared_scale, violin_row

THUMBNAIL_PX = 160
THUMBNAIL_BYTES = 12_000
MOST_ROWS_IN_FIGURE = 40
"""Above this many images the figure would not fit a page; the table's rows show the same."""

LAYOUT = Layout("uniaims.report", "index.html.j2", styles=("index.css",), scripts=("index.js",))
_ROW_WIDTH = 400.0


@dataclass(frozen=True)
class _Group:
    """Images that share a unit: those with a pixel size, or those without."""

    entries: tuple[IndexEntry, ...]
    unit: LengthUnit
    calibrated: bool

    @property
    def axis_label(self) -> str:
        return f"Equivalent diameter / {self.unit.symbol}"

    def sizes(self, entry: IndexEntry) -> NDArray[np.float64]:
        """Finite positive diameters of an entry in the group's unit."""
        values = finite(np.asarray(entry.diameters, np.float64))
        return values[values > 0] / self.unit.size

    def violins(self) -> list[Violin]:
        return [Violin(entry.name, self.sizes(entry)) for entry in self.entries]


def write_index(
    path: str | Path,
    entries: Sequence[IndexEntry],
    failures: Sequence[IndexFailure] = (),
    title: str = "Batch overview",
    ways: Sequence[IndexWay] = (),
) -> None:
    """Write the self-contained HTML overview of a batch.

    Args:
        path: where to; folders are made. The entries' ``href`` are relative to its folder.
        entries: the analysed images, in any order; shown by name.
        failures: the images that could not be analysed.
        title: heading; shown as text, never as markup.
        ways: in which different ways the images were analysed; empty where all were analysed alike.

    Raises:
        OutputError: if the file can't be written.
    """
    groups = _groups(sorted(entries, key=lambda entry: entry.name))
    view = {
        "kind": "overview",
        "title": title,
        "finding": _finding(entries, failures),
        "figures": _key_figures(entries, failures),
        "failures": failures,
        "failure_lead": f"{counted(len(failures), 'image')} could not be analysed; nothing was written for "
        f"{'it' if len(failures) == 1 else 'them'}.",
        "ways": [_way_view(way) for way in ways],
        "groups": [_group_view(group) for group in groups],
        "comparisons": [_comparison(group) for group in groups if 2 <= len(group.entries) <= MOST_ROWS_IN_FIGURE],
    }
    write_page(path, LAYOUT, view, {"stem": "batch"})


def _way_view(way: IndexWay) -> Mapping[str, object]:
    return {"images": counted(len(way.names), "image"), "names": listed(way.names), "facts": way.facts}


def _groups(entries: Sequence[IndexEntry]) -> list[_Group]:
    known = tuple(entry for entry in entries if entry.pixel_size_nm is not None)
    unknown = tuple(entry for entry in entries if entry.pixel_size_nm is None)
    medians = [_median(entry.diameters) for entry in known]
    typical = float(np.nanmedian(medians)) if np.isfinite(medians).any() else math.nan
    groups = (_Group(known, length_unit(typical), calibrated=True), _Group(unknown, PIXEL, calibrated=False))
    return [group for group in groups if group.entries]


def _finding(entries: Sequence[IndexEntry], failures: Sequence[IndexFailure]) -> str:
    total = sum(entry.instance_count for entry in entries)
    parts = [f"{counted(total, 'object')} in {counted(len(entries), 'image')}."]
    unknown = sorted(entry.name for entry in entries if entry.pixel_size_nm is None)
    if unknown:
        named = f" ({listed(unknown)})" if len(unknown) < len(entries) else ""
        parts.append(f"{counted(len(unknown), 'image')} without a known pixel size{named}: sizes in pixels.")
    if failures:
        parts.append(f"{counted(len(failures), 'image')} failed.")
    return " ".join(parts)


def _key_figures(entries: Sequence[IndexEntry], failures: Sequence[IndexFailure]) -> list[Mapping[str, str]]:
    total = sum(entry.instance_count for entry in entries)
    cut = sum(entry.border_count for entry in entries)
    warned = sum(bool(entry.warnings) for entry in entries)
    seconds = [entry.seconds for entry in entries if entry.seconds is not None]
    per_image = f"{number(sum(seconds) / len(seconds), 3)} s per image" if seconds else ""
    return [
        {"name": "Images", "value": count(len(entries)), "unit": "", "note": "analysed"},
        {"name": "Objects", "value": count(total), "unit": "", "note": "in all images"},
        {
            "name": "Complete objects",
            "value": count(total - cut),
            "unit": "",
            "note": f"{count(cut)} cut by the border",
        },
        {"name": "Failed", "value": count(len(failures)), "unit": "", "note": "listed below" if failures else "none"},
        {
            "name": "With warnings",
            "value": count(warned),
            "unit": "",
            "note": counted(len(entries), "image") + " in all",
        },
        {
            "name": "Time",
            "value": number(sum(seconds), 3) if seconds else "–",
            "unit": "s" if seconds else "",
            "note": per_image,
        },
    ]


def _group_view(group: _Group) -> Mapping[str, object]:
    scale = shared_scale(group.violins(), 8.0, _ROW_WIDTH - 8)
    name = "Images" if group.calibrated else "Images without a pixel size"
    lead = "Diameters and distributions are those of complete objects; one logarithmic axis for all rows."
    return {
        "id": "images" if group.calibrated else "images-in-pixels",
        "name": name,
        "short": "Images" if group.calibrated else "In pixels",
        "lead": lead,
        "unit": group.unit.symbol,
        "calibrated": group.calibrated,
        "axis": axis_row(scale, group.axis_label),
        "rows": [
            _row(group, entry, order, violin_row(Violin(entry.name, group.sizes(entry)), scale, group.unit.symbol))
            for order, entry in enumerate(group.entries)
        ],
    }


def _row(group: _Group, entry: IndexEntry, order: int, violin: Markup) -> Mapping[str, object]:
    sizes = group.sizes(entry)
    low, middle, high = (float(q) for q in np.percentile(sizes, (10, 50, 90))) if len(sizes) else (math.nan,) * 3
    cells = [
        _cell(entry.instance_count, count(entry.instance_count)),
        _cell(entry.border_count, count(entry.border_count)),
        _cell(middle, number(middle)),
        _cell(high - low, f"{number(low)} – {number(high)}") if len(sizes) > 1 else _cell(None, NOTHING),
        _cell(entry.area_fraction, percent(entry.area_fraction)),
    ]
    if group.calibrated and entry.pixel_size_nm is not None:
        pixel_unit = length_unit(entry.pixel_size_nm)
        cells.append(
            _cell(entry.pixel_size_nm, f"{plain(entry.pixel_size_nm / pixel_unit.size, 4)} {pixel_unit.symbol}")
        )
    return {
        "name": entry.name,
        "order": order,
        "href": quote(entry.href),
        "thumbnail": None if entry.thumbnail is None else jpeg_data_uri(entry.thumbnail, THUMBNAIL_PX, THUMBNAIL_BYTES),
        "warnings": entry.warnings,
        "warning_count": counted(len(entry.warnings), "warning"),
        "cells": cells,
        "violin": violin,
    }


def _cell(value: float | None, text: str) -> Mapping[str, str]:
    return {"value": "NaN" if value is None else repr(float(value)), "text": text}


def _comparison(group: _Group) -> Mapping[str, object]:
    svg = comparison_chart(group.violins(), group.axis_label, group.unit.symbol)
    caption = (
        "Distributions of the equivalent diameter of the complete objects, by image: density of the logarithm of the "
        "size (Gaussian kernel, Silverman's bandwidth), box from the lower to the upper quartile, ring at the median. "
        "Images with fewer than eight objects show each as a dot."
    )
    return {"svg": svg, "caption": caption}


def _median(values: NDArray[np.float64]) -> float:
    kept = finite(np.asarray(values, np.float64))
    return float(np.median(kept)) if len(kept) else math.nan
