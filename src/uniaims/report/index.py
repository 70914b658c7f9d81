"""The overview of a batch: one row per image with its picture, numbers and size distribution on a shared axis."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from uniaims.names import listed
from uniaims.pages.language import speaking
from uniaims.pages.page import Layout, write_page
from uniaims.pages.pictures import jpeg_data_uri
from uniaims.pages.report_settings import ReportSettings
from uniaims.pages.units import PIXEL, LengthUnit, Noun, count, counted, finite, length_unit, number, plain
from uniaims.report.content import IndexEntry, IndexFailure, IndexWay, Reading
from uniaims.report.document import Document, chosen_sections
from uniaims.report.files import template_of, write_prints
from uniaims.report.headline import AREA_FRACTION, DIAMETER_RANGE, MEDIAN_DIAMETER, KeyFigure
from uniaims.report.html import USUAL
from uniaims.report.lab_template import LabTemplate
from uniaims.report.presentation import Presentation
from uniaims.report.section import Chart, Section, Table
from uniaims.report.violins import Violin, axis_row, comparison_chart, shared_scale, violin_row

THUMBNAIL_PX = 160
THUMBNAIL_BYTES = 12_000
MOST_ROWS_IN_FIGURE = 40
"""Above this many images the figure would not fit a page; the table's rows show the same."""

INDEX_PDF = "index.pdf"
LAYOUT = Layout("uniaims.report", "index.html.j2", styles=("report.css", "index.css"), scripts=("index.js",))
_ROW_WIDTH = 400.0


@dataclass(frozen=True)
class _Group:
    """Images that share a unit: those with a pixel size, or those without."""

    entries: tuple[IndexEntry, ...]
    unit: LengthUnit
    calibrated: bool
    presentation: Presentation

    @property
    def axis_label(self) -> str:
        return f"{self.presentation.size.label} / {self.unit.symbol}"

    def sizes(self, entry: IndexEntry) -> NDArray[np.float64]:
        """Finite positive diameters of an entry in the group's unit."""
        values = finite(np.asarray(entry.diameters, np.float64))
        return values[values > 0] / self.unit.size

    def violins(self) -> list[Violin]:
        return [self.violin(entry) for entry in self.entries]

    def violin(self, entry: IndexEntry) -> Violin:
        return Violin(entry.name, self.sizes(entry), self.presentation.noun)


def write_index(
    path: str | Path,
    entries: Sequence[IndexEntry],
    failures: Sequence[IndexFailure] = (),
    title: str = "Batch overview",
    ways: Sequence[IndexWay] = (),
    presentation: Presentation = USUAL,
    report: ReportSettings = ReportSettings(),
) -> None:
    """Write the self-contained HTML overview of a batch.

    Args:
        path: where to; folders are made. The entries' ``href`` are relative to its folder.
        entries: the analysed images, in any order; shown by name.
        failures: the images that could not be analysed.
        title: heading; shown as text, never as markup.
        ways: in which different ways the images were analysed; empty where all were analysed alike.
        presentation: how they are told: what objects are called, which figures have a column.
        report: language and template, and whether a PDF beside it is asked for.

    Raises:
        OutputError: if a file can't be written.
    """
    template = template_of(report)
    with speaking(template.language or report.language):
        groups = _groups(sorted(entries, key=lambda entry: entry.name), presentation)
        view = _view(groups, entries, failures, title, ways)
        write_page(path, LAYOUT, view | {"template": template}, {"stem": "batch"})
        write_prints(Path(path).parent, _document(view, groups, template), report, INDEX_PDF)


def _view(
    groups: Sequence[_Group],
    entries: Sequence[IndexEntry],
    failures: Sequence[IndexFailure],
    title: str,
    ways: Sequence[IndexWay],
) -> dict[str, Any]:
    presentation = groups[0].presentation if groups else USUAL
    return {
        "kind": "overview",
        "title": title,
        "finding": _finding(entries, failures, presentation.noun),
        "figures": _key_figures(entries, failures, presentation.noun),
        "failures": failures,
        "failure_lead": f"{counted(len(failures), 'image')} could not be analysed; nothing was written for "
        f"{'it' if len(failures) == 1 else 'them'}.",
        "ways": [_way_view(way) for way in ways],
        "groups": [_group_view(group) for group in groups],
        "comparisons": [_comparison(group) for group in groups if 2 <= len(group.entries) <= MOST_ROWS_IN_FIGURE],
    }


def _document(view: Mapping[str, Any], groups: Sequence[_Group], template: LabTemplate) -> Document:
    """The same for print: tables instead of rows with pictures."""
    figures = tuple(KeyFigure(**figure) for figure in view["figures"])
    sections = [
        Section(
            each["id"], each["name"], lead=each["lead"],
            tables=(Table(("Image", *each["headings"]), tuple(
                (row["name"], *(cell["text"] for cell in row["cells"])) for row in each["rows"])),),
        )
        for each in view["groups"]
    ]  # fmt: skip
    if view["failures"]:
        failed = tuple((each.name, each.message) for each in view["failures"])
        table = Table(("Image", "What stopped it"), failed)
        sections.insert(0, Section("failures", "Failures", lead=view["failure_lead"], tables=(table,)))
    if view["ways"]:
        rows = tuple((f"{way['images']}: {way['names']}", *way["facts"].values()) for way in view["ways"])
        table = Table(("Images", *view["ways"][0]["facts"]), rows)
        sections.append(Section("ways", "These images were analysed in different ways", tables=(table,)))
    charts = [
        Chart(f"comparison-{place}", each["svg"], each["caption"], wide=True, data=_sizes(group), drawn=_drawing(group))
        for place, (each, group) in enumerate(zip(view["comparisons"], groups, strict=False), start=1)
    ]
    if charts:
        sections.append(Section("comparison", "Comparison", figures=tuple(charts)))
    rows_of_all = [row for each in view["groups"] for row in each["rows"]]
    warned = tuple(f"{row['name']}: {text}" for row in rows_of_all for text in row["warnings"])
    return Document(
        "overview", "Batch overview", view["title"], view["finding"], warnings=warned, figures=figures,
        sections=chosen_sections(sections, template), template=template,
    )  # fmt: skip


def _drawing(group: _Group) -> Callable[[float], Markup]:
    return partial(comparison_chart, group.violins(), group.axis_label, group.unit.symbol)


def _sizes(group: _Group) -> dict[str, NDArray[np.generic]]:
    """The sizes of all images in two columns, as they are drawn."""
    names = [np.full(len(group.sizes(entry)), entry.name) for entry in group.entries]
    sizes = [group.sizes(entry) for entry in group.entries]
    return {"Image": np.concatenate(names), group.axis_label: np.concatenate(sizes)}


def _way_view(way: IndexWay) -> Mapping[str, object]:
    return {"images": counted(len(way.names), "image"), "names": listed(way.names), "facts": way.facts}


def _groups(entries: Sequence[IndexEntry], told: Presentation) -> list[_Group]:
    known = tuple(entry for entry in entries if entry.pixel_size_nm is not None)
    unknown = tuple(entry for entry in entries if entry.pixel_size_nm is None)
    medians = [_median(entry.diameters) for entry in known]
    typical = float(np.nanmedian(medians)) if np.isfinite(medians).any() else math.nan
    groups = (_Group(known, length_unit(typical), True, told), _Group(unknown, PIXEL, False, told))
    return [group for group in groups if group.entries]


def _finding(entries: Sequence[IndexEntry], failures: Sequence[IndexFailure], noun: Noun) -> str:
    total = sum(entry.instance_count for entry in entries)
    parts = [f"{noun.counted(total)} in {counted(len(entries), 'image')}."]
    unknown = sorted(entry.name for entry in entries if entry.pixel_size_nm is None)
    if unknown:
        named = f" ({listed(unknown)})" if len(unknown) < len(entries) else ""
        parts.append(f"{counted(len(unknown), 'image')} without a known pixel size{named}: sizes in pixels.")
    if failures:
        parts.append(f"{counted(len(failures), 'image')} failed.")
    return " ".join(parts)


def _key_figures(
    entries: Sequence[IndexEntry], failures: Sequence[IndexFailure], noun: Noun
) -> list[Mapping[str, str]]:
    total, cut = (sum(getattr(entry, name) for entry in entries) for name in ("instance_count", "border_count"))
    warned = sum(bool(entry.warnings) for entry in entries)
    seconds = [entry.seconds for entry in entries if entry.seconds is not None]
    per_image = f"{number(sum(seconds) / len(seconds), 3)} s per image" if seconds else ""
    rows = (
        ("Images", count(len(entries)), "", "analysed"),
        (noun.heading, count(total), "", "in all images"),
        (f"Complete {noun.plural}", count(total - cut), "", f"{count(cut)} cut by the border"),
        ("Failed", count(len(failures)), "", "listed below" if failures else "none"),
        ("With warnings", count(warned), "", counted(len(entries), "image") + " in all"),
        ("Time", number(sum(seconds), 3) if seconds else "–", "s" if seconds else "", per_image),
    )
    return [dict(zip(("name", "value", "unit", "note"), row, strict=True)) for row in rows]


def _group_view(group: _Group) -> Mapping[str, object]:
    scale = shared_scale(group.violins(), 8.0, _ROW_WIDTH - 8)
    name = "Images" if group.calibrated else "Images without a pixel size"
    noun = group.presentation.noun
    lead = f"Diameters and distributions are those of complete {noun.plural}; one logarithmic axis for all rows."
    return {
        "id": "images" if group.calibrated else "images-in-pixels",
        "name": name,
        "short": "Images" if group.calibrated else "In pixels",
        "lead": lead,
        "headings": _headings(group),
        "axis": axis_row(scale, group.axis_label),
        "rows": [
            _row(group, entry, order, violin_row(group.violin(entry), scale, group.unit.symbol))
            for order, entry in enumerate(group.entries)
        ],
    }


def _row(group: _Group, entry: IndexEntry, order: int, violin: Markup) -> Mapping[str, object]:
    return {
        "name": entry.name,
        "order": order,
        "href": quote(entry.href),
        "thumbnail": None if entry.thumbnail is None else jpeg_data_uri(entry.thumbnail, THUMBNAIL_PX, THUMBNAIL_BYTES),
        "warnings": entry.warnings,
        "warning_count": counted(len(entry.warnings), "warning"),
        "cells": _cells(group, entry),
        "violin": violin,
    }


def _cells(group: _Group, entry: IndexEntry) -> list[Mapping[str, str]]:
    """What stands below the headings of a group."""
    readings = _usual_readings(group, entry) | dict(entry.figures)
    cells = [
        _cell(entry.instance_count, count(entry.instance_count)),
        _cell(entry.border_count, count(entry.border_count)),
    ]
    for figure in group.presentation.overview:
        reading = readings.get(figure.name, Reading(math.nan))
        value, unit = figure.written(reading, group.unit)
        cells.append(_cell(reading.value, f"{value} {unit}" if figure.quantity == "density" else value))
    if group.calibrated and entry.pixel_size_nm is not None:
        pixel_unit = length_unit(entry.pixel_size_nm)
        cells.append(
            _cell(entry.pixel_size_nm, f"{plain(entry.pixel_size_nm / pixel_unit.size, 4)} {pixel_unit.symbol}")
        )
    return cells


def _headings(group: _Group) -> list[str]:
    """Of the columns of numbers."""
    named = (figure.column_heading(group.unit, group.presentation.noun) for figure in group.presentation.overview)
    pixel_size = ["Pixel size"] if group.calibrated else []
    return [group.presentation.noun.heading, "Cut by border", *named, *pixel_size]


def _usual_readings(group: _Group, entry: IndexEntry) -> dict[str, Reading]:
    """Those figures that follow from what every entry has."""
    sizes = group.sizes(entry) * group.unit.size
    low, middle, high = (float(q) for q in np.percentile(sizes, (10, 50, 90))) if len(sizes) else (math.nan,) * 3
    return {
        MEDIAN_DIAMETER.name: Reading(middle),
        DIAMETER_RANGE.name: Reading(high - low if len(sizes) > 1 else math.nan, low, high),
        AREA_FRACTION.name: Reading(math.nan if entry.area_fraction is None else entry.area_fraction),
    }


def _cell(value: float, text: str) -> Mapping[str, str]:
    return {"value": "NaN" if math.isnan(value) else repr(float(value)), "text": text}


def _comparison(group: _Group) -> Mapping[str, object]:
    svg = comparison_chart(group.violins(), group.axis_label, group.unit.symbol)
    told = group.presentation
    what, noun = told.size.label[:1].lower() + told.size.label[1:], told.noun
    caption = (
        f"Distributions of the {what} of the complete {noun.plural}, by image: density of the logarithm of the "
        "size (Gaussian kernel, Silverman's bandwidth), box from the lower to the upper quartile, ring at the median. "
        f"Images with fewer than eight {noun.plural} show each as a dot."
    )
    return {"svg": svg, "caption": caption}


def _median(values: NDArray[np.float64]) -> float:
    kept = finite(np.asarray(values, np.float64))
    return float(np.median(kept)) if len(kept) else math.nan
