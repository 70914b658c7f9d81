"""Readers of micrograph files: one module per family of formats, and a table of them.

A new format is one module with a function ``read(path, page) -> Reading`` and one line in :data:`FORMATS`.
Content decides, not the suffix: a JPEG named ``.tif`` is read as the JPEG it is.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from uniaims.errors import ImageError
from uniaims.formats.calibration import CheckedPixelSize, checked_pixel_size, merged_acquisition
from uniaims.formats.lazy import LazyPixels, Pixels
from uniaims.formats.raw_image import Acquisition, Calibration, RawImage, Reading
from uniaims.formats.sidecars import sidecar_calibration, sidecars_of
from uniaims.formats.soundness import sound_pixels

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Acquisition",
    "Format",
    "LazyPixels",
    "Pixels",
    "RawImage",
    "format_of",
    "is_image_path",
    "read",
    "sidecars_of",
]


@dataclass(frozen=True)
class Format:
    """One family of formats; its module is imported when a file of it turns up.

    `magic` holds (offset, bytes) pairs of which one stands in every file of the format. Where `magic_is_sure`
    is False there are older files without, known by their suffix alone.
    """

    name: str
    module: str
    suffixes: tuple[str, ...]
    magic: tuple[tuple[int, bytes], ...]
    magic_is_sure: bool = True
    has_sidecars: bool = False

    def matches(self, head: bytes) -> bool:
        """Whether a file that begins with `head` is of this format."""
        return any(head[offset : offset + len(magic)] == magic for offset, magic in self.magic)

    def reader(self) -> Callable[[Path, int], Reading]:
        """The function that reads this format."""
        module: Any = import_module(f"uniaims.formats.{self.module}")
        return cast("Callable[[Path, int], Reading]", module.read)


FORMATS: tuple[Format, ...] = (
    Format("PNG", "raster", (".png",), ((0, b"\x89PNG\r\n\x1a\n"),), has_sidecars=True),
    Format("JPEG", "raster", (".jpg", ".jpeg", ".jpe"), ((0, b"\xff\xd8\xff"),), has_sidecars=True),
    Format("BMP", "raster", (".bmp", ".dib"), ((0, b"BM"),), has_sidecars=True),
    Format("SER", "ser", (".ser",), ((0, b"II\x97\x01"),)),
    Format(
        "TIFF",
        "tiff",
        (".tif", ".tiff", ".btf", ".tf8"),
        ((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
        has_sidecars=True,
    ),
    Format("DM", "dm", (".dm3", ".dm4"), ((0, b"\0\0\0\x03"), (0, b"\0\0\0\x04"))),
    Format("EMD", "emd", (".emd",), ((0, b"\x89HDF\r\n\x1a\n"),)),
    Format("MRC", "mrc", (".mrc", ".mrcs"), ((208, b"MAP"),), magic_is_sure=False),
    Format("OME-Zarr", "ome_zarr", (".zarr",), ()),
)
"""Every format that is read, in the order in which they are tried."""

SUFFIXES: frozenset[str] = frozenset(suffix for form in FORMATS for suffix in form.suffixes)
"""Lower-case suffixes of the readable formats; ``.zarr`` is a folder."""

_OTHER_CONTENT: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a WebP image or another RIFF file"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\0\x0cjP", "a JPEG 2000 image"),
    (b"JL", "TIA side data (.emi); the image is in the .ser files beside it"),
)

_HEAD_BYTES = 512


def is_image_path(path: Path) -> bool:
    """Whether `path` has the suffix of a readable format (case doesn't matter). The content isn't looked at."""
    return path.suffix.lower() in SUFFIXES


def read(path: Path, page: int | None = None) -> RawImage:
    """Read plane `page` of an image file, or of an OME-Zarr folder; ``None``: the first, with a warning of others.

    Large planes stay in the file (see :class:`uniaims.formats.lazy.LazyPixels`).

    Raises:
        ImageError: where there is no file, or no image in it, or less of it than its header says.
    """
    form = format_of(path)
    read_format = form.reader()
    try:
        stored = read_format(path, page or 0)
        reading = replace(stored, calibrations=(*stored.calibrations, *_beside(path, form))).shown()
        sound = sound_pixels(reading.pixels)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error
    except MemoryError as error:
        raise ImageError(f"{path}: there is not enough memory for this image; cut it into parts") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise ImageError(f"{path} can't be read as {form.name}, it is damaged or cut short ({reason})") from error
    size = _first_pixel_size(reading.calibrations, sound.pixels.shape)
    warnings = reading.warnings + sound.warnings + (_page_warning(reading.page_count) if page is None else ())
    return RawImage(
        pixels=sound.pixels,
        pixel_size_nm=size.nm,
        pixel_aspect=size.aspect,
        acquisition=merged_acquisition(reading.calibrations),
        warnings=warnings + size.warnings,
        page_count=reading.page_count,
    )


def format_of(path: Path) -> Format:
    """The format of the file or folder at `path`, by its content.

    Raises:
        ImageError: where there is nothing, or nothing that can be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _format_of_folder(path)
        if not stat.S_ISREG(mode):
            raise ImageError(f"{path} is a pipe or a device, an image is read from a file: write it into one first")
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist: check the path") from error
    except OSError as error:
        raise ImageError(f"{path} can't be opened: {error.strerror or error}") from error
    if not head:
        raise ImageError(f"{path} is empty (0 bytes): copy or export it again")
    for form in FORMATS:
        if form.matches(head):
            return form
    for form in FORMATS:
        if not form.magic_is_sure and path.suffix.lower() in form.suffixes:
            return form
    raise ImageError(f"{path} holds {_content(head)}, no image that can be read; readable are {_readable()}")


def _format_of_folder(path: Path) -> Format:
    markers = ("zarr.json", ".zattrs", ".zgroup", ".zarray")
    if any((path / marker).is_file() for marker in markers):
        return next(form for form in FORMATS if form.name == "OME-Zarr")
    raise ImageError(f"{path} is a folder and no OME-Zarr image: give the image files in it")


def _beside(path: Path, form: Format) -> tuple[Calibration, ...]:
    return sidecar_calibration(path) if form.has_sidecars else ()


def _content(head: bytes) -> str:
    for magic, name in _OTHER_CONTENT:
        if head.startswith(magic):
            return name
    if b"\0" not in head and all(byte >= 32 or byte in b"\t\n\r\f" for byte in head):
        return "text"
    return "data of an unknown kind"


def _readable() -> str:
    return ", ".join(form.name for form in FORMATS)


def _first_pixel_size(calibrations: tuple[Calibration, ...], shape: tuple[int, ...]) -> CheckedPixelSize:
    """The first plausible pixel size in order of trust, with the warnings of all that were looked at."""
    warnings: tuple[str, ...] = tuple(text for calibration in calibrations for text in calibration.warnings)
    for calibration in calibrations:
        size = checked_pixel_size(calibration, shape)
        warnings += size.warnings
        if size.nm is not None:
            return CheckedPixelSize(size.nm, warnings, size.aspect)
    return CheckedPixelSize(None, warnings)


def _page_warning(page_count: int) -> tuple[str, ...]:
    if page_count == 1:
        return ()
    return (
        f"the file has {page_count} images: the first was read; choose one with --page, counted from 0 "
        "(Python: page), or all with --page all",
    )
