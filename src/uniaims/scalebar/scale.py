"""What a look for a scale bar brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from uniaims.boxes import Box
from uniaims.formats import Acquisition

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
        torn: whether two bars of different lengths were as likely: nothing but the user may decide that.
        bars: all that were read surely, also where they speak of different scales and none of them is taken.
    """

    bar: ScaleBar | None
    refusals: tuple[str, ...] = ()
    acquisition: Acquisition = field(default_factory=Acquisition)
    drawn: tuple[Box, ...] = ()
    letters: tuple[Box, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    torn: bool = False
    reasons: tuple[str, ...] = ()
    bars: tuple[ScaleBar, ...] = ()
