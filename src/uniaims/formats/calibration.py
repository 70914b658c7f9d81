"""From what the metadata says to one pixel size that can be trusted, or none and the reason why."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from uniaims.formats.numbers import doubtful_numbers
from uniaims.formats.raw_image import Acquisition, Calibration

SMALLEST_NM = 1e-4
LARGEST_NM = 1e6
"""Pixel sizes outside 0.1 pm .. 1 mm belong to no micrograph."""

SQUARE_TOLERANCE = 0.005
"""Pixels whose sides differ by at most this part are square: numbers of three digits and whole image sizes err so."""
LARGEST_ASPECT = 20.0
"""Where one side is longer than the other by more than this factor, one of them is something else."""

_BANNER_TOLERANCE = 0.15
"""Metadata often leave the data bar out of the image height: height ratios may differ by so much from width ratios."""


@dataclass(frozen=True)
class CheckedPixelSize:
    """A plausible pixel size in nm, or None; what the user should know about it; height / width of a pixel.

    Of pixels that are not square `nm` is the side of the square of the same area.
    """

    nm: float | None
    warnings: tuple[str, ...]
    aspect: float = 1.0


@dataclass(frozen=True)
class _Noted:
    """A number and what was decided to get it."""

    value: float
    warnings: tuple[str, ...] = ()


def understood(source: str, parse: Callable[[str], Calibration]) -> Calibration:
    """What ``parse(source)`` returns, or a calibration with only a warning where it fails.

    Damaged metadata are no reason to lose the image, and parsers raise what they like on them: so every
    exception becomes a warning, and so does every number in them that can be read in two ways.
    """
    try:
        with doubtful_numbers() as doubts:
            calibration = parse(source)
        noted = tuple(f"{source}: {doubt}" for doubt in dict.fromkeys(doubts))
        return replace(calibration, warnings=calibration.warnings + noted)
    except Exception as error:
        text = f"{source} can't be understood ({type(error).__name__}: {error}): it is not used"
        return Calibration(source, warnings=(text,))


def told(calibrations: list[Calibration]) -> list[Calibration]:
    """The calibrations of vendors' places, with a warning on each that names no pixel size where none of them does."""
    if any(part.pixel_width_nm or part.pixel_height_nm for part in calibrations):
        return calibrations
    return [part if part.warnings else replace(part, warnings=(_silence(part.source),)) for part in calibrations]


def _silence(source: str) -> str:
    return f"{source} is there, but no pixel size in it was understood: give the pixel size, or look for the scale bar"


def is_plausible(pixel_size_nm: float) -> bool:
    """Whether a pixel size in nm can belong to a micrograph (0.1 pm .. 1 mm, finite)."""
    return math.isfinite(pixel_size_nm) and SMALLEST_NM <= pixel_size_nm <= LARGEST_NM


def pixel_aspect(width_nm: float, height_nm: float) -> float:
    """Height / width of a pixel; exactly 1.0 where they differ by no more than the tolerance."""
    return 1.0 if math.isclose(width_nm, height_nm, rel_tol=SQUARE_TOLERANCE) else height_nm / width_nm


def has_plausible_aspect(aspect: float) -> bool:
    """Whether height / width can be that of a micrograph's pixels (1/20 .. 20)."""
    return 1 / LARGEST_ASPECT <= aspect <= LARGEST_ASPECT


def checked_pixel_size(calibration: Calibration, shape: tuple[int, ...]) -> CheckedPixelSize:
    """Pixel size of an image of `shape` (H, W, ...) from one calibration.

    Refuses implausible values and corrects for a resize after export.
    """
    width_nm, height_nm = calibration.pixel_width_nm, calibration.pixel_height_nm
    sides = [side for side in (width_nm, height_nm) if side is not None]
    if not sides:
        return CheckedPixelSize(None, ())
    refused = [side for side in sides if not is_plausible(side)]
    if refused:
        text = f"{calibration.source} gives a pixel size of {refused[0]:g} nm, which can't be true: it is not used"
        return CheckedPixelSize(None, (text,))
    aspect = pixel_aspect(sides[0], sides[-1])
    if not has_plausible_aspect(aspect):
        text = f"{calibration.source} gives pixels of {sides[0]:g} x {sides[1]:g} nm, which can't be true: not used"
        return CheckedPixelSize(None, (text,))
    side = _side(sides, aspect, calibration.source)
    resize = _resize(calibration, shape)
    return CheckedPixelSize(side.value * resize.value, side.warnings + resize.warnings, aspect)


def merged_acquisition(calibrations: tuple[Calibration, ...]) -> Acquisition:
    """Acquisition facts of all calibrations; where two speak of the same, the first is right."""
    merged = Acquisition()
    for calibration in calibrations:
        facts = calibration.acquisition
        if facts != Acquisition():
            named = Acquisition(source=calibration.source)
            merged = merged.filled_from(facts.filled_from(named))
    return merged


def _side(sides: list[float], aspect: float, source: str) -> _Noted:
    """Side of the square of the same area; the width of pixels that are square."""
    if aspect == 1.0:
        return _Noted(sides[0])
    text = (
        f"{source} gives pixels of {sides[0]:g} x {sides[1]:g} nm (width x height): they are not square, "
        "so every length is measured with both sides"
    )
    return _Noted(math.sqrt(sides[0] * sides[1]), (text,))


def _resize(calibration: Calibration, shape: tuple[int, ...]) -> _Noted:
    """Factor (in `nm`) from the pixel size that the metadata mean to that of the pixels at hand."""
    if calibration.image_size is None or min(calibration.image_size) < 1:
        return _Noted(1.0)
    stated_width, stated_height = calibration.image_size
    height, width = shape[0], shape[1]
    if stated_width == width:
        return _Noted(1.0)
    factor = stated_width / width
    sizes = f"{calibration.source} speaks of {stated_width} x {stated_height} pixels, the image has {width} x {height}"
    if abs(factor * height / stated_height - 1) <= _BANNER_TOLERANCE:
        return _Noted(factor, (f"{sizes}: it was resized, and the pixel size is corrected by {factor:.4g}",))
    return _Noted(1.0, (f"{sizes}: taken as cropped, so the pixel size is kept; give it if this is wrong",))
