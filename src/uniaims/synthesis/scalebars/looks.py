"""What a style is made of: data only. Ranges are (lowest, highest); what is drawn is chosen between them."""

from dataclasses import dataclass
from typing import TypeAlias

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars.canvas import Ink

Range: TypeAlias = tuple[float, float]

WHITE: Ink = (255, 255, 255)
BLACK: Ink = (0, 0, 0)
GRAY: Ink = (128, 128, 128)
RED: Ink = (230, 30, 30)
YELLOW: Ink = (255, 230, 0)
BLUE: Ink = (30, 70, 220)
GREEN: Ink = (40, 220, 60)
CYAN: Ink = (60, 220, 240)
INKS = {
    "white": WHITE, "black": BLACK, "gray": GRAY, "red": RED, "yellow": YELLOW, "blue": BLUE, "green": GREEN,
    "cyan": CYAN,
}  # fmt: skip
"""Colours by name."""

BAR_KINDS = (
    "plain", "rounded", "hollow", "segmented", "dashed", "striped", "ticked", "graduated", "bracket",
    "split", "split ticked", "arrow", "arrow ticked", "dots", "ruler", "ruler lined",
)  # fmt: skip
"""How a bar can be drawn; `bars` says how each looks."""

PLACES = ("above", "below", "left", "right", "inside", "split", "under right", "under left", "over left", "none")
"""Where a label can stand."""

CORNERS = ("bottom right", "bottom left", "bottom", "top right", "top left", "anywhere")


def _check(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise SettingsError(f"{what} is {name!r}: wanted one of {', '.join(names)}.")


@dataclass(frozen=True)
class BarLook:
    """A bar.

    Attributes:
        kind: one of `BAR_KINDS`.
        thickness: over the height of the label's digits.
        tick: height of ticks, or diameter of dots, over the height of the digits.
        parts: intervals of a ruler, pieces of a segmented bar.
        outline: whether it has a rim of the opposite ink.
        vertical: whether it runs downwards.
        sub_pixel: whether its ends may lie between pixels, as in figures that were resized.
        even: whether all marks of a ruler are alike; else the first, the middle and the last are larger.
    """

    kind: str = "plain"
    thickness: Range = (0.15, 0.45)
    tick: Range = (0.6, 1.1)
    parts: int = 10
    outline: bool = False
    vertical: bool = False
    sub_pixel: bool = False
    even: bool = False

    def __post_init__(self) -> None:
        _check("bar", self.kind, BAR_KINDS)


@dataclass(frozen=True)
class LabelLook:
    """A label.

    Attributes:
        places: where it may stand, some of `PLACES`.
        roles: kinds of face, some of `typefaces.ROLES`.
        bold: how often it is bold.
        weight, stretch, slant: as in `typefaces.Lettering`.
        monospaced: whether each letter takes the same width.
        grain: whether the letters are made of square dots.
        gap: distance from the bar over the height of the digits.
        forms: how value and unit are put together.
        micro: how µm may be written.
        digits: ``plain`` 0.5, ``three`` 1.00, ``point`` 1.0, ``comma`` 0,5.
        fractions: how often 100 to 900 nm are written as 0.1 to 0.9 µm, and so on.
        outline: whether the letters have a rim of the opposite ink.
        shadow: whether they throw a shadow of the opposite ink to the right and down.
        dotted: whether the square dots of `grain` stand apart, as old instruments print them.
        capitals: whether it is written in capitals.
        inches: spellings of inches or of mils (thousandths of one), where lengths are written in these; else empty.
    """

    places: tuple[str, ...] = ("above", "below")
    roles: tuple[str, ...] = ("sans",)
    bold: float = 0.3
    weight: Range = (0.0, 0.0)
    stretch: Range = (0.92, 1.08)
    slant: Range = (0.0, 0.0)
    monospaced: bool = False
    grain: bool = False
    gap: Range = (0.2, 0.6)
    forms: tuple[str, ...] = ("{value} {unit}", "{value} {unit}", "{value}{unit}")
    micro: tuple[str, ...] = ("µm", "µm", "μm", "um")
    digits: str = "plain"
    fractions: float = 0.25
    outline: bool = False
    shadow: bool = False
    dotted: bool = False
    capitals: bool = False
    inches: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for place in self.places:
            _check("label", place, PLACES)


@dataclass(frozen=True)
class Column:
    """A column of an instrument's strip.

    Attributes:
        rows: templates of its texts, top to bottom (`facts` has the names).
        share: width over that of the image; None: as wide as its texts.
        bar: where the bar stands in it, 0 top to 1 bottom; None: no bar.
        rows_from, rows_to: part of the strip's height that the rows take.
        align: ``left``, ``centre`` or ``right``.
        size: of the letters, over that of the strip's.
    """

    rows: tuple[str, ...] = ()
    share: float | None = None
    bar: float | None = None
    rows_from: float = 0.0
    rows_to: float = 1.0
    align: str = "left"
    size: float = 1.0


@dataclass(frozen=True)
class StripLook:
    """An instrument's strip.

    Attributes:
        columns: left to right; one of them has a bar.
        height: over the width of the image.
        digits: height of the digits over that of the strip.
        ground: its colours; empty: drawn over the micrograph.
        inks: of text and bar, beside the ground at the same place.
        rules: ink of the lines between columns; None: no lines.
        frame: whether lines run around it too.
        top: whether it stands above the image.
        spread: whether columns are spread over the whole width.
        bar_align: where in its column the bar stands.
    """

    columns: tuple[Column, ...]
    height: Range = (0.055, 0.075)
    digits: float = 0.22
    ground: tuple[Ink, ...] = (BLACK,)
    inks: tuple[Ink, ...] = (WHITE,)
    rules: Ink | None = None
    frame: bool = False
    top: bool = False
    spread: bool = True
    bar_align: str = "centre"


@dataclass(frozen=True)
class Caption:
    """Text that always stands in a corner of this style's images."""

    text: str
    corner: str = "top left"
    ink: Ink = WHITE
    size: float = 1.0


@dataclass(frozen=True)
class Style:
    """A way to draw a scale bar.

    Attributes:
        name: unique.
        group: who draws it so: an instrument, a program, ``figure``.
        bar, label: how they look.
        span: length of the bar over the width of the image (height, for a vertical one).
        lengths_nm: powers of ten of the lengths that it shows.
        digits: height of the digits over the height of the image, for bars inside the image.
        inks: colours to choose from by contrast with what is behind.
        backing: colours of a box behind; empty: none.
        backing_opacity: of that box.
        frame: whether that box has a border.
        corners: where it may stand, some of `CORNERS`.
        margin: distance from the corner over the sides of the image; (0, 0): its ink touches the edges.
        edge_px: width of a line around the micrograph, in px; 0: none.
        opacity: of the ink: below 1 for low contrast.
        strip: the instrument's strip; None: the bar stands inside the image.
        captions: further text inside the image.
        original: name of a strip style that stands half cropped below, with a bar of its own.
        barless: whether only the label is drawn.
    """

    name: str
    group: str
    bar: BarLook = BarLook()
    label: LabelLook = LabelLook()
    span: Range = (0.08, 0.32)
    lengths_nm: Range = (1.0, 1e6)
    digits: Range = (0.022, 0.06)
    inks: tuple[Ink, ...] = (WHITE, BLACK)
    backing: tuple[Ink, ...] = ()
    backing_opacity: float = 1.0
    frame: bool = False
    corners: tuple[str, ...] = ("bottom right", "bottom right", "bottom left")
    margin: Range = (0.012, 0.06)
    edge_px: int = 0
    opacity: Range = (1.0, 1.0)
    strip: StripLook | None = None
    captions: tuple[Caption, ...] = ()
    original: str | None = None
    barless: bool = False

    def __post_init__(self) -> None:
        for corner in self.corners:
            _check("corner", corner, CORNERS)
