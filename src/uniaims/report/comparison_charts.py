"""Drawings of groups side by side: ratios with intervals, violins with the pictures' medians, cumulative curves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from uniaims.pages.svg import Scale, bottom_axis, drawing, element, line, text, text_width
from uniaims.pages.units import counted, interval, number
from uniaims.report.violins import Violin, shared_scale, short_name, violin_marks

WIDTH, ROW = 1136.0, 46.0
HUES = 7
BAND_FROM, BAND_SAMPLES = 5, 200
"""Groups of so many pictures or more get a band, from so many samples."""
CURVE_POINTS = 160


@dataclass(frozen=True)
class Ratio:
    """A ratio with the ends of its interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """A group's sizes (n,) in the shown unit, and the medians of its pictures."""

    name: str
    values: NDArray[np.float64]
    medians: tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """A group's sizes in the shown unit, by picture, each ordered."""

    name: str
    pictures: tuple[NDArray[np.float64], ...]


def ratio_chart(ratios: Sequence[Ratio], width: float = WIDTH) -> Markup:
    """Draw each ratio as a dot with its interval on one logarithmic axis, and the line of no difference."""
    left = _names_width([ratio.name for ratio in ratios])
    ends = [end for ratio in ratios for end in (ratio.low, ratio.high, 1.0) if np.isfinite(end)]
    low, high = min(ends), max(ends)
    room = max(high / low, 1.02) ** 0.12
    across = Scale(low / room, high * room, left, width - 18, logarithmic=True)
    top, bottom = 8.0, 8.0 + ROW * 0.7 * len(ratios)
    parts = [line(across(1), top, across(1), bottom, "marker")]
    for index, ratio in enumerate(ratios):
        y = top + ROW * 0.7 * (index + 0.5)
        tip = f"{ratio.name}\n{number(ratio.value, 4)} ({interval(ratio.low, ratio.high, 4)})"
        parts.append(text(left - 10, y + 4, short_name(ratio.name), "end", "title"))
        if np.isfinite(ratio.low):
            parts.append(element("path", d=f"M{across(ratio.low):.1f} {y:.1f}H{across(ratio.high):.1f}", class_="fit"))
        parts.append(element("circle", cx=across(ratio.value), cy=y, r=4.5, class_="ratio", data_tip=tip))
    parts += bottom_axis(across, bottom, "Ratio, second group to first", wanted=5, edge=width)
    return drawing(width, bottom + 44, parts, f"Ratios of {counted(len(ratios), 'pair')} of groups with intervals.")


def violin_chart(rows: Sequence[Row], axis_label: str, unit: str, width: float = WIDTH) -> Markup:
    """Draw a violin for each group with a dot for the median of each picture."""
    violins = [Violin(row.name, row.values) for row in rows]
    left = _names_width([row.name for row in rows])
    across = shared_scale(violins, left, width - 18)
    top, bottom = 6.0, 6.0 + ROW * len(rows)
    parts = [line(across(tick), top, across(tick), bottom, "grid") for tick in across.ticks(6)]
    for index, (row, violin) in enumerate(zip(rows, violins, strict=True)):
        middle = top + ROW * (index + 0.5)
        parts.append(text(left - 10, middle + 4, short_name(row.name), "end", "title"))
        parts += violin_marks(violin, across, middle, ROW * 0.42, unit)
        for place, median in enumerate(row.medians):
            y = middle + (8 if place % 2 else -8)  # two lines: dots of pictures that are alike stay apart
            parts.append(element("circle", cx=across(median), cy=y, r=3, class_="picture-median"))
    parts += bottom_axis(across, bottom, axis_label, edge=width)
    return drawing(width, bottom + 44, parts, f"{axis_label} of {counted(len(rows), 'group')}, one row each.")


def cumulative_chart(curves: Sequence[Curve], axis_label: str, width: float = WIDTH) -> Markup:
    """Draw the share of objects up to each size for each group, with a band or the pictures' own curves."""
    height, top, bottom, left = 424.0, 34.0, 380.0, 52.0
    violins = [Violin(curve.name, np.concatenate(curve.pictures)) for curve in curves]
    across = shared_scale(violins, left, width - 18)
    up = Scale(0, 100, bottom, top)
    sizes = np.geomspace(across.low, across.high, CURVE_POINTS)
    parts = [line(left, up(tick), width - 18, up(tick), "grid") for tick in (25, 50, 75, 100)]
    parts += [text(left - 8, up(tick) + 4, str(tick), "end") for tick in (0, 25, 50, 75, 100)]
    parts.append(
        text(14, (top + bottom) / 2, "Objects / %", "middle", "title", f"rotate(-90 14 {(top + bottom) / 2:g})")
    )
    x = left
    for index, curve in enumerate(curves):
        hue = f"hue-{index % HUES}"
        name = short_name(curve.name)
        parts.append(line(x, 14, x + 18, 14, f"curve {hue}"))
        parts.append(text(x + 24, 18, name, "start", "strong"))
        x += 44 + text_width(name)
        parts += _curves(curve, sizes, across, up, hue)
    parts += bottom_axis(across, bottom, axis_label, edge=width)
    return drawing(width, height, parts, f"Cumulative share of {axis_label} of {counted(len(curves), 'group')}.")


def _curves(curve: Curve, sizes: NDArray[np.float64], across: Scale, up: Scale, hue: str) -> list[str]:
    xs = [across(float(size)) for size in sizes]
    shares = np.array([np.searchsorted(values, sizes, "right") / len(values) for values in curve.pictures])
    counts = np.array([len(values) for values in curve.pictures], np.float64)
    parts = []
    if len(counts) >= BAND_FROM:
        low, high = _band(shares, counts)
        there = [f"{px:.1f} {up(100 * y):.1f}" for px, y in zip(xs, high, strict=True)]
        back = [f"{px:.1f} {up(100 * y):.1f}" for px, y in zip(xs[::-1], low[::-1], strict=True)]
        parts.append(element("path", d="M" + "L".join(there + back) + "Z", class_=f"band {hue}"))
    elif len(counts) > 1:
        parts += [_path(xs, own, up, f"own-curve {hue}") for own in shares]
    whole = (counts @ shares) / counts.sum()
    return [*parts, _path(xs, whole, up, f"curve {hue}")]


def _path(xs: Sequence[float], shares: NDArray[np.float64], up: Scale, class_: str) -> str:
    points = "L".join(f"{x:.1f} {up(100 * float(y)):.1f}" for x, y in zip(xs, shares, strict=True))
    return element("path", d="M" + points, class_=class_)


def _band(shares: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where 95 % of pooled curves (s,) lie when pictures, then objects, are drawn anew."""
    random = np.random.default_rng(0)
    samples = []
    for _ in range(BAND_SAMPLES):
        chosen = random.integers(0, len(counts), len(counts))
        drawn = [_redrawn(shares[place], int(counts[place]), random) for place in chosen]
        samples.append(counts[chosen] @ np.array(drawn) / counts[chosen].sum())
    low, high = np.quantile(samples, [0.025, 0.975], axis=0)
    return low, high


def _redrawn(shares: NDArray[np.float64], many: int, random: np.random.Generator) -> NDArray[np.float64]:
    """The curve (s,) of as many objects drawn from those of a curve."""
    steps = np.clip(np.diff(shares, prepend=0.0, append=1.0), 0, None)
    drawn: NDArray[np.float64] = np.cumsum(random.multinomial(many, steps / steps.sum()))[:-1] / many
    return drawn


def _names_width(names: Sequence[str]) -> float:
    return 18 + 1.1 * max((text_width(short_name(name)) for name in names), default=0.0)
