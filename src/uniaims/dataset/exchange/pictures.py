"""The images themselves: found beside annotations, measured, copied, encoded."""

import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import tifffile
from imagecodecs import jpeg_decode, png_decode, png_encode
from numpy.typing import NDArray
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from uniaims import formats
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.errors import ImageError, InputError
from uniaims.formats.complaints import Complaints
from uniaims.formats.orientation import (
    ORIENTATION_TAG,
    UPRIGHT,
    Orientation,
    orientation_of_picture,
    orientation_of_value,
)
from uniaims.formats.raw_image import check_promise, check_size
from uniaims.formats.tiff_numbers import tiff_numbers
from uniaims.micrograph import read_image
from uniaims.names import files_in, folders_in, place_in, stem_of

PICTURE_FOLDERS = ("", "images", "JPEGImages", "img", "imgs", "image")
ANNOTATION_FOLDERS = {"annotations", "annotation", "ann", "labels", "json", "jsons", "rois"}
_HEADERS: dict[str, Any] = {".png": PngImageFile, ".jpg": JpegImageFile, ".jpeg": JpegImageFile, ".bmp": BmpImageFile}
_LOOKED_AT = 50
_UPLOAD_MARK = re.compile(r"^[0-9a-f]{8}-")


def find_picture(name: str, file: Path, given: Path | None = None) -> Path | None:
    """Find the image that the annotations in ``file`` call ``name``; None if it is not there.

    ``name`` may be a path of another computer, a Windows path or an address: what matters is its end. No path leads
    out of the folder of the annotations, the one around a folder of annotations, or ``given``, which the user named.
    """
    slashed = name.replace("\\", "/")
    endings = list(dict.fromkeys([*_endings(slashed), *_endings(unquote(slashed.split("?d=")[-1].split("?")[0]))]))
    part = file.stem.partition("_")[2]  # instances_val2017.json may have its images in val2017/
    folders = [*PICTURE_FOLDERS, *((part, f"images/{part}") if part else ())]
    for root in _roots(file, slashed.split("?d=")[-1], given):
        for folder in folders:
            for ending in endings:
                place = place_in(root, [*folder.split("/"), *ending.split("/")] if folder else ending.split("/"))
                if place is not None and (place.is_file() or (place.suffix == ".zarr" and place.is_dir())):
                    return place
    return None


def without_upload_mark(name: str) -> str:
    """Name of an image without what Label Studio puts in front of uploads: ``1a2b3c4d-``."""
    return _UPLOAD_MARK.sub("", name)


def _endings(name: str) -> list[str]:
    """What an image may be called in its folder: as said, without folders, without the mark of an upload."""
    parts = [part for part in name.split("/") if part not in {"", ".", ".."} and not part.endswith(":")]
    return ["/".join(parts), parts[-1], without_upload_mark(parts[-1])] if parts else []


def _roots(file: Path, name: str, given: Path | None) -> tuple[Path, ...]:
    """Where the image that annotations call ``name`` may lie: beside them, or beside a folder of annotations."""
    around = file.parent.parent
    inside = given is not None and given.is_dir() and around.resolve().is_relative_to(given.resolve())
    outside = (inside and name.startswith("../")) or file.parent.name.lower() in ANNOTATION_FOLDERS
    return (file.parent, around) if outside else (file.parent,)


def pictures_in(folder: Path) -> dict[str, Path]:
    """The images of a folder by their stem (composed), sorted; the first of equal stems counts."""
    found: dict[str, Path] = {}
    for path in image_files(folder):
        found.setdefault(stem_of(path), path)
    return found


def image_files(folder: Path) -> list[Path]:
    """The images of a folder, sorted; hidden files are passed over."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if formats.is_image_path(path) and not path.name.startswith(".")]


def picture_size(path: Path) -> tuple[int, int]:
    """Rows and columns of an image as viewers show it, from its header where that is enough.

    Raises:
        ImageError: if it is no image that can be read.
    """
    (height, width), orientation = stored_size(path)
    return orientation.shape(height, width)


def stored_size(path: Path) -> tuple[tuple[int, int], Orientation]:
    """Rows and columns of an image as stored, and how it is shown.

    Raises:
        ImageError: if it is no image that can be read.
    """
    reader = _HEADERS.get(path.suffix.lower())
    try:
        if reader is not None:
            with path.open("rb") as stream, reader(stream, str(path)) as image:
                return (image.size[1], image.size[0]), orientation_of_picture(image)
        if path.suffix.lower() in {".tif", ".tiff"}:
            with Complaints(), tifffile.TiffFile(path, _multifile=False) as file:
                page: Any = file.pages.first
                size = int(page.imagelength), int(page.imagewidth)
                return size, orientation_of_value(page.tags.valueof(ORIENTATION_TAG))
    except Exception:  # the suffix may lie: the full reader looks at the content, and says what is wrong
        return read_image(path).shape, UPRIGHT
    return read_image(path).shape, UPRIGHT


def file_name(entry: AnnotatedImage) -> str:
    """Name that the image of an entry has in an exported folder: its id and the suffix of its format."""
    if isinstance(entry.image, np.ndarray):
        return entry.record.image_id + (".png" if _fits_png(entry.image) else ".tif")
    suffix = Path(entry.record.file if entry.image is None else entry.image).suffix
    return entry.record.image_id + (suffix or ".png")


def save_picture(entry: AnnotatedImage, folder: Path) -> str:
    """Copy or write the image of an entry into ``folder`` and return its name; without an image only its name.

    Raises:
        InputError: if the image's file is gone.
    """
    name = file_name(entry)
    target = folder / name
    if entry.image is None:
        return name
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(entry.image, np.ndarray):
        _write(target, entry.image)
    elif not entry.image.exists():
        raise InputError(f"image {entry.record.image_id!r}: {entry.image} is gone. Bring it back or remove the image.")
    elif entry.image.is_dir():
        shutil.copytree(entry.image, target)
    else:
        shutil.copyfile(entry.image, target)
    return name


def pixels_of(entry: AnnotatedImage) -> NDArray[Any] | None:
    """Pixels (H, W) or (H, W, C) of an entry's image; None without an image."""
    if entry.image is None:
        return None
    return entry.image if isinstance(entry.image, np.ndarray) else np.asarray(read_image(entry.image).pixels)


def encoded_picture(entry: AnnotatedImage) -> tuple[str, bytes] | None:
    """File name and bytes of an entry's image as browsers show it, PNG or JPEG; None without an image."""
    if isinstance(entry.image, Path) and entry.image.suffix.lower() in {".png", ".jpg", ".jpeg"}:
        return file_name(entry), entry.image.read_bytes()
    pixels = pixels_of(entry)
    if pixels is None:
        return None
    shown = pixels if _fits_png(pixels) else _stretched(pixels)
    return f"{entry.record.image_id}.png", bytes(png_encode(np.ascontiguousarray(shown)))


def embedded_picture(text: object, what: str) -> NDArray[Any]:
    """Pixels of an image that a text holds in base64; see `decoded_picture`.

    Raises:
        InputError: if it is none.
    """
    try:
        code = b64decode(str(text).rpartition("base64,")[2])
    except ValueError as error:
        raise InputError(f"{what} is no base64 ({error}): its image is damaged. Export it again.") from error
    return decoded_picture(code, what)


def decoded_picture(code: bytes, what: str) -> NDArray[Any]:
    """Pixels (H, W) or (H, W, C) of a PNG, JPEG or TIFF in memory, as shown; palette numbers stay numbers.

    Raises:
        InputError: if it is none of these, is damaged, or claims more pixels than its bytes can hold.
    """
    try:
        if code.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
            return tiff_numbers(BytesIO(code))
        for magic, reader in ((b"\x89PNG", PngImageFile), (b"\xff\xd8\xff", JpegImageFile)):
            if code.startswith(magic):
                return _decoded(code, reader)
    except ImageError as error:
        raise InputError(f"{what}: its image is damaged: {error}") from error
    except Exception as error:  # decoders raise nearly anything on damaged files
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{what}: its image is damaged ({reason}). Export it again.") from error
    raise InputError(f"{what}: its {len(code):,} bytes are no PNG, JPEG or TIFF. Export it again.")


def _decoded(code: bytes, reader: Any) -> NDArray[Any]:
    with reader(BytesIO(code)) as image:
        width, height = image.size
        check_size(width, height)
        check_promise(width, height, len(code))
        orientation = orientation_of_picture(image)
        if image.mode in {"P", "1"}:
            return np.asarray(orientation.pixels(np.asarray(image)))
    stored = png_decode(code) if reader is PngImageFile else jpeg_decode(code)
    return np.asarray(orientation.pixels(np.asarray(stored)))


def _fits_png(pixels: NDArray[Any]) -> bool:
    return pixels.dtype in (np.uint8, np.uint16) and (pixels.ndim == 2 or pixels.shape[-1] in {3, 4})


def _stretched(pixels: NDArray[Any]) -> NDArray[np.uint16]:
    """Any grey levels as 16 bits, from the darkest to the brightest."""
    values = pixels.astype(np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (np.nan_to_num(values - low) * (65535 / max(high - low, 1e-12))).astype(np.uint16)


def _write(path: Path, pixels: NDArray[Any]) -> None:
    if path.suffix == ".png":
        path.write_bytes(png_encode(np.ascontiguousarray(pixels)))
    else:
        photometric = "rgb" if pixels.ndim == 3 and pixels.shape[-1] in {3, 4} else "minisblack"
        tifffile.imwrite(path, pixels, compression="zlib", photometric=photometric)


def looks_like(path: Path, suffix: str, fits: Callable[[Path], bool]) -> bool:
    """Whether one of the first annotation files fits."""
    return any(fits(file) for file in islice(annotation_files(path, suffix), _LOOKED_AT))


def annotation_files(path: Path, *suffixes: str) -> Iterator[Path]:
    """The file itself, or those of the suffixes in a folder and then in its folders; hidden ones are passed over."""
    if path.is_file():
        yield path
        return
    yield from files_in(path, *suffixes)
    for folder in folders_in(path):
        yield from files_in(folder, *suffixes)
