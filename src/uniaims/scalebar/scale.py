"""What a look for a scale bar brings, and the size of a pixel: given, from metadata, or from the bar."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from uniaims.boxes import Box
from uniaims.deprecation import OldAttribute, takes_old_fields
from uniaims.formats import Acquisition
from uniaims.micrograph import Micrograph, PixelSize

SURE_ALONE = 0.65
"""A bar of a lower confidence needs a second opinion, and is to be compared with the image."""


@dataclass(frozen=True)
class ScaleBar:
    """A scale bar that was found, read and measured.

    Attributes:
        pixel_size_nm: length of a pixel's side.
        length_px: length of the bar, sub-pixel.
        box: around the bar, its ticks included; whole pixels.
        text_box: around its label; None where the length was given.
        text: the label as read; `value` and `unit` are what it means.
        confidence: 0..1.
        kind: "bar", "split" (by its label), "cut" (by tails of letters) or "ruler".
        warnings: sentences for the reader.
        vertical: whether it runs downwards, and so tells how high a pixel is.
    """

    pixel_size_nm: float
    length_px: float
    box: Box
    text_box: Box | None
    text: str
    value: float
    unit: str
    confidence: float
    kind: str = "bar"
    warnings: tuple[str, ...] = ()
    vertical: bool = False


@takes_old_fields
@dataclass(frozen=True)
class ScaleReading:
    """All that a look for a scale bar brought.

    Attributes:
        bar: the scale bar; None where none was found or none was sure.
        refusals: why others, or all, were not taken; sentences.
        acquisition: what the banner says about how the image was taken.
        drawn: boxes of the bar, of its label and of a banner that a detector saw: no sample is to be seen there.
        letters: boxes of single letters that are written over the picture; the sample may go on beside them.
        seconds: wall time by stage.
        reasons: those of the refusals that speak of a bar or of its label, the weightiest last.
        ambiguous: whether two bars of different lengths were as likely: nothing but the user may decide that.
        bars: all that were read surely, also where they speak of different scales and none of them is taken.
    """

    bar: ScaleBar | None
    refusals: tuple[str, ...] = ()
    acquisition: Acquisition = field(default_factory=Acquisition)
    drawn: tuple[Box, ...] = ()
    letters: tuple[Box, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    ambiguous: bool = False
    reasons: tuple[str, ...] = ()
    bars: tuple[ScaleBar, ...] = ()
    upright_text: bool = False
    torn = OldAttribute("ambiguous")


@dataclass(frozen=True)
class SourceRules:
    """When sources of the pixel size disagree."""

    same_share: float = 0.02
    """Sources that differ by more than this part are both named to the reader."""
    contradiction_share: float = 0.1
    """From this part on one of the sources is wrong, by another magnification say, and not only rounded."""
    most_reasons: int = 2


SOURCES = SourceRules()


@dataclass(frozen=True)
class ResolvedPixelSize:
    """The pixel size to use, None where nothing tells it, and sentences for the reader.

    `contradictions` are those of the warnings that the terminal tells too: of sources far apart, and of an unsure bar.
    """

    pixel_size: PixelSize | None
    warnings: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()


def resolve_pixel_size(
    micrograph: Micrograph, given: PixelSize | None = None, reading: ScaleReading | None = None
) -> ResolvedPixelSize:
    """The pixel size of a micrograph: given > metadata > scale bar.

    Args:
        micrograph: with the pixel size of its metadata, if they tell one.
        given: by the user.
        reading: of the scale bar, if it was looked for.
    """
    bar = reading.bar if reading else None
    from_bar = pixel_size_of_bar(bar, micrograph) if bar else None
    used = given or micrograph.pixel_size or from_bar
    if used is None:
        return ResolvedPixelSize(None, _reasons(reading))
    others = [(micrograph.pixel_size, "the file says"), (from_bar, f"the scale bar{_stated(reading)} says")]
    told = [(other, says) for other, says in others if other is not None and other is not used]
    warnings = [_difference(used, other, says) for other, says in told if _apart(used, other) > SOURCES.same_share]
    contradictions = [
        _difference(used, other, says) for other, says in told if _apart(used, other) > SOURCES.contradiction_share
    ]
    if bar is not None and used == from_bar:
        warnings += bar.warnings
        doubts = [_unsure(bar)] if bar.confidence < SURE_ALONE else []
        warnings, contradictions = [*warnings, *doubts], [*contradictions, *doubts]
    return ResolvedPixelSize(used, tuple(warnings), tuple(contradictions))


def _apart(used: PixelSize, other: PixelSize) -> float:
    """How far the used one is from another, as a part of that; of a scale bar only the width counts."""
    apart = abs(used.width_nm / other.width_nm - 1)
    return apart if other.source == "scale bar" else max(apart, abs(used.height_nm / other.height_nm - 1))


def pixel_size_of_bar(bar: ScaleBar, micrograph: Micrograph) -> PixelSize:
    """A level bar tells how wide a pixel is, an upright one how high; the other side only the file can say."""
    aspect, side = micrograph.pixel_size.aspect if micrograph.pixel_size else 1.0, bar.pixel_size_nm
    sides = (side / aspect, side) if bar.vertical else (side, side * aspect)
    return PixelSize.of_sides(*sides, "scale bar")


def _difference(used: PixelSize, other: PixelSize, says: str) -> str:
    """A sentence on two sources that differ."""
    apart = _apart(used, other)
    source = {"given": "that was given", "metadata": "of the file", "scale bar": "of the scale bar"}[used.source]
    return f"The pixel size {source}, {_sides(used)}, is used; {says} {_sides(other)}, {apart:.0%} away from it."


def _unsure(bar: ScaleBar) -> str:
    """A sentence on a bar of low confidence."""
    said = f'"{bar.text}" = {bar.length_px:.1f} px'
    return f"The scale bar, {said}, was read with a confidence of only {bar.confidence:.2f}: compare it with the image."


def _sides(size: PixelSize) -> str:
    """``"2.5 nm"``; ``"2 x 3 nm"`` of pixels that are not square."""
    return f"{size.nm:.6g} nm" if size.aspect == 1.0 else f"{size.width_nm:.6g} x {size.height_nm:.6g} nm"


def _stated(reading: ScaleReading | None) -> str:
    """``" (10 µm = 403.0 px)"``."""
    bar = reading.bar if reading else None
    return f" ({bar.value:g} {bar.unit} = {bar.length_px:.1f} px)" if bar else ""


def _reasons(reading: ScaleReading | None) -> tuple[str, ...]:
    """Why no scale bar was taken, where something like one was seen."""
    return (
        tuple(f"No scale bar was taken: {text}" for text in reading.reasons[-SOURCES.most_reasons :]) if reading else ()
    )
