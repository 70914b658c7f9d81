"""What a reader hands over, and the checks that every image passes, whatever its format."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field, fields, replace
from itertools import accumulate

from uniaims.errors import ImageError
from uniaims.formats.lazy import Pixels
from uniaims.formats.orientation import UPRIGHT, Orientation

MAXIMUM_PIXELS = 2**30
"""Largest plane that is accepted, in pixels (32,768 x 32,768): more is a header gone wrong or made to do harm."""

_UNCHECKED_BYTES = 2**27
_MOST_TIMES_PACKED = 300
"""Micrographs are packed to a third or a fiftieth of their size, planes of one colour to a thousandth."""


@dataclass(frozen=True)
class Acquisition:
    """How the image was taken, as far as the file says; None where it doesn't.

    `source` names the place the facts were found in, such as ``"FEI tag 34682"``.
    """

    instrument: str | None = None
    detector: str | None = None
    voltage_kv: float | None = None
    magnification: float | None = None
    working_distance_mm: float | None = None
    date: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, float) and not math.isfinite(value):
                object.__setattr__(self, item.name, None)

    def filled_from(self, other: "Acquisition") -> "Acquisition":
        """This one with its gaps filled from `other`."""
        gaps = {item.name: getattr(other, item.name) for item in fields(self) if getattr(self, item.name) is None}
        return replace(self, **gaps)


@dataclass(frozen=True)
class Calibration:
    """What one place in a file (a vendor's tag, a side-car) says about scale and acquisition.

    `pixel_width_nm` and `pixel_height_nm` belong to an image of `image_size` (width, height) pixels, where the
    place says so: it differs from the pixels at hand when somebody resized them after export.
    """

    source: str
    pixel_width_nm: float | None = None
    pixel_height_nm: float | None = None
    acquisition: Acquisition = Acquisition()
    image_size: tuple[int, int] | None = None
    warnings: tuple[str, ...] = ()

    def transposed(self) -> "Calibration":
        """The same for an image with rows and columns exchanged."""
        size = self.image_size[::-1] if self.image_size else None
        return replace(self, pixel_width_nm=self.pixel_height_nm, pixel_height_nm=self.pixel_width_nm, image_size=size)


@dataclass(frozen=True, eq=False)
class Reading:
    """What a reader of one format returns: one plane, and everything its file says about it.

    `pixels` is (H, W) or (H, W, 3), as stored. The calibrations stand in order of trust and belong to the pixels as
    stored; `orientation` says how these are shown.
    """

    pixels: Pixels
    calibrations: tuple[Calibration, ...] = ()
    warnings: tuple[str, ...] = ()
    page_count: int = 1
    orientation: Orientation = UPRIGHT

    def shown(self) -> "Reading":
        """The reading with its pixels as viewers show them, and calibrations that belong to these."""
        if self.orientation.is_upright:
            return self
        text = "the file says that the image is shown turned or mirrored: it was read as viewers show it"
        calibrations = self.calibrations
        if self.orientation.is_transposed:
            calibrations = tuple(calibration.transposed() for calibration in calibrations)
        return replace(
            self,
            pixels=self.orientation.pixels(self.pixels),
            calibrations=calibrations,
            warnings=(*self.warnings, text),
            orientation=UPRIGHT,
        )


@dataclass(frozen=True, eq=False)
class RawImage:
    """A checked image: pixels (H, W) or (H, W, 3) of real values, and one pixel size where one could be had.

    `pixel_aspect` is height / width of a pixel; where it is not 1, `pixel_size_nm` is the side of the square of the
    same area.
    """

    pixels: Pixels
    pixel_size_nm: float | None = None
    pixel_aspect: float = 1.0
    acquisition: Acquisition = field(default_factory=Acquisition)
    warnings: tuple[str, ...] = ()
    page_count: int = 1


def check_size(width: int, height: int) -> None:
    """Refuse a plane of more than :data:`MAXIMUM_PIXELS` or without any, before memory is asked for."""
    if width < 1 or height < 1:
        raise ImageError(f"the image is {width} x {height} pixels: there is nothing in it; export it again")
    if width * height > MAXIMUM_PIXELS:
        raise ImageError(
            f"the header says {width} x {height} pixels, more than {MAXIMUM_PIXELS:,} pixels are not read: "
            "the file is damaged, or the image has to be cut into parts first"
        )


def check_promise(width: int, height: int, file_bytes: int, bytes_per_pixel: int = 1) -> None:
    """Refuse large planes that so many bytes of a file can't hold, whatever the compression.

    Planes up to 128 MiB pass: they do no harm.
    """
    claimed = width * height * bytes_per_pixel
    if claimed > _UNCHECKED_BYTES and claimed > _MOST_TIMES_PACKED * file_bytes:
        raise ImageError(
            f"the header says {width} x {height} pixels, which {file_bytes:,} bytes can't hold: "
            "the file is damaged or cut short; copy it again, or save it with less compression"
        )


@dataclass(frozen=True)
class PagePlace:
    """Where a page is in a file that holds several stacks: which of them, and which plane of it."""

    stack: int
    plane: int


def page_place(page: int, counts: list[int]) -> PagePlace:
    """Place of `page` where the stacks have `counts` planes and pages are numbered through them.

    Raises:
        ImageError: if there is no such page.
    """
    check_page(page, sum(counts))
    ends = list(accumulate(counts))
    stack = bisect_right(ends, page)
    return PagePlace(stack, page - ends[stack] + counts[stack])


def check_page(page: int, page_count: int) -> None:
    """Refuse a page that the file doesn't have."""
    if page_count < 1:
        raise ImageError("there is no image in this file, only other data: give a file with an image")
    if not 0 <= page < page_count:
        raise ImageError(f"page {page} was asked for, the file has pages 0 to {page_count - 1}: choose one of these")
