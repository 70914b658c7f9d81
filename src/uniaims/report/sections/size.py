"""The size section: for each size property two charts (linear, logarithmic) and a table of figures with intervals."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from uniaims.pages.units import NO_BREAK, NOTHING, interval, number, percent
from uniaims.report import wording
from uniaims.report.charts import SizeDistribution, size_chart
from uniaims.report.findings import Findings
from uniaims.report.section import Chart, Section, Table
from uniaims.report.sizes import CONFIDENCE, KEY_PERCENTILES, NO_FIT, SizeFigures, probability
from uniaims.statistics import Interval, summarise
from uniaims.statistics.budget import rounded

LARGEST_SHARE = 0.05
"""Where the largest object has more of the whole volume, the reader is told."""


@dataclass(frozen=True)
class FigureRow:
    """One row of the table of figures; ``opens`` draws a rule above it, ``key`` makes it bold."""

    name: str
    value: str
    interval: str = ""
    key: bool = False
    opens: bool = False


@dataclass(frozen=True)
class SizeView:
    """One size property as the template shows it."""

    name: str
    label: str
    unit: str
    linear: Markup
    logarithmic: Markup
    caption: str
    rows: tuple[FigureRow, ...]


def section(findings: Findings) -> Section:
    """The charts and tables; where there is no complete object, why."""
    sizes = [size_view(size) for size in findings.sizes]
    details = {"sizes": sizes, "interval_heading": f"{percent(CONFIDENCE, 0)} interval", "noun": findings.noun}
    return Section(
        "size", "Size",
        lead=wording.exclusion(findings) if sizes else "",
        sentences=() if sizes else (wording.nothing_complete(findings),),
        figures=tuple(_chart(each, size) for each, size in zip(findings.sizes[:1], sizes, strict=False)),
        tables=tuple(_table(size) for size in sizes),
        details=details, partial="sections/size.html.j2",
    )  # fmt: skip


def _chart(figures: SizeFigures, view: SizeView) -> Chart:
    """The first of the drawings, with the sizes that it shows."""
    column = figures.column
    data = {column.axis.label: figures.values}
    return Chart(
        "size-distribution", view.linear, view.caption, wide=True, data=data,
        drawn=lambda width: size_chart(_distribution(figures), logarithmic=False, width=width),
    )  # fmt: skip


def _table(view: SizeView) -> Table:
    rows = tuple((row.name, row.value, row.interval) for row in view.rows)
    headings = ("Statistic", "Value", f"{percent(CONFIDENCE, 0)} interval")
    return Table(headings, rows, f"{view.label} / {view.unit}")


def size_view(figures: SizeFigures) -> SizeView:
    """Draw the charts and fill the table of one size property."""
    sizes = _distribution(figures)
    linear, logarithmic = (size_chart(sizes, scale) for scale in (False, True))
    label = figures.column.label
    rows = (*_percentile_rows(figures), *_moment_rows(figures), *_law_rows(figures), *_volume_rows(figures))
    if len(figures.values) == 1:  # one object has no spread
        rows = (FigureRow(f"The only complete {figures.column.noun.singular}", number(figures.values[0]), key=True),)
    return SizeView(figures.column.property_name, label, figures.unit, linear, logarithmic, _caption(figures), rows)


def _distribution(figures: SizeFigures) -> SizeDistribution:
    known = {share: figures.percentiles[share].estimate for share in KEY_PERCENTILES}
    quantiles = {f"x{share},0": value for share, value in known.items() if math.isfinite(value)}
    law = None if figures.why_no_law else figures.fit
    return SizeDistribution(figures.column.axis, figures.values, quantiles, law)


def _percentile_rows(figures: SizeFigures) -> list[FigureRow]:
    names = {50: "x50,0 (median)"}
    return [
        FigureRow(names.get(share, f"x{share},0"), *_told(found), share in KEY_PERCENTILES)
        for share, found in figures.percentiles.items()
    ]


def _told(found: Interval) -> tuple[str, str]:
    """An estimate and the ends of its interval, with the digits that half of its width allows."""
    half = (found.high - found.low) / 2
    if not half > 0:
        return number(found.estimate), interval(found.low, found.high)
    value, low, high = (rounded(each, half)[0] for each in (found.estimate, found.low, found.high))
    return value, f"{low}{NO_BREAK}–{NO_BREAK}{high}"


def _moment_rows(figures: SizeFigures) -> list[FigureRow]:
    summary = summarise(figures.values)
    mean, deviation = figures.mean, figures.deviation
    return [
        FigureRow("Mean", *_told(mean), opens=True),
        FigureRow("Standard deviation", *_told(deviation)),
        FigureRow("Smallest", number(summary.minimum)),
        FigureRow("Largest", number(summary.maximum)),
        FigureRow("Span", number(figures.span, 3), "(x90,0 − x10,0) / x50,0"),
    ]


def _law_rows(figures: SizeFigures) -> list[FigureRow]:
    fit, missing = figures.fit, figures.why_no_law
    distance = FigureRow("Distance to the law", number(fit.ks_distance, 2), f"p {probability(fit.p_value)}")
    if missing:
        row = FigureRow("Log-normal law", NOTHING, missing, opens=True)
        return [row, distance] if missing == NO_FIT else [row]
    return [
        FigureRow("Log-normal median", number(fit.geometric_mean), opens=True),
        FigureRow("Geometric deviation", number(fit.geometric_std, 4)),
        distance,
    ]


def _volume_rows(figures: SizeFigures) -> list[FigureRow]:
    rows = [
        FigureRow(f"x{share},3 by volume", *_told(found), opens=share == 10) for share, found in figures.volume.items()
    ]
    if figures.largest_share > LARGEST_SHARE:
        rows.append(FigureRow("Volume of the largest", percent(figures.largest_share), "few decide these"))
    return rows


def _caption(figures: SizeFigures) -> str:
    noun = figures.column.noun
    curve = f"Bars: {noun.plural} per bin. Dotted: cumulative share (right axis)."
    missing = figures.why_no_law
    if missing == NO_FIT:
        missing = f"the sizes are up to {number(figures.fit.ks_distance, 2)} of their number away from it"
    line = f" Line: log-normal law fitted to the sizes, as {noun.plural} per bin."
    curve += f" No log-normal law is drawn: {missing}." if missing else line
    return f"{figures.column.label} of {noun.counted(len(figures.values), 'complete')}. {curve}"
