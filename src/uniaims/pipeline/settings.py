"""What users choose about an analysis."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from uniaims.errors import PixelSizeError, SettingsError
from uniaims.modes import DEFAULT_MODE, MODES, refuse_unknown_mode
from uniaims.page_choice import METAVAR, PageChoice, check_pages, parse_pages
from uniaims.pages.report_settings import ReportSettings
from uniaims.segmenter.settings import SegmenterSettings
from uniaims.settings import Words, setting

if TYPE_CHECKING:
    from uniaims.boxes import Box
    from uniaims.micrograph import PixelSize


def _same_pixel_size(text: str | None) -> str | None:
    """The pixel size as all texts of its length write it; what is none stays as it is."""
    from uniaims.micrograph import PixelSize

    try:
        return text and str(PixelSize.parse(text))
    except PixelSizeError:
        return text


def _same_panel(text: str | None) -> str | None:
    """The box as all texts of it write it; what is none stays as it is."""
    from uniaims.scalebar import parse_box

    try:
        box = text and parse_box(text)
    except SettingsError:
        return text
    return f"{box.left},{box.top},{box.right},{box.bottom}" if box else None


def _mode_setting() -> Any:
    return setting(
        DEFAULT_MODE,
        "What the analysis is made for: decides what is measured and how it is told.",
        choices=lambda: MODES,
        words=Words("Mode"),
    )


def _outline_setting() -> Any:
    return setting(
        "auto",
        "Which outline sizes belong to: auto (the edge in the grey levels where its law has passed its test), edge, or "
        "network (that of the labels).",
        choices=lambda: ("auto", "edge", "network"),
        words=Words("Outline"),
    )


def _refuse_unknown_outline(outline: str) -> None:
    if outline not in ("auto", "edge", "network"):
        raise SettingsError(f"outline = {outline!r} came: wanted auto, edge or network.")


def _excel_setting() -> Any:
    return setting(
        False,
        "Write results.xlsx too, for Excel; needs the extra excel.",
        words=Words("Excel workbook", in_methods=False, matters=False),
    )


@dataclass(frozen=True)
class MeasureSettings:
    """How labels that are there already are measured.

    Raises:
        SettingsError: if a setting is out of its range.
    """

    mode: str = _mode_setting()
    excel: bool = _excel_setting()
    report: ReportSettings = field(default_factory=ReportSettings)
    outline: str = _outline_setting()

    def __post_init__(self) -> None:
        refuse_unknown_mode(self.mode)
        _refuse_unknown_outline(self.outline)


@dataclass(frozen=True)
class AnalysisSettings:
    """How an image is analysed.

    Raises:
        SettingsError: if a setting is out of its range.
        PixelSizeError: if the pixel size is no length.
    """

    segmenter: SegmenterSettings = field(default_factory=SegmenterSettings)
    pixel_size: str | None = setting(
        None,
        'Side of a pixel with its unit, such as "2.5 nm", or width x height, "2 x 3 nm"; if not given, what file or '
        "scale bar say.",
        words=Words("Pixel size given by the user", in_methods=False, same=_same_pixel_size),
    )
    page: PageChoice = setting(
        None,
        "Which image of files with several, counted from 0; or several, as 1-3,7; or all; if not given, the first.",
        parse=parse_pages,
        metavar=METAVAR,
        words=Words(
            "Image of the file",
            "number {}, counted from 0",
            {None: "the first", 0: "the first"},
            in_methods=False,
            matters=False,
        ),
    )
    scale_bar: bool = setting(
        True,
        "Look for a scale bar: for the pixel size, and to keep it out of what is measured.",
        words=Words("Scale bar", values={False: "not looked for", True: "looked for"}, in_methods=False),
    )
    detector: str | None = setting(
        None,
        "ONNX file of a trained scale bar detector; if not given, the built-in chain.",
        there="file",
        words=Words("Scale bar detector", values={None: "built in"}, in_methods=False, matters=False),
    )
    panel: str | None = setting(
        None,
        "Box of the panel to analyse, x0,y0,x1,y1 in pixels, in figures of several; if not given, all of the image.",
        words=Words("Panel", "{} (left, top, right, bottom)", same=_same_panel),
    )
    mode: str = _mode_setting()
    excel: bool = _excel_setting()
    report: ReportSettings = field(default_factory=ReportSettings)
    outline: str = _outline_setting()

    def __post_init__(self) -> None:
        refuse_unknown_mode(self.mode)
        _refuse_unknown_outline(self.outline)
        self.given_pixel_size()
        check_pages(self.page)
        self.given_panel()

    def given_pixel_size(self) -> "PixelSize | None":
        """The pixel size that the user gave.

        Raises:
            PixelSizeError: if the text is no length.
        """
        if self.pixel_size is None:
            return None
        from uniaims.micrograph import PixelSize

        return PixelSize.parse(self.pixel_size)

    def given_panel(self) -> "Box | None":
        """The panel that the user gave.

        Raises:
            SettingsError: if the text is no box.
        """
        if self.panel is None:
            return None
        from uniaims.scalebar import parse_box

        return parse_box(self.panel)
