"""Samples to train and evaluate on: of a plain folder, ``images/`` and ``masks/`` with the same stems, or a dataset.

An optional ``ignore/`` folder holds masks of the regions that nobody has annotated, or is sure of (non-zero = unknown);
training leaves them out of the loss. Instances that lie mostly there, or are crowds, are no truth. An optional
``kinds/`` folder says what the instances are, in files ``STEM.csv``: below a line of titles, the number of an instance
in the mask and its kind, with a comma between.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from uniaims.dataset.ignored import CROWD, trusted
from uniaims.dataset.manifest import is_dataset
from uniaims.errors import ImageError, InputError, LabelsError
from uniaims.formats import is_image_path
from uniaims.labels import read_labels, read_objects, relabel
from uniaims.micrograph import Micrograph, read_image
from uniaims.names import stem_of
from uniaims.texts import read_unicode

if TYPE_CHECKING:
    from uniaims.dataset.store import Dataset

LABEL_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".npy"})
KIND_SUFFIXES = frozenset({".csv"})


@dataclass(frozen=True)
class Sample:
    """A micrograph with its true labels (H, W) uint32; ``known`` (H, W) bool is where they can be trusted.

    ``kinds`` tells what the instances 1..N are, "" where nobody has said; it is empty where nobody has said at all.
    """

    stem: str
    micrograph: Micrograph
    labels: NDArray[np.uint32]
    known: NDArray[np.bool_]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class SampleFile:
    """Where a sample lies."""

    stem: str
    image: Path
    mask: Path
    ignore: Path | None = None
    kinds: Path | None = None

    def read(self) -> Sample:
        """Read image and masks.

        Raises:
            InputError: if a file can't be read or the sizes differ.
        """
        micrograph, objects = read_image(self.image), read_objects(self.mask)
        labels = objects.labels
        unknown: NDArray[Any] = read_labels(self.ignore) if self.ignore else np.zeros_like(labels)
        for path, array in ((self.mask, labels), (self.ignore, unknown)):
            if array.shape != micrograph.shape:
                raise LabelsError(
                    f"{path}: {array.shape} pixels, its image {self.image.name} has {micrograph.shape}: "
                    "wanted the same size. Export the mask at the image's resolution."
                )
        kinds = _kinds(labels, objects.names(read_kinds(self.kinds))) if self.kinds else ()
        micrograph = replace(micrograph, warnings=(*micrograph.warnings, *objects.warnings))
        return Sample(self.stem, micrograph, *trusted(relabel(labels), unknown == 0, kinds))

    def kind_names(self) -> set[str]:
        """What the instances are, without reading the image; crowds left out.

        Raises:
            InputError: if a file can't be read.
        """
        if self.kinds is None:
            return set()
        objects = read_objects(self.mask)
        return _told(_kinds(objects.labels, objects.names(read_kinds(self.kinds))))


@dataclass(frozen=True)
class StoredSample:
    """A sample of a dataset."""

    stem: str
    dataset: "Dataset"

    def read(self) -> Sample:
        """Read image and instances; where instances overlap the later one wins.

        Raises:
            InputError: if something can't be read.
        """
        instances, ignored = self.dataset.instances(self.stem), self.dataset.ignored(self.stem)
        labels = instances.labels()
        micrograph = self.dataset.image(self.stem)
        known = np.ones(labels.shape, np.bool_) if ignored is None else ~ignored
        if not labels.shape == micrograph.shape == known.shape:
            raise LabelsError(
                f"image {self.stem!r}: labels of {labels.shape} pixels, image of {micrograph.shape}, ignored region of "
                f"{known.shape}: wanted the same size. `uniaims dataset validate` finds all such images."
            )
        names = dict(zip(instances.numbers.tolist(), instances.kinds, strict=False))
        return Sample(self.stem, micrograph, *trusted(relabel(labels), known, _kinds(labels, names)))

    def kind_names(self) -> set[str]:
        """What the instances are, without reading the image; crowds left out.

        Raises:
            InputError: if they can't be read.
        """
        return _told(self.dataset.instances(self.stem).kinds)


UNUSABLE = ("unlabelled", "rejected")
"""Images of a dataset in these review states are no samples."""


def open_samples(folder: str | Path) -> tuple["SampleFile | StoredSample", ...]:
    """List the samples of a dataset, or of a folder with ``images/`` and ``masks/``, sorted by stem.

    Of a dataset, images that are ``unlabelled`` or ``rejected`` are left out.

    Raises:
        InputError: if a subfolder is missing, an image has no mask, or there is no sample at all.
    """
    folder = Path(folder)
    if is_dataset(folder):
        return _stored_samples(folder)
    images, masks = _by_stem(folder / "images"), _by_stem(folder / "masks", LABEL_SUFFIXES)
    ignores = _by_stem(folder / "ignore", LABEL_SUFFIXES) if (folder / "ignore").is_dir() else {}
    kinds = _by_stem(folder / "kinds", KIND_SUFFIXES) if (folder / "kinds").is_dir() else {}
    lonely = sorted(images.keys() ^ masks.keys())
    if lonely:
        raise InputError(
            f"{folder}: {len(lonely)} stems are in only one of images/ and masks/ "
            f"({', '.join(lonely[:5])}{'...' if len(lonely) > 5 else ''}). Give each image one mask of the same stem."
        )
    if not images:
        raise InputError(f"{folder}: images/ is empty. Put images and masks of the same stems there.")
    return tuple(
        SampleFile(stem, images[stem], masks[stem], ignores.get(stem), kinds.get(stem)) for stem in sorted(images)
    )


def read_kinds(path: Path) -> dict[int, str]:
    """The kinds of instances by number, from a table with the columns number and kind.

    Raises:
        InputError: if it can't be read, or a number is none.
    """
    try:
        rows = list(csv.reader(StringIO(read_unicode(path), newline="")))
        return {int(row[0]): row[1].strip() for row in rows[1:] if row}
    except (OSError, csv.Error, ValueError, IndexError) as error:
        raise InputError(
            f"{path}: can't be read ({error}). Wanted label,kind and then lines such as 1,pore."
        ) from error


def _kinds(labels: NDArray[Any], names: Mapping[int, str]) -> tuple[str, ...]:
    """The kinds of the instances that are in a label image, in the order of their numbers; empty if there are none."""
    kinds = tuple(names.get(number, "") for number in np.unique(labels).tolist() if number)
    return kinds if any(kinds) else ()


def _told(kinds: Iterable[str]) -> set[str]:
    return {kind for kind in kinds if kind and not kind.endswith(CROWD)}


def _stored_samples(folder: Path) -> tuple[StoredSample, ...]:
    from uniaims.dataset.store import Dataset  # tables need a library that machines for training may lack

    dataset = Dataset.open(folder)
    stems = sorted(record.image_id for record in dataset.query() if record.review_state not in UNUSABLE)
    if not stems:
        raise InputError(f"{folder}: the dataset has no labelled image. Add some: uniaims dataset import.")
    return tuple(StoredSample(stem, dataset) for stem in stems)


def _by_stem(folder: Path, suffixes: frozenset[str] | None = None) -> dict[str, Path]:
    """The images of a folder, or the files with one of the suffixes; side-cars and hidden files are passed over."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. A dataset is a folder with images/ and masks/ in it.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        wanted = path.suffix.lower() in suffixes if suffixes else is_image_path(path)
        if path.name.startswith(".") or not wanted:
            continue
        stem = stem_of(path)
        if stem in found:
            raise ImageError(f"{path}: {found[stem].name} has the same stem. Keep one file for each stem.")
        found[stem] = path
    return found
