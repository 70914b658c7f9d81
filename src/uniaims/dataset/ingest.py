"""Taking images into a dataset: looked at, then copied, linked or referenced; what was taken in is on the disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args
from uuid import uuid4

from uniaims.atomic import keep_folder, keep_tree, sweep, write_error
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.pictures import file_name, save_picture
from uniaims.dataset.likeness import content_hash, perceptual_hash
from uniaims.dataset.schema import ImageRecord
from uniaims.errors import ImageError, InputError, LabelsError, SettingsError
from uniaims.micrograph import Micrograph, read_image

Placement = Literal["copy", "hard link", "reference"]
"""How an image comes into a dataset: its bytes, a second name for the same bytes, or only its absolute path."""

INCOMING = ".incoming-"
"""Folders whose names begin so hold files that are not whole yet."""
INCOMING_ARCHIVE = ".archive-"
"""Likewise, what was in an archive."""


@dataclass(frozen=True)
class Taken:
    """An image that was taken in: its record, and the hashes of its bytes and looks; see `uniaims.dataset.likeness`."""

    record: ImageRecord
    content_hash: str
    perceptual_hash: bytes


def take_in(entry: AnnotatedImage, folder: Path, placement: Placement = "copy") -> Taken:
    """Look at the image of an entry and put it into the dataset in ``folder``.

    The record gets its place, and the pixel size that the image knows if it has none.

    Raises:
        InputError: if there is no image, it can't be read, or has another size than the record says.
        OutputError: if it can't be written.
    """
    if placement not in get_args(Placement):
        raise SettingsError(f"placement is {placement!r}: wanted one of {', '.join(get_args(Placement))}.")
    name = entry.record.image_id
    if entry.image is None:
        raise ImageError(f"image {name!r}: only its labels are there. Put the image beside them.")
    referenced = placement == "reference" and isinstance(entry.image, Path)
    with _incoming(folder) as waiting:
        source = entry.image if isinstance(entry.image, Path) else waiting / save_picture(entry, waiting)
        micrograph = _looked_at(entry, source)
        record = replace(_with_pixel_size(entry.record, micrograph), file=_place(entry, referenced))
        if not referenced:
            if source.parent != waiting:
                source = waiting / _brought(entry, source, waiting, placement)
            _move(source, folder / record.file)
    return Taken(record, content_hash(place_of(record, folder)), perceptual_hash(micrograph.gray()))


def keep_images(folder: Path) -> None:
    """Wait until the names of the images that were taken in are on the disk, as their bytes are.

    Raises:
        OutputError: if they can't be written.
    """
    images = folder / "images"
    try:
        if images.is_dir():
            keep_folder(images)
            keep_folder(folder)
    except OSError as error:
        raise write_error(images, error) or error from error


def hash_of(entry: AnnotatedImage) -> str | None:
    """Hash of the bytes of an entry's image, before it is taken in; None if it is no file."""
    return content_hash(entry.image) if isinstance(entry.image, Path) and entry.image.exists() else None


def place_of(record: ImageRecord, folder: Path) -> Path:
    """Path of an image of the dataset in ``folder``.

    Raises:
        InputError: if it leads out of the folder without being absolute, as through a link.
    """
    return place_in_folder(record.file, folder)


def place_in_folder(file: str, folder: Path) -> Path:
    """Path of a file of the dataset in ``folder``: inside of it, or absolute.

    Raises:
        InputError: if it leads out of the folder without being absolute, as through a link.
    """
    path = folder / file
    if not Path(file).is_absolute() and not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{path} leads out of {folder}. Put the file itself there.")
    return path


def _looked_at(entry: AnnotatedImage, source: Path) -> Micrograph:
    micrograph, record = read_image(source, guarded=isinstance(entry.image, Path)), entry.record
    if micrograph.shape != record.shape:
        raise LabelsError(
            f"image {record.image_id!r} has {micrograph.shape} pixels (rows, columns), its labels are for "
            f"{record.shape}. Are they those of another image? Export them at the image's resolution."
        )
    return micrograph


def _with_pixel_size(record: ImageRecord, micrograph: Micrograph) -> ImageRecord:
    if record.pixel_size_nm is not None or micrograph.pixel_size is None:
        return record
    return replace(record, pixel_size_nm=micrograph.pixel_size.nm, pixel_size_source=micrograph.pixel_size.source)


def _place(entry: AnnotatedImage, referenced: bool) -> str:
    if referenced and isinstance(entry.image, Path):
        return entry.image.resolve().as_posix()
    return f"images/{file_name(entry)}"


def _brought(entry: AnnotatedImage, source: Path, waiting: Path, placement: Placement) -> str:
    """Copy or link the image's file into ``waiting`` and return its name there."""
    name = file_name(entry)
    if placement == "hard link" and source.is_file():
        try:
            os.link(source, waiting / name)
        except OSError:  # another disk, or one that knows no links
            return save_picture(entry, waiting)
        return name
    return save_picture(entry, waiting)


def _move(source: Path, target: Path) -> None:
    keep_tree(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    source.replace(target)


@contextmanager
def _incoming(folder: Path) -> Iterator[Path]:
    waiting = folder / (INCOMING + uuid4().hex[:8])
    try:
        waiting.mkdir(parents=True, exist_ok=True)
        yield waiting
    except Exception as error:
        explained = write_error(folder, error)
        if explained is None:
            raise
        raise explained from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed programs left in a dataset that nobody else is writing to."""
    for place in (folder, *(folder / name for name in ("instances", "images", "ignore"))):
        sweep(place, is_ours=True)
    for path in folder.iterdir():
        if is_half_taken(path.name):
            shutil.rmtree(path, ignore_errors=True)


def is_half_taken(name: str) -> bool:
    """Whether a name in a dataset is that of a folder for what is not whole yet."""
    return name.startswith((INCOMING, INCOMING_ARCHIVE))
