"""Put a scale bar of a style on an image, with all that stands around it, and say what is true of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from uniaims.deprecation import OldAttribute, takes_old_fields
from uniaims.errors import ImageError, SettingsError
from uniaims.synthesis.scalebars.canvas import Canvas, Ink, Rectangle, around, canvas_of
from uniaims.synthesis.scalebars.degradation import Degradation, Drawn, degraded
from uniaims.synthesis.scalebars.distractors import Scatter, add_distractors, draw_text
from uniaims.synthesis.scalebars.facts import random_facts
from uniaims.synthesis.scalebars.groups import (
    Group,
    choose_lettering,
    draw_group,
    ink_for,
    luminance,
    moved,
    plan_group,
)
from uniaims.synthesis.scalebars.lengths import Length, choose_inches, choose_length, label_text
from uniaims.synthesis.scalebars.looks import BLACK, GRAY, WHITE, Style
from uniaims.synthesis.scalebars.strips import StripText, StripTruth, draw_strip, strip_height
from uniaims.synthesis.scalebars.styles import STYLES
from uniaims.synthesis.scalebars.truth import BarTruth, ScaleBarTruth, TextBox
from uniaims.synthesis.scalebars.typefaces import Faces, installed_faces

_SMALLEST_SIDE_PX = 96
_SMALLEST_DIGITS_PX = 8.0
_PLACES_TRIED = 2
"""The quietest of so many places is taken, as authors do."""
_LEAST_CONTRAST = 28.0
_BLANK_SHARE = 0.1


@takes_old_fields
@dataclass(frozen=True)
class DrawSettings:
    """How images are drawn.

    Attributes:
        blank: share of images without any bar.
        distractors: at most so many in an image.
        degradation: what happens to the finished image.
    """

    blank: float = _BLANK_SHARE
    distractors: int = 4
    degradation: Degradation = field(default_factory=Degradation)

    wear = OldAttribute("degradation")


def draw_scalebar(
    image: NDArray[np.uint8],
    style: Style | str,
    rng: np.random.Generator,
    pixel_size_nm: float | None = None,
    faces: Faces | None = None,
    distractors: int = 0,
    facts: Mapping[str, str] | None = None,
) -> Drawn:
    """Draw a scale bar on `image`, (H, W) or (H, W, 3) uint8, at least 96 px on each side.

    Args:
        image: what to draw on; it is not changed.
        style: a style, or its name in `STYLES`.
        rng: chooses all that the style leaves open.
        pixel_size_nm: of the image; None: it follows from the length chosen.
        faces: fonts (`installed_faces`); None: those that are always there.
        distractors: how many other things are drawn at most.
        facts: texts of the strip that are not left to chance, by the names in `random_facts`.

    Returns:
        The image (higher, if the style has a strip; coloured, if the style is) and the truth.

    Raises:
        ImageError: if the image has another shape or dtype, or is too small.
        SettingsError: if there is no such style, or no length fits the pixel size.
    """
    _check_image(image)
    chosen = style if isinstance(style, Style) else style_named(style)
    fonts = faces or installed_faces()
    job = _Job(canvas_of(image), chosen, fonts, image.shape[0], facts=facts or {})
    span_px = _span_px(chosen, image.shape[:2])
    if chosen.label.inches:
        length = choose_inches(span_px, chosen.lengths_nm, rng, mils="mil" in chosen.label.inches[0])
    else:
        length = choose_length(span_px, chosen.lengths_nm, rng, pixel_size_nm, chosen.label.fractions)
    job, truth = _draw_all(job, length, rng)
    return _finished(image, job, _with_distractors(job, truth, distractors, rng))


def random_scalebar(
    image: NDArray[np.uint8],
    rng: np.random.Generator,
    styles: tuple[Style | str, ...] | None = None,
    settings: DrawSettings | None = None,
    faces: Faces | None = None,
) -> Drawn:
    """Draw a scale bar of any style (or of one of `styles`) or, at times, none, with distractors, then degrade it.

    Raises:
        ImageError: as `draw_scalebar`.
        SettingsError: if there is no such style.
    """
    settings, fonts = settings or DrawSettings(), faces or installed_faces()
    count = int(rng.integers(settings.distractors + 1))
    if rng.random() < settings.blank:
        drawn = draw_nothing(image, rng, fonts, count)
    else:
        known = styles or tuple(STYLES)
        drawn = draw_scalebar(image, known[int(rng.integers(len(known)))], rng, faces=fonts, distractors=count)
    return degraded(drawn, rng, settings.degradation)


def draw_nothing(
    image: NDArray[np.uint8], rng: np.random.Generator, faces: Faces | None = None, distractors: int = 3
) -> Drawn:
    """Draw distractors, but no scale bar.

    Raises:
        ImageError: as `draw_scalebar`.
    """
    _check_image(image)
    job = _Job(canvas_of(image), None, faces or installed_faces(), image.shape[0])
    truth = ScaleBarTruth("none", (job.canvas.width, job.canvas.height))
    return _finished(image, job, _with_distractors(job, truth, distractors, rng))


def style_named(name: str) -> Style:
    """The style of that name.

    Raises:
        SettingsError: if there is none.
    """
    if name not in STYLES:
        raise SettingsError(f"style is {name!r}: wanted one of {', '.join(STYLES)}.")
    return STYLES[name]


@dataclass(frozen=True, eq=False)
class _Job:
    """A canvas, the style to draw, the fonts, the rows of the micrograph (from `top`), and facts that are given."""

    canvas: Canvas
    style: Style | None
    faces: Faces
    rows: int
    top: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def area(self) -> Rectangle:
        """The micrograph, without strips."""
        return 0.0, float(self.top), float(self.canvas.width), float(self.top + self.rows)


def _draw_all(job: _Job, length: Length, rng: np.random.Generator) -> tuple[_Job, ScaleBarTruth]:
    style = job.style
    if style is None:
        return job, ScaleBarTruth("none", (job.canvas.width, job.canvas.height))
    facts = random_facts(rng, length.pixel_size_nm, job.canvas.width) | dict(job.facts)
    label = label_text(length, style.label, rng)
    if style.strip is not None:
        job, strip = _draw_strip(job, style, length, StripText(label, facts), rng)
        truth = _strip_truth(job, strip, length)
    else:
        job, original = _with_original(job, style, length, facts, rng)
        bar = _draw_inside(job, style, length, label, rng)
        truth = _inside_truth(job, style, bar, length)
        if original is not None:
            truth = replace(truth, bars=(*truth.bars, original.bar), banner=original.box, texts=original.texts)
    return job, _with_captions(job, style, truth, facts, rng)


def _draw_strip(
    job: _Job, style: Style, length: Length, text: StripText, rng: np.random.Generator
) -> tuple[_Job, StripTruth]:
    """Add rows for the strip, unless it has no ground, and draw it."""
    look, width, height = style.strip, job.canvas.width, job.canvas.height
    if look is None:
        raise SettingsError(f"style {style.name} has no strip: wanted one with a strip.")
    rows = min(strip_height(look, width, rng), height // 2)
    if look.ground:
        padding = (rows, 0) if look.top else (0, rows)
        job = replace(
            job, canvas=Canvas(np.pad(job.canvas.pixels, (padding, (0, 0), (0, 0)))), top=rows if look.top else 0
        )
    else:
        job = replace(job, rows=job.rows - rows, top=rows if look.top else 0)
    top = 0 if look.top else job.canvas.height - rows
    box = (0.0, float(top), float(width), float(top + rows))
    return job, draw_strip(job.canvas, box, style, length, text, job.faces, rng)


def _strip_truth(job: _Job, strip: StripTruth, length: Length) -> ScaleBarTruth:
    size = (job.canvas.width, job.canvas.height)
    opaque = job.style is not None and job.style.strip is not None and bool(job.style.strip.ground)
    banner = strip.box if opaque else None
    return ScaleBarTruth(_name(job), size, length.pixel_size_nm, (strip.bar,), banner, strip.texts)


def _inside_truth(job: _Job, style: Style, bar: BarTruth, length: Length) -> ScaleBarTruth:
    size = (job.canvas.width, job.canvas.height)
    if style.barless:
        labels = () if bar.text is None or bar.text_box is None else (TextBox(bar.text, bar.text_box),)
        return ScaleBarTruth(style.name, size, length.pixel_size_nm, labels=labels)
    return ScaleBarTruth(style.name, size, length.pixel_size_nm, (bar,))


def _draw_inside(job: _Job, style: Style, length: Length, label: str, rng: np.random.Generator) -> BarTruth:
    """Draw bar and label on the micrograph, on a box if the style has one."""
    group = _fitting_group(job, style, length, label, rng)
    if style.edge_px:
        edge = BLACK if job.canvas.level(job.area)[0] > luminance(GRAY) else WHITE
        job.canvas.frame(job.area, edge, style.edge_px)
    starts = [_inside_start(job, style, group, rng) for _ in range(_PLACES_TRIED)]
    start = min(starts, key=lambda place: job.canvas.level(moved(group, place))[1])
    room = moved(group, start)
    level, texture = job.canvas.level(room)
    if style.backing:
        ground = style.backing[int(rng.integers(len(style.backing)))]
        level = (1 - style.backing_opacity) * level + style.backing_opacity * luminance(ground)
        _draw_backing(job.canvas, room, ground, style, rng)
    ink = ink_for(style.inks, level, rng)
    contrast = max(1.0, abs(luminance(ink) - level))
    opacity = max(float(rng.uniform(*style.opacity)), min(1.0, (texture + _LEAST_CONTRAST) / contrast))
    if opacity < 1 and style.opacity[0] < 1:
        ink = _diluted(ink, level, opacity)
    return draw_group(job.canvas, group, style, start, ink)


def _fitting_group(job: _Job, style: Style, length: Length, label: str, rng: np.random.Generator) -> Group:
    """A group that fits the micrograph: digits shrink until it does."""
    width, height = job.canvas.width, job.rows
    digits = max(_SMALLEST_DIGITS_PX, float(rng.uniform(*style.digits)) * min(height, 1.2 * width))
    lettering = choose_lettering(style.label, digits, job.faces, rng)
    state = rng.bit_generator.state
    group = plan_group(style, length, label, digits, lettering, rng)
    while digits > _SMALLEST_DIGITS_PX and (
        group.box[2] - group.box[0] > 0.92 * width or group.box[3] - group.box[1] > 0.92 * height
    ):
        rng.bit_generator.state = state
        digits = max(_SMALLEST_DIGITS_PX, 0.8 * digits)
        group = plan_group(style, length, label, digits, lettering, rng)
    return group


def _inside_start(job: _Job, style: Style, group: Group, rng: np.random.Generator) -> tuple[float, float]:
    """Start of the bar, so that the group stands in one of the style's corners."""
    left, top, right, bottom = job.area
    wide, high = group.box[2] - group.box[0], group.box[3] - group.box[1]
    corner = str(rng.choice(style.corners))
    least = (4 if style.backing else 2) if style.margin[1] > 0 else 0
    margin_x, margin_y = rng.uniform(*style.margin, 2) * (right - left, bottom - top) + least
    spare_x, spare_y = max(0.0, right - left - wide), max(0.0, bottom - top - high)
    x = float(rng.uniform(0, spare_x)) if corner in {"anywhere", "bottom"} else min(margin_x, spare_x)
    y = float(rng.uniform(0, spare_y)) if corner == "anywhere" else min(margin_y, spare_y)
    x = spare_x - x if "right" in corner else x
    y = spare_y - y if "bottom" in corner else y
    return left + x - group.box[0], top + y - group.box[1]


def _draw_backing(canvas: Canvas, room: Rectangle, ground: Ink, style: Style, rng: np.random.Generator) -> None:
    margin = float(rng.uniform(0.10, 0.25)) * (room[3] - room[1]) + 2
    box = tuple(float(round(edge)) for edge in around([room], margin))
    canvas.rectangle((box[0], box[1], box[2], box[3]), ground, style.backing_opacity)
    if style.frame:
        border = (0, 0, 0) if luminance(ground) > 110 else (255, 255, 255)
        canvas.frame((box[0], box[1], box[2], box[3]), border, float(rng.integers(1, 3)))


def _with_original(
    job: _Job, style: Style, length: Length, facts: dict[str, str], rng: np.random.Generator
) -> tuple[_Job, StripTruth | None]:
    """Add the instrument's strip, cut through in its lower half, that a redrawn figure still shows."""
    if style.original is None:
        return job, None
    source = style_named(style.original)
    before = job.canvas.height
    own = choose_length(
        _span_px(source, (job.rows, job.canvas.width)),
        source.lengths_nm,
        rng,
        length.pixel_size_nm,
        source.label.fractions,
    )
    job, strip = _draw_strip(job, source, own, StripText(label_text(own, source.label, rng), facts), rng)
    cut = job.canvas.height - int(rng.uniform(0.0, 0.25) * (job.canvas.height - before))
    cut = max(cut, int(np.ceil(max(strip.bar.box[3], (strip.bar.text_box or strip.bar.box)[3]))) + 1)
    job = replace(job, canvas=Canvas(np.ascontiguousarray(job.canvas.pixels[:cut])))
    texts = tuple(text for text in strip.texts if text.box[3] <= cut)
    return job, replace(strip, texts=texts, box=(*strip.box[:3], min(strip.box[3], float(cut))))


def _with_captions(
    job: _Job, style: Style, truth: ScaleBarTruth, facts: dict[str, str], rng: np.random.Generator
) -> ScaleBarTruth:
    scatter = Scatter(job.canvas, job.area, job.faces, _taken(truth))
    written: list[TextBox] = []
    for caption in style.captions:
        size = max(_SMALLEST_DIGITS_PX, 0.025 * caption.size * job.rows)
        text = draw_text(scatter, caption.text.format(**facts), caption.corner, size, caption.ink, rng)
        if text is not None:
            written.append(text)
            scatter.taken.append(around([text.box], 3))
    return replace(truth, texts=(*truth.texts, *written))


def _with_distractors(job: _Job, truth: ScaleBarTruth, count: int, rng: np.random.Generator) -> ScaleBarTruth:
    drawn = add_distractors(Scatter(job.canvas, job.area, job.faces, _taken(truth)), count, rng)
    texts = tuple(drawing.text for drawing in drawn if drawing.text is not None)
    return replace(truth, texts=(*truth.texts, *texts), distractors=tuple(drawing.thing for drawing in drawn))


def _taken(truth: ScaleBarTruth) -> list[Rectangle]:
    boxes = [bar.box for bar in truth.bars] + [bar.text_box for bar in truth.bars if bar.text_box is not None]
    boxes += [text.box for text in (*truth.labels, *truth.texts)]
    return [around([box], 8) for box in boxes]


def _finished(image: NDArray[np.uint8], job: _Job, truth: ScaleBarTruth) -> Drawn:
    """The canvas as an image: grey again if it was grey and nothing coloured was drawn."""
    pixels = job.canvas.pixels
    if image.ndim == 2:
        gray = pixels[..., 1]
        if np.array_equal(pixels[..., 0], gray) and np.array_equal(pixels[..., 2], gray):
            pixels = np.ascontiguousarray(gray)
    height, width = pixels.shape[:2]
    return Drawn(pixels, replace(truth, size=(width, height)))


def _span_px(style: Style, shape: tuple[int, ...]) -> tuple[float, float]:
    side = shape[0] if style.bar.vertical else shape[1]
    low = max(style.span[0] * side, 20.0)
    return low, max(style.span[1] * side, 1.5 * low)


def _diluted(ink: Ink, level: float, opacity: float) -> Ink:
    red, green, blue = (round(opacity * channel + (1 - opacity) * level) for channel in ink)
    return red, green, blue


def _name(job: _Job) -> str:
    return "none" if job.style is None else job.style.name


def _check_image(image: NDArray[np.uint8]) -> None:
    wanted = "(H, W) or (H, W, 3) uint8, at least 96 px on each side"
    shaped = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
    if not shaped or image.dtype != np.uint8 or min(image.shape[:2]) < _SMALLEST_SIDE_PX:
        raise ImageError(f"image is {image.shape} {image.dtype}: wanted {wanted}. Convert it first.")
