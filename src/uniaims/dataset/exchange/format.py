"""What a format is: a name, a module that reads and writes it, and what it can hold."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from uniaims.atomic import atomic_folder
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.ignored import IGNORE, write_ignored
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError, LabelsError, OutputError, UniaimsError
from uniaims.guard import guarded

OnFault = Callable[[str, UniaimsError], None]
OnWarning = Callable[[str], None]
IGNORE_FOLDER = f"{IGNORE}/"
"""Formats that are plain folders keep ignored regions beside ``images/`` and ``masks/``."""


MOST_NAMES = 5
"""So many images are named in a warning."""


@dataclass(frozen=True)
class Traits:
    """What a format can hold.

    Attributes:
        outlines: how instances are written.
        kinds_in: where the kinds of instances are kept.
        record_in: where the fields of the image's record are kept.
        overlaps: whether instances may share pixels.
        largest_count: most instances in one image, None if there is no limit.
        holes: how holes in instances are kept.
        ignored_in: where regions that nobody has annotated are kept; empty: nowhere.
    """

    outlines: str
    kinds_in: str
    record_in: str
    overlaps: bool
    largest_count: int | None = None
    holes: str = "yes"
    ignored_in: str = ""


@dataclass(frozen=True)
class Unreadable:
    """An image that can't be read, in the place of its entry."""

    name: str
    error: Exception


def attempt(name: str, read: Callable[..., AnnotatedImage], *arguments: Any) -> AnnotatedImage | Unreadable:
    """Read one image of several in a guarded child process, so that the others can be read if it can't."""
    try:
        return guarded(_read_one, read, *arguments, about=name)
    except Exception as error:
        return Unreadable(name, error)


def _read_one(read: Callable[..., AnnotatedImage], *arguments: Any) -> AnnotatedImage:
    with np.errstate(over="ignore", invalid="ignore"):  # shapes are looked at when they are whole
        return read(*arguments)


@dataclass(frozen=True)
class Format:
    """One format of datasets; its module is imported when it is used.

    The module has ``matches(path) -> bool`` (a look at names and beginnings of files), ``read(path)`` -> entries, one
    image at a time, and ``write(entries, folder)`` into an empty folder.
    """

    name: str
    description: str
    module: str
    traits: Traits

    def matches(self, path: str | Path) -> bool:
        """Whether a file or folder looks like this format; what can't be looked into does not."""
        try:
            return bool(self._module().matches(Path(path)))
        except Exception:  # a damaged file of this format may lie beside whole ones of another
            return False

    def read(self, path: str | Path, on_fault: OnFault | None = None) -> Iterator[AnnotatedImage]:
        """Read the images of a file or folder, one at a time.

        Args:
            path: file or folder.
            on_fault: called with the name of an image that can't be read and the error, and reading goes on; without
                it the error is raised.

        Raises:
            InputError: if there is nothing there, or something that can't be read as this format.
        """
        place = Path(path)
        if not place.exists():
            raise InputError(f"{place}: there is no such file or folder. Check the path.")
        return self._entries(place, on_fault)

    def _entries(self, place: Path, on_fault: OnFault | None) -> Iterator[AnnotatedImage]:
        seen = 0
        try:
            for item in self._module().read(place):
                seen += 1
                if (entry := self._noted(place, item, on_fault)) is not None:
                    yield entry
        except Exception as error:
            explained = self._explained(place, error)
            if explained is error:
                raise
            raise explained from error
        if not seen:
            raise InputError(f"{place}: no image in the format {self.name} was found. Choose another --format.")

    def _noted(self, place: Path, item: AnnotatedImage | Unreadable, on_fault: OnFault | None) -> AnnotatedImage | None:
        """The entry; of an image that can't be read the fault is told."""
        if isinstance(item, AnnotatedImage):
            return item
        if on_fault is None:
            raise item.error
        on_fault(item.name, self._explained(place, item.error))
        return None

    def _explained(self, place: Path, error: Exception) -> UniaimsError:
        """What went wrong, with the name of the file, as the user should read it."""
        if isinstance(error, UniaimsError):
            return error if str(place) in str(error) else InputError(f"{place}: {error}")
        if isinstance(error, MemoryError | RecursionError):
            return InputError(f"{place} asks for more memory than there is: it is damaged, or made to do so.")
        reason = f"{type(error).__name__}: {error}"
        return InputError(f"{place} can't be read as {self.name} ({reason}). Is it whole, and of this format?")

    def write(
        self, entries: Iterable[AnnotatedImage], target: str | Path, on_warning: OnWarning = warnings.warn
    ) -> None:
        """Write images and their instances into a new folder; it is either whole or not there.

        Instances without a pixel are left out. ``on_warning`` is told of ignored regions that the format can't hold.

        Raises:
            InputError: if an image holds what the format can't.
            OutputError: if the folder is there already, or can't be written.
        """
        place = Path(target)
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise OutputError(f"{place} is there already. Choose a new folder, so that nothing is lost.")
        with atomic_folder(place) as folder:
            regions = _Regions(self, folder)
            self._module().write(map(regions.seen, self._checked(entries)), folder)
        if regions.lost:
            on_warning(regions.warning())

    def _checked(self, entries: Iterable[AnnotatedImage]) -> Iterator[AnnotatedImage]:
        names: set[str] = set()
        for entry in entries:
            name = entry.record.image_id
            if name.casefold() in names:
                raise InputError(f"Two images are called {name!r}. Rename one, so that their files can be told apart.")
            names.add(name.casefold())
            shown = _with_pixels(entry)
            self._check(name, shown.instances)
            yield shown

    def _check(self, name: str, instances: InstanceMasks) -> None:
        most = self.traits.largest_count
        if most is not None and len(instances) > most:
            raise InputError(
                f"image {name!r} has {len(instances):,} instances, {self.name} holds {most:,} in an image. "
                "Choose another format, as coco or folder, or leave the image out."
            )
        if not self.traits.overlaps and instances.overlaps():
            raise InputError(
                f"image {name!r} has instances that share pixels, {self.name} keeps one instance for each pixel. "
                "Choose a format that keeps overlaps, as coco or huggingface, or leave the image out."
            )

    def _module(self) -> Any:
        return import_module(f"uniaims.dataset.exchange.{self.module}")


class _Regions:
    """The ignored regions of what is written: kept beside the images, or counted where they are lost."""

    def __init__(self, form: Format, folder: Path) -> None:
        self._form = form
        self._folder = folder
        self.lost: list[str] = []

    def seen(self, entry: AnnotatedImage) -> AnnotatedImage:
        """Keep the region of an image, or note that it is lost."""
        name = entry.record.image_id
        if entry.ignored is not None and self._form.traits.ignored_in == IGNORE_FOLDER:
            write_ignored(self._folder / IGNORE / f"{name}.png", entry.ignored)
        elif entry.ignored is not None and not self._form.traits.ignored_in:
            self.lost.append(name)
        return entry

    def warning(self) -> str:
        """The sentence about what is lost."""
        named = f"{', '.join(self.lost[:MOST_NAMES])}{', ...' if len(self.lost) > MOST_NAMES else ''}"
        return (
            f"{self._form.name} has no place for regions that nobody has annotated: whoever reads it takes those of "
            f"{len(self.lost)} images ({named}) for background. Export as coco or folder to keep them."
        )


def _with_pixels(entry: AnnotatedImage) -> AnnotatedImage:
    """The entry without the instances that have no pixel."""
    filled = entry.instances.areas_px > 0
    return entry if filled.all() else replace(entry, instances=entry.instances.chosen(filled))


def unequal_sizes(name: str, said: tuple[int, int], found: tuple[int, int]) -> LabelsError:
    """The error for labels of another size (rows, columns) than their image."""
    return LabelsError(
        f"image {name!r}: its labels are for {said[1]} x {said[0]} px, it has {found[1]} x {found[0]}. "
        "Are these the labels of another image? Export them at the image's resolution."
    )
