"""Files that jobs take and leave: originals by their names, results as blobs."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from uniaims.engine.blobs import FolderBlobs
from uniaims.names import folder_name

if TYPE_CHECKING:
    from uniaims.engine import Engine
    from uniaims.engine.images import Image


def original_of(engine: "Engine", image: "Image", folder: Path) -> Path:
    """The file of an image, under a name that its format is known by, in a folder of its own."""
    place = folder / "original"
    place.mkdir()
    return linked(engine.blobs.path(image.sha256), place / f"{folder_name(Path(image.name).stem)}{image.suffix}")


def linked(source: Path, target: Path) -> Path:
    """A second name of a file, or a copy where the disk knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def keep_results(folder: Path, blobs: FolderBlobs) -> Mapping[str, str]:
    """Make blobs of the files of a folder of results: name -> name of the blob."""
    return {path.name: blobs.put_file(path) for path in sorted(folder.iterdir()) if path.is_file()}
