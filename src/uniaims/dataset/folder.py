"""The plain folder of samples: ``images/`` and ``masks/`` with the same stems.

An optional ``ignore/`` folder holds masks of the regions that nobody has labelled (non-zero = unknown);
training leaves them out of the loss.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import ImageError, InputError, LabelsError
from uniaims.formats import is_image_path
from uniaims.labels import read_labels, relabel
from uniaims.micrograph import Micrograph, read_image

LABEL_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".npy"})


@dataclass(frozen=True)
class Sample:
    """A micrograph with its true labels (H, W) uint32; ``known`` (H, W) bool is where they can be trusted."""

    stem: str
    micrograph: Micrograph
    labels: NDArray[np.uint32]
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class SampleFile:
    """Where a sample lies."""

    stem: str
    image: Path
    mask: Path
    ignore: Path | None = None

    def read(self) -> Sample:
        """Read image and masks.

        Raises:
            InputError: if a file can't be read or the sizes differ.
        """
        micrograph, labels = read_image(self.image), read_labels(self.mask)
        unknown: NDArray[Any] = read_labels(self.ignore) if self.ignore else np.zeros_like(labels)
        for path, array in ((self.mask, labels), (self.ignore, unknown)):
            if array.shape != micrograph.shape:
                raise LabelsError(
                    f"{path}: {array.shape} pixels, its image {self.image.name} has {micrograph.shape}: "
                    "wanted the same size. Export the mask at the image's resolution."
                )
        return Sample(self.stem, micrograph, relabel(labels), unknown == 0)


def open_samples(folder: str | Path) -> tuple[SampleFile, ...]:
    """List the samples of a folder with ``images/`` and ``masks/``, sorted by stem.

    Raises:
        InputError: if a subfolder is missing, an image has no mask, or there is no sample at all.
    """
    folder = Path(folder)
    images, masks = _by_stem(folder / "images"), _by_stem(folder / "masks", LABEL_SUFFIXES)
    ignores = _by_stem(folder / "ignore", LABEL_SUFFIXES) if (folder / "ignore").is_dir() else {}
    lonely = sorted(images.keys() ^ masks.keys())
    if lonely:
        raise InputError(
            f"{folder}: {len(lonely)} stems are in only one of images/ and masks/ "
            f"({', '.join(lonely[:5])}{'...' if len(lonely) > 5 else ''}). Give each image one mask of the same stem."
        )
    if not images:
        raise InputError(f"{folder}: images/ is empty. Put images and masks of the same stems there.")
    return tuple(SampleFile(stem, images[stem], masks[stem], ignores.get(stem)) for stem in sorted(images))


def _by_stem(folder: Path, suffixes: frozenset[str] | None = None) -> dict[str, Path]:
    """The images of a folder, or the files with one of the suffixes; side-cars and hidden files are passed over."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. A dataset is a folder with images/ and masks/ in it.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        wanted = path.suffix.lower() in suffixes if suffixes else is_image_path(path)
        if path.name.startswith(".") or not wanted:
            continue
        if path.stem in found:
            raise ImageError(f"{path}: {found[path.stem].name} has the same stem. Keep one file for each stem.")
        found[path.stem] = path
    return found
