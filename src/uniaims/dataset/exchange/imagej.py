"""ImageJ and Fiji: a zip of ROI files for each image (ROI Manager: More > Save)."""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from uniaims.dataset.entry import Entry
from uniaims.dataset.exchange.drawings import Drawing, instances_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.imagej_roi import Roi, decode_roi, encode_roi
from uniaims.dataset.exchange.pictures import checked_shape, pictures_in, save_picture
from uniaims.dataset.exchange.records import image_id_of, read_records, record_for, write_records
from uniaims.errors import InputError

ENDINGS = ("_rois", "_RoiSet", "-RoiSet", "_roi", "")
"""Endings of the names of zips, after the name of their image."""

_LARGEST_ROI_BYTES = 2**28
_LARGEST_ZIP_BYTES = 2**32
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def matches(path: Path) -> bool:
    """Whether there is a zip of ``.roi`` files, or such a file."""
    return any(_is_rois(file) for file in _files(path))


def read(path: Path) -> Iterator[Entry | Unreadable]:
    """Read zips of ROI files; loose ROI files count as one set. Each needs its image beside it, or in ``images/``."""
    folder = path if path.is_dir() else path.parent
    pictures = pictures_in(folder) | pictures_in(folder.parent / "images") | pictures_in(folder / "images")
    records = read_records(folder) or read_records(folder.parent)
    files = [file for file in _files(path) if path.is_file() or _is_rois(file)]
    loose = [file for file in files if file.suffix.lower() == ".roi"]
    for stem, members in [(folder.name, loose), *((file.stem, [file]) for file in files if file not in loose)]:
        if members:
            yield attempt(stem, _read_set, stem, members, pictures, records)


def write(entries: Iterable[Entry], folder: Path) -> None:
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
    return [file for place in places for suffix in (".zip", ".roi") for file in sorted(place.glob(f"*{suffix}"))]


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
    return any(name.endswith(".roi") for name in names[:1000]) or (not names and file.parent.name == "rois")


def _read_set(name: str, files: Sequence[Path], pictures: dict[str, Path], records: dict[str, dict[str, Any]]) -> Entry:
    """The selections of one image, in a zip or in loose files."""
    stems = [name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)]
    picture = next((pictures[stem] for stem in stems if stem in pictures), None)
    if picture is None and len(pictures) == 1:
        (picture,) = pictures.values()
    name = picture.name if picture else f"{stems[0]}.png"
    known = records.get(image_id_of(name), {})
    shape = checked_shape(name, picture, known.get("height_px"), known.get("width_px"))
    drawings = [_drawing(code, f"{file}: {member}") for file in files for member, code in _members(file)]
    instances = instances_of(shape, drawings)
    return Entry(record_for(name, shape, known), instances, picture)


def _drawing(code: bytes, what: str) -> Drawing:
    try:
        roi = decode_roi(code)
    except InputError as error:
        raise InputError(f"{what}: {error}") from error
    return Drawing([list(roi.rings)], kind=roi.kind or (f"group {roi.group}" if roi.group else ""))


def _members(file: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the ROI files in a zip; one that unpacks to more than is sensible is refused."""
    if file.suffix.lower() == ".roi":
        yield file.name, file.read_bytes()
        return
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".roi")]
        total = sum(member.file_size for member in members)
        if total > _LARGEST_ZIP_BYTES or any(member.file_size > _LARGEST_ROI_BYTES for member in members):
            raise InputError(f"{file} would unpack to {total:,} bytes of selections. It is damaged, or a zip bomb.")
        for member in members:
            with archive.open(member) as stream:
                yield member.filename, stream.read(_LARGEST_ROI_BYTES)
