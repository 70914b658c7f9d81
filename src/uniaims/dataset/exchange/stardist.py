"""StarDist's folders: ``images/`` and ``masks/`` of TIFF files with equal names."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import tifffile

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.format import Unreadable
from uniaims.dataset.exchange.label_folder import label_files, read_pairs, write_pairs
from uniaims.dataset.exchange.pictures import pictures_in, pixels_of
from uniaims.errors import InputError

_PARTS = {"train": "train", "val": "validation", "test": "test"}
_SUFFIXES = {".tif", ".tiff"}


def matches(path: Path) -> bool:
    """Whether TIFF files of equal names lie in ``images/`` and ``masks/``, perhaps below ``train/`` and ``test/``."""
    return path.is_dir() and all(
        any(picture.suffix.lower() in _SUFFIXES for _, picture, _ in _pairs(folder)) for folder in _folders(path)
    )


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read the pairs of TIFF files."""
    for folder in _folders(path):
        split = "" if folder == path else _PARTS[folder.name]
        yield from read_pairs(folder, _pairs(folder), split)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``images/`` and ``masks/`` as TIFF (masks of 32 bits), and the tables of records and kinds."""
    (folder / "images").mkdir()

    def save(entry: AnnotatedImage) -> str:
        """Write the picture as TIFF, and give its name."""
        pixels = np.asarray(pixels_of(entry))
        colours = pixels.ndim == 3 and pixels.shape[-1] in {3, 4}
        name = f"{entry.record.image_id}.tif"
        tifffile.imwrite(
            folder / "images" / name, pixels, compression="zlib", photometric="rgb" if colours else "minisblack"
        )
        return name

    write_pairs(entries, folder, save)


def _folders(path: Path) -> list[Path]:
    parts = [path / name for name in _PARTS if (path / name / "masks").is_dir()]
    return parts or [path]


def _pairs(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    labels = {stem: file for stem, file in label_files(folder / "masks").items() if file.suffix.lower() in _SUFFIXES}
    pictures = pictures_in(folder / "images")
    for stem, mask in labels.items():
        if stem not in pictures:
            raise InputError(f"{mask} has no image of the same name in {folder / 'images'}. Add it or remove the mask.")
        yield stem, pictures[stem], mask
