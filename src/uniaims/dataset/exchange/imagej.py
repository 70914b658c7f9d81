"""ImageJ and Fiji: a zip of ROI files for each image (ROI Manager: More > Save)."""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.drawings import Drawing, instances_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import Frame, frame_of
from uniaims.dataset.exchange.imagej_roi import Roi, decode_roi, encode_roi
from uniaims.dataset.exchange.imagej_stack import Page, by_page, stack_of
from uniaims.dataset.exchange.pictures import pictures_in, save_picture
from uniaims.dataset.exchange.records import image_id_of, read_records, write_records
from uniaims.errors import InputError
from uniaims.micrograph import read_image
from uniaims.names import composed, files_in, stem_of

ENDINGS = ("_rois", "_RoiSet", "-RoiSet", "_roi", "")
"""Endings of the names of zips, after the name of their image."""

_LARGEST_ROI_BYTES = 2**26
_LARGEST_ZIP_BYTES = 2**32
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def matches(path: Path) -> bool:
    """Whether there is a zip of ``.roi`` files, or such a file."""
    return any(_is_rois(file) for file in _files(path))


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read zips of ROI files; loose ROI files count as one set. Each needs its image beside it, or in ``images/``."""
    folder = path if path.is_dir() else path.parent
    pictures = pictures_in(folder) | pictures_in(folder.parent / "images") | pictures_in(folder / "images")
    records = read_records(folder) or read_records(folder.parent)
    files = [file for file in _files(path) if path.is_file() or _is_rois(file)]
    loose = [file for file in files if file.suffix.lower() == ".roi"]
    sets = [(composed(folder.name), loose), *((stem_of(file), [file]) for file in files if file not in loose)]
    for stem, members in sets:
        if members:
            yield from _read_set(stem, members, pictures, records)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``images/``, ``rois/`` with a zip for each image, and ``samples.csv``.

    Instances of several pieces or with holes become composite selections; kinds are a property of the selection.
    """
    (folder / "rois").mkdir()
    records = []
    for entry in entries:
        save_picture(entry, folder / "images")
        records.append(entry.record)
        instances = entry.instances
        with zipfile.ZipFile(folder / "rois" / f"{entry.record.image_id}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for i, number in enumerate(instances.numbers):
                name = f"{number:06d}"
                member = zipfile.ZipInfo(f"{name}.roi", _FIRST_DATE)
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, encode_roi(Roi(instances.rings(i), name, instances.kind(i))))
    write_records(folder, records)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    places = [path, path / "rois"]
    return [file for place in places for suffix in (".zip", ".roi") for file in files_in(place, suffix)]


def _is_rois(file: Path) -> bool:
    if file.suffix.lower() == ".roi":
        return True
    if not zipfile.is_zipfile(file):
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:  # `is_zipfile` looks at the end only
        return False
    return any(name.lower().endswith(".roi") for name in names[:1000]) or (not names and file.parent.name == "rois")


def _read_set(
    name: str, files: Sequence[Path], pictures: dict[str, Path], records: dict[str, dict[str, Any]]
) -> Iterator[AnnotatedImage | Unreadable]:
    """The selections of one image, in a zip or in loose files; each slice of a stack is an image of its own."""
    stems = [name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)]
    picture = next((pictures[stem] for stem in stems if stem in pictures), None)
    if picture is None and len(pictures) == 1:
        (picture,) = pictures.values()
    try:
        selections = [_decoded(code, f"{file}: {member}") for file in files for member, code in _members(file)]
        pages = by_page(selections, stack_of(picture, selections))
    except Exception as error:
        yield Unreadable(name, error)
        return
    shown = picture.name if picture else f"{stems[0]}.png"
    for page in pages:
        yield attempt(shown, _read_page, shown, picture, page, records.get(image_id_of(shown), {}))


def _read_page(name: str, picture: Path | None, page: Page, known: dict[str, Any]) -> AnnotatedImage:
    """The selections of one slice; those after the first are images of their own."""
    drawings = [_drawing(selection) for selection in page.selections]
    warnings = tuple(f"image {name!r}: {text}" for text in page.warnings)
    if page.index == 0 or picture is None:
        sides = known.get("height_px"), known.get("width_px")
        frame = frame_of(name, picture, *sides, drawn_as_stored=not known)
        return frame.entry(instances_of(frame.shape, drawings), known, warnings)
    micrograph = read_image(picture, page.index)
    frame = Frame(name, micrograph.shape, np.asarray(micrograph.pixels))
    size = micrograph.pixel_size
    scale = {"pixel_size_nm": size.nm, "pixel_size_source": size.source} if size else {}
    identity = f"{known.get('image_id') or image_id_of(name)}__slice_{page.index + 1}"
    return frame.entry(instances_of(frame.shape, drawings), {**scale, **known, "image_id": identity}, warnings)


def _decoded(code: bytes, what: str) -> Roi:
    try:
        return decode_roi(code)
    except InputError as error:
        raise InputError(f"{what}: {error}") from error


def _drawing(roi: Roi) -> Drawing:
    return Drawing([list(roi.rings)], kind=roi.kind or (f"group {roi.group}" if roi.group else ""))


def _members(file: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the ROI files in a zip; one that unpacks to more than is sensible is refused."""
    if file.suffix.lower() == ".roi":
        yield file.name, file.read_bytes()
        return
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if member.filename.lower().endswith(".roi")]
        total = sum(member.file_size for member in members)
        if total > _LARGEST_ZIP_BYTES or any(member.file_size > _LARGEST_ROI_BYTES for member in members):
            raise InputError(f"{file} would unpack to {total:,} bytes of selections. It is damaged, or a zip bomb.")
        for member in members:
            with archive.open(member) as stream:
                yield member.filename, stream.read(_LARGEST_ROI_BYTES)
