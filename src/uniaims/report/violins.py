"""Size distributions of several images side by side: the comparison of the batch overview."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from uniaims.pages.svg import Scale, bottom_axis, drawing, element, line, numbers_below, text, text_width
from uniaims.pages.units import OBJECT, Noun, count, counted, number

ROW_HEIGHT = 40.0
FEWEST_FOR_A_SHAPE = 8
"""With fewer values a density says more than the data: each value gets a dot instead."""

_BINS = 256
_OUTLINE_POINTS = 90


@dataclass(frozen=True)
class Violin:
    """Sizes of one image.

    Attributes:
        name: row label.
        values: (N,) finite positive sizes in the shown unit.
        noun: what has these sizes.
    """

    name: str
    values: NDArray[np.float64]
    noun: Noun = OBJECT


def shared_scale(violins: Sequence[Violin], start: float, end: float) -> Scale:
    """Make the logarithmic scale that holds the sizes of all rows."""
    filled = [violin.values for violin in violins if len(violin.values)]
    low = min((float(values.min()) for values in filled), default=1.0)
    high = max((float(values.max()) for values in filled), default=10.0)
    ratio = max(high / low, 1.5) ** 0.04
    return Scale(low / ratio, high * ratio, start, end, logarithmic=True)


def violin_row(violin: Violin, scale: Scale, unit: str, height: float = ROW_HEIGHT) -> Markup:
    """Draw one row on a shared scale: density, box from the lower to the upper quartile, median as a ring."""
    parts = [*_grid(scale, 0, height), *violin_marks(violin, scale, height / 2, height * 0.42, unit)]
    return drawing(scale.end + 8, height, parts, f"Sizes of {violin.name}: {_summary(violin, unit)}")


def axis_row(scale: Scale, title: str) -> Markup:
    """Draw the axis that heads the rows."""
    parts = [text((scale.start + scale.end) / 2, 11, title, "middle", "title")]
    width = scale.end + 8
    parts += numbers_below(scale, scale.ticks(6), 28, width)
    return drawing(width, 32, parts, f"Axis: {title}")


def comparison_chart(violins: Sequence[Violin], axis_label: str, unit: str, width: float = 1136.0) -> Markup:
    """Draw all rows with their names and one axis below, to be put into a paper."""
    longest = max((text_width(short_name(violin.name)) for violin in violins), default=0.0)
    counts = [f"n = {count(len(violin.values))}" for violin in violins]
    left, top = 18 + 1.1 * longest, 6.0
    scale = shared_scale(violins, left, width - 18 - max(map(text_width, counts), default=0.0))
    bottom = top + ROW_HEIGHT * 0.8 * len(violins)
    parts = _grid(scale, top, bottom)
    for index, violin in enumerate(violins):
        middle = top + ROW_HEIGHT * 0.8 * (index + 0.5)
        parts.append(text(left - 10, middle + 4, short_name(violin.name), "end", "title"))
        parts += violin_marks(violin, scale, middle, ROW_HEIGHT * 0.34, unit)
        parts.append(text(width, middle + 4, counts[index], "end"))
    parts += bottom_axis(scale, bottom, axis_label, edge=width)
    return drawing(width, bottom + 44, parts, f"{axis_label} of {counted(len(violins), 'image')}, one row each.")


def violin_marks(violin: Violin, scale: Scale, middle: float, half_height: float, unit: str) -> list[str]:
    """Density, box and median of a violin around a middle line; dots where there are too few values."""
    if len(violin.values) < FEWEST_FOR_A_SHAPE:
        return [element("circle", cx=scale(float(v)), cy=middle, r=2.5, class_="box") for v in violin.values]
    lower, median, upper = (float(q) for q in np.percentile(violin.values, (25, 50, 75)))
    shape = element(
        "path", d=_outline(violin.values, scale, middle, half_height), class_="violin", data_tip=_tip(violin, unit)
    )
    box = element(
        "rect", x=scale(lower), y=middle - 1.75, width=max(scale(upper) - scale(lower), 1.0), height=3.5, class_="box"
    )
    return [shape, box, element("circle", cx=scale(median), cy=middle, r=3.5, class_="median")]


def _outline(values: NDArray[np.float64], scale: Scale, middle: float, half_height: float) -> str:
    """Density of log size by a Gaussian kernel, mirrored, cut at the extremes; the widest place has ``half_height``."""
    logs = np.log(values)
    bandwidth = _bandwidth(logs)
    low, high = float(logs.min()), float(logs.max())
    reach = max(3 * bandwidth, 1e-6)
    edges = np.linspace(low - reach, high + reach, _BINS + 1)
    counts, _ = np.histogram(logs, edges)
    density = gaussian_filter1d(counts.astype(np.float64), bandwidth / (edges[1] - edges[0]), mode="constant")
    heights = density / density.max() * half_height
    centres = (edges[:-1] + edges[1:]) / 2
    places = np.linspace(low, high, _OUTLINE_POINTS) if high > low else np.array([low - bandwidth, low + bandwidth])
    x = [scale(float(np.exp(place))) for place in places]
    y = np.interp(places, centres, heights)
    upper_side = [f"{px:.1f} {middle - h:.1f}" for px, h in zip(x, y, strict=True)]
    lower_side = [f"{px:.1f} {middle + h:.1f}" for px, h in zip(x[::-1], y[::-1], strict=True)]
    return "M" + "L".join(upper_side + lower_side) + "Z"


def _bandwidth(logs: NDArray[np.float64]) -> float:
    """Silverman's rule of thumb (1986), with 2 % of the size where all sizes are alike."""
    lower, upper = np.percentile(logs, (25, 75))
    spreads = [spread for spread in (float(logs.std()), float(upper - lower) / 1.34) if spread > 1e-9]
    return float(0.9 * min(spreads, default=0.02) * len(logs) ** -0.2)


def _grid(scale: Scale, top: float, bottom: float) -> list[str]:
    return [line(scale(tick), top, scale(tick), bottom, "grid") for tick in scale.ticks(6)]


def _summary(violin: Violin, unit: str) -> str:
    if not len(violin.values):
        return f"no complete {violin.noun.singular}"
    lower, median, upper = np.percentile(violin.values, (10, 50, 90))
    return f"D10 {number(lower, 3)}, D50 {number(median, 3)}, D90 {number(upper, 3)} {unit}"


def _tip(violin: Violin, unit: str) -> str:
    return f"{violin.name}\n{violin.noun.counted(len(violin.values), 'complete')}\n{_summary(violin, unit)}"


def short_name(name: str) -> str:
    """A name as a row of a drawing has room for it."""
    return name if len(name) <= 34 else f"{name[:16]}…{name[-17:]}"
