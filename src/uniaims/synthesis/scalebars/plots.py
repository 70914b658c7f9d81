"""Pictures that are no micrographs: plots and diagrams, with lengths and lines all over and no scale bar.

Axes with ticks, numbers and units, curves, legends whose entries are lengths beside a piece of line, and sketches with
dimension lines: what a reader of scale bars has to leave alone.
"""

import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.scalebars.canvas import Canvas, Ink, Rectangle
from uniaims.synthesis.scalebars.degradation import Drawn
from uniaims.synthesis.scalebars.groups import choose_lettering, draw_letters
from uniaims.synthesis.scalebars.looks import BLACK, WHITE, LabelLook
from uniaims.synthesis.scalebars.truth import ScaleBarTruth, TextBox
from uniaims.synthesis.scalebars.typefaces import Faces, Lettering, installed_faces, letters

_AXES = ("Length (nm)", "Depth / µm", "Time (s)", "Diameter [nm]", "Position (mm)", "Counts", "Energy (eV)", "q (1/nm)")
_SERIES = ("5 nm", "10 nm", "20 nm", "50 nm", "100 nm", "1 µm", "2 µm", "0 h", "24 h", "fit", "MOnA", "sample A")
_DIMENSIONS = ("10 µm", "500 nm", "2 mm", "50 µm", "h", "200 nm", "d")
_COLOURS: tuple[Ink, ...] = (BLACK, (31, 119, 180), (214, 39, 40), (44, 160, 44), (120, 120, 120))


def draw_plot(shape: tuple[int, int], rng: np.random.Generator, faces: Faces | None = None) -> Drawn:
    """A plot or a sketch (H, W, 3) uint8 of `shape`, and its truth: texts, and no bar."""
    pixels = np.empty((*shape, 3), np.uint8)
    pixels[...] = WHITE
    digits = max(9.0, float(rng.uniform(0.022, 0.034)) * shape[0])
    lettering = choose_lettering(LabelLook(roles=("sans", "serif")), digits, faces or installed_faces(), rng)
    page = _Page(Canvas(pixels), digits, lettering)
    if rng.random() < 0.3:
        _draw_sketch(page, rng)
    else:
        _draw_curves(page, rng)
    return Drawn(pixels, ScaleBarTruth("none", (shape[1], shape[0]), texts=tuple(page.texts)))


class _Page:
    """A canvas to write on, and what was written."""

    def __init__(self, canvas: Canvas, digits_px: float, lettering: Lettering) -> None:
        self.canvas, self.digits_px, self.lettering = canvas, digits_px, lettering
        self.texts: list[TextBox] = []

    def write(self, text: str, x: float, y: float, upright: bool = False) -> None:
        """Write `text` with its middle at (x, y)."""
        drawn = letters(text, self.digits_px, self.lettering)
        mask: NDArray[np.uint8] = np.ascontiguousarray(np.rot90(drawn.mask)) if upright else drawn.mask
        left, top = round(x - mask.shape[1] / 2), round(y - mask.shape[0] / 2)
        if upright:
            self.canvas.stamp(mask, left, top, BLACK)
            return
        self.texts.append(TextBox(drawn.text, draw_letters(self.canvas, drawn, (left, top), BLACK, LabelLook())))


def _draw_curves(page: _Page, rng: np.random.Generator) -> None:
    """Axes with ticks and numbers, curves or columns, and a legend."""
    canvas, digits = page.canvas, page.digits_px
    box = (6 * digits, 2 * digits, canvas.width - 2 * digits, canvas.height - 5 * digits)
    canvas.frame(box, BLACK, float(rng.integers(1, 4)))
    _draw_ticks(page, box, rng)
    page.write(str(rng.choice(_AXES)), (box[0] + box[2]) / 2, box[3] + 3.6 * digits)
    page.write(str(rng.choice(_AXES)), box[0] - 4.8 * digits, (box[1] + box[3]) / 2, upright=True)
    series = list(rng.choice(_SERIES, int(rng.integers(1, 5)), replace=False))
    for number, name in enumerate(series):
        _draw_curve(canvas, box, _COLOURS[number], rng)
        row, line = box[1] + (1.5 + 1.8 * number) * digits, box[2] - 8.5 * digits
        canvas.rectangle((line, row - 1, line + 2.5 * digits, row + 1), _COLOURS[number])
        page.write(str(name), line + 5 * digits, row)


def _draw_ticks(page: _Page, box: Rectangle, rng: np.random.Generator) -> None:
    canvas, digits = page.canvas, page.digits_px
    step = float(rng.choice([0.5, 1.0, 2.0, 10.0, 50.0, 100.0]))
    count = int(rng.integers(4, 8))
    for index in range(count + 1):
        x = box[0] + (box[2] - box[0]) * index / count
        y = box[3] - (box[3] - box[1]) * index / count
        canvas.rectangle((x - 1, box[3] - 0.5 * digits, x + 1, box[3]), BLACK)
        canvas.rectangle((box[0], y - 1, box[0] + 0.5 * digits, y + 1), BLACK)
        page.write(f"{index * step:g}", x, box[3] + 1.2 * digits)
        page.write(f"{index * step:g}", box[0] - 2 * digits, y)


def _draw_curve(canvas: Canvas, box: Rectangle, ink: Ink, rng: np.random.Generator) -> None:
    """A smooth curve of a few waves, or columns."""
    across, width = np.linspace(box[0], box[2], 80), box[2] - box[0]
    waves = sum(
        float(rng.normal()) * np.sin(2 * np.pi * (across - box[0]) / width * n + rng.uniform(0, 6)) for n in range(1, 4)
    )
    share = 0.5 + 0.12 * np.asarray(waves)
    down = box[3] - np.clip(share, 0.03, 0.97) * (box[3] - box[1])
    if rng.random() < 0.25:
        for x, y in zip(across[4::8], down[4::8], strict=True):
            canvas.rectangle((x - 0.03 * width, y, x + 0.03 * width, box[3]), ink)
        return
    for index in range(len(across) - 1):
        canvas.line((across[index], down[index]), (across[index + 1], down[index + 1]), ink, 2.0)


def _draw_sketch(page: _Page, rng: np.random.Generator) -> None:
    """Boxes and rings with dimension lines: a length over a line with ends, as a scale bar has them."""
    canvas, digits = page.canvas, page.digits_px
    for _ in range(int(rng.integers(2, 5))):
        wide, high = float(rng.uniform(0.15, 0.35)) * canvas.width, float(rng.uniform(0.1, 0.25)) * canvas.height
        left = float(rng.uniform(digits, canvas.width - wide - digits))
        top = float(rng.uniform(4 * digits, canvas.height - high - digits))
        level = int(rng.integers(120, 250))
        canvas.rectangle((left, top, left + wide, top + high), (level, level, level))
        canvas.frame((left, top, left + wide, top + high), BLACK, 2)
        row = top - 1.2 * digits
        canvas.rectangle((left, row - 1, left + wide, row + 1), BLACK)
        for end in (left, left + wide):
            canvas.rectangle((end - 1, row - 0.5 * digits, end + 1, row + 0.5 * digits), BLACK)
        page.write(str(rng.choice(_DIMENSIONS)), left + wide / 2, row - 1.2 * digits)
