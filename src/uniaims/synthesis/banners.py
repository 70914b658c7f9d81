"""Instrument banners with scale bars, drawn with known truth.

Two families so far: `table_banner`, two rows of cells with a split bar on the right, as FEI and Thermo Fisher
microscopes draw it, and `cell_banner`, a bar with end ticks on the left and columns of text, as Zeiss SmartSEM
does. A bar runs from the centre of one end tick to the centre of the other, with sub-pixel ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from uniaims.errors import SettingsError
from uniaims.synthesis.instrument import Instrument

_UNITS = (("nm", 1.0), ("µm", 1e3), ("mm", 1e6))
_STEPS = (1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 100.0, 200.0, 300.0, 400.0, 500.0)
_TICK_PX = 2.0


@dataclass(frozen=True)
class ScaleBar:
    """A drawn bar: its ends (tick centres) at `left_px` and `right_px`, its row `row_px`, and what it stands for."""

    left_px: float
    right_px: float
    row_px: float
    length_nm: float
    text: str

    @property
    def length_px(self) -> float:
        """Distance of the end ticks' centres."""
        return self.right_px - self.left_px


@dataclass(frozen=True, eq=False)
class Bannered:
    """An image (H + banner height, W) or (..., 3) uint8 with a banner below, the bar, and the banner's first row."""

    image: NDArray[np.uint8]
    bar: ScaleBar
    top_px: int


@dataclass(frozen=True)
class _Canvas:
    """A strip to draw on, in grey levels."""

    strip: Image.Image
    ink: int

    def text(self, x: float, y: float, text: str, size: float) -> None:
        """Write `text` with its left end at `x` and its vertical middle at `y`."""
        draw, font = ImageDraw.Draw(self.strip), _font(size)
        draw.text((x, y), text.replace("µ", "u"), fill=self.ink, font=font, anchor="lm")
        for offset in _micro_offsets(text, size):
            self._micro_stem(x + offset, y, size)

    def _micro_stem(self, x: float, y: float, size: float) -> None:
        """The stroke below the line that makes a u a µ: the font has no µ."""
        draw, font = ImageDraw.Draw(self.strip), _font(size)
        left, top, _, bottom = draw.textbbox((x, y), "u", font=font, anchor="lm")
        width = max(1.0, 0.09 * size)
        self.box(left + 0.02 * size, (top + bottom) / 2, left + 0.02 * size + width, bottom + 0.22 * size)

    def box(self, left: float, top: float, right: float, bottom: float) -> None:
        """Fill a rectangle; edges between pixels (pixel n covers n to n + 1) are blended by covered area."""
        pixels = np.asarray(self.strip, dtype=np.float64)
        cover = np.outer(_covered(top, bottom, pixels.shape[0]), _covered(left, right, pixels.shape[1]))
        blended = pixels + (self.ink - pixels) * cover
        self.strip.paste(Image.fromarray(np.rint(blended).astype(np.uint8)))


def table_banner(image: NDArray[np.uint8], instrument: Instrument, height_px: int = 72) -> Bannered:
    """Add a black strip with a table of two rows and, on the right, a bar split by its label."""
    width = image.shape[1]
    canvas = _Canvas(Image.new("L", (width, height_px), 0), 255)
    bar_left = round(0.70 * width)
    cells = _table_cells(instrument, width)
    edges = np.rint(np.linspace(0, bar_left, len(cells) + 1)).astype(int)
    for (head, value), left, right in zip(cells, edges, edges[1:], strict=False):
        middle = (left + right) / 2
        for text, row, size in ((head, 0.27, 0.25), (value, 0.70, 0.30)):
            fitting = min(size * height_px, size * height_px * 0.9 * (right - left) / _width(text, size * height_px))
            canvas.text(middle - _width(text, fitting) / 2, row * height_px, text, fitting)
    _table_lines(canvas, [int(edge) for edge in edges[1:]])
    bar = _split_bar(canvas, instrument, (bar_left, width))
    return _stacked(image, canvas, bar)


def cell_banner(image: NDArray[np.uint8], instrument: Instrument, height_px: int = 72) -> Bannered:
    """Add a white strip with a ticked bar under its label on the left and facts in columns."""
    width = image.shape[1]
    canvas = _Canvas(Image.new("L", (width, height_px), 255), 0)
    size = 0.27 * height_px
    bar = _ticked_bar(canvas, instrument, (0.03 * width, 0.25 * width))
    for column, facts in enumerate(_column_facts(instrument, width)):
        for row, text in enumerate(facts):
            canvas.text(width * (0.29 + 0.24 * column), height_px * (0.3 + 0.4 * row), text, size)
    return _stacked(image, canvas, bar)


BANNERS: dict[str, Callable[..., Bannered]] = {
    "cell": cell_banner,
    "table": table_banner,
}
"""Banner families by name."""


def length_text(length_nm: float) -> str:
    """Write a length with the largest unit that leaves a number from 1 up: ``20 µm``."""
    unit, factor = next((entry for entry in reversed(_UNITS) if length_nm >= entry[1] * (1 - 1e-9)), _UNITS[0])
    return f"{length_nm / factor:.4g} {unit}"


def round_length_nm(longest_nm: float) -> float:
    """Longest bar of a customary length (1, 2, 3, 4, 5, 10, ... nm, µm or mm) that is no longer than `longest_nm`.

    Raises:
        SettingsError: if that is less than 1 nm.
    """
    fitting = [step * factor for _, factor in _UNITS for step in _STEPS if step * factor <= longest_nm]
    if not fitting:
        raise SettingsError(f"the bar has room for {longest_nm:g} nm: wanted 1 nm or more. Give a larger pixel size.")
    return max(fitting)


def _table_cells(instrument: Instrument, width: int) -> list[tuple[str, str]]:
    return [
        ("date", instrument.date),
        ("HV", f"{instrument.voltage_kv:.2f} kV"),
        ("mag", f"{instrument.magnification(width):,.0f} x".replace(",", " ")),
        ("det", instrument.detector),
        ("mode", instrument.mode),
        ("WD", f"{instrument.working_distance_mm:.1f} mm"),
        ("HFW", _field_text(instrument, width)),
    ]


def _column_facts(instrument: Instrument, width: int) -> list[tuple[str, str]]:
    return [
        (f"EHT = {instrument.voltage_kv:.2f} kV", f"WD = {instrument.working_distance_mm:.1f} mm"),
        (f"Signal A = {instrument.detector}", f"Mag = {instrument.magnification(width) / 1e3:.2f} K X"),
        (f"Width = {_field_text(instrument, width)}", f"Date: {instrument.date}"),
    ]


def _field_text(instrument: Instrument, width: int) -> str:
    field_nm = instrument.field_width_nm(width)
    unit, factor = next((entry for entry in reversed(_UNITS) if field_nm >= entry[1]), _UNITS[0])
    return f"{field_nm / factor:#.3g} {unit}".replace(". ", " ")


def _table_lines(canvas: _Canvas, edges: list[int]) -> None:
    height, width = canvas.strip.height, canvas.strip.width
    for top in (0, height - 1):
        canvas.box(0, top, width, top + 1)
    for left in (0, *(edge - 1 for edge in edges), width - 1):
        canvas.box(left, 0, left + 1, height)


def _split_bar(canvas: _Canvas, instrument: Instrument, span: tuple[float, float]) -> ScaleBar:
    """End ticks, a line from each towards the label in the middle."""
    height = canvas.strip.height
    length_nm = round_length_nm(0.82 * (span[1] - span[0]) * instrument.pixel_size_nm)
    text, size = length_text(length_nm), 0.30 * height
    length, middle, row = length_nm / instrument.pixel_size_nm, sum(span) / 2, 0.5 * height
    left, right = middle - length / 2, middle + length / 2
    gap = _width(text, size) / 2 + 0.1 * height
    for end in (left, right):
        canvas.box(end - _TICK_PX / 2, 0.30 * height, end + _TICK_PX / 2, 0.70 * height)
    canvas.box(left, row - 1, middle - gap, row + 1)
    canvas.box(middle + gap, row - 1, right, row + 1)
    canvas.text(middle - _width(text, size) / 2, row, text, size)
    return ScaleBar(left, right, row, length_nm, text)


def _ticked_bar(canvas: _Canvas, instrument: Instrument, span: tuple[float, float]) -> ScaleBar:
    """An I-shaped bar with its label above."""
    height = canvas.strip.height
    length_nm = round_length_nm((span[1] - span[0]) * instrument.pixel_size_nm)
    text, size = length_text(length_nm), 0.30 * height
    left, row = span[0], 0.68 * height
    right = left + length_nm / instrument.pixel_size_nm
    for end in (left, right):
        canvas.box(end - _TICK_PX / 2, row - 0.14 * height, end + _TICK_PX / 2, row + 0.14 * height)
    canvas.box(left, row - 1, right, row + 1)
    canvas.text((left + right - _width(text, size)) / 2, 0.30 * height, text, size)
    return ScaleBar(left, right, row, length_nm, text)


def _stacked(image: NDArray[np.uint8], canvas: _Canvas, bar: ScaleBar) -> Bannered:
    """Put the strip below the image; the bar's row then counts from the image's top."""
    top = image.shape[0]
    strip = np.asarray(canvas.strip, dtype=np.uint8)
    whole = np.vstack([image, strip if image.ndim == 2 else np.dstack([strip] * 3)])
    return Bannered(whole, ScaleBar(bar.left_px, bar.right_px, top + bar.row_px, bar.length_nm, bar.text), top)


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    """The font inside Pillow (Aileron, free of any licence), so that no font file is looked for."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise SettingsError("Pillow has no FreeType here: wanted one with it. Install Pillow from its wheels.")
    return font


def _width(text: str, size: float) -> float:
    """Width of `text` in pixels."""
    return _font(size).getlength(text.replace("µ", "u"))


def _micro_offsets(text: str, size: float) -> list[float]:
    return [_width(text[:index], size) for index, letter in enumerate(text) if letter == "µ"]


def _covered(start: float, stop: float, count: int) -> NDArray[np.float64]:
    """How much of each of `count` pixels lies between `start` and `stop`, 0 to 1."""
    edges = np.arange(count, dtype=np.float64)
    return np.asarray(np.clip(np.minimum(edges + 1, stop) - np.maximum(edges, start), 0, 1))
