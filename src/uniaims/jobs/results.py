"""Files that jobs take and leave: originals by their names, results as blobs."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from uniaims.engine.blobs import FolderBlobs
from uniaims.errors import InputError
from uniaims.names import folder_name

if TYPE_CHECKING:
    from uniaims.engine import Engine
    from uniaims.engine.images import Image
    from uniaims.engine.models import Model


def original_of(blobs: FolderBlobs, image: "Image", folder: Path) -> Path:
    """The file of an image, under a name that its format is known by, in a folder of its own."""
    place = folder / "original"
    place.mkdir()
    return linked(blobs.path(image.sha256), place / f"{folder_name(Path(image.name).stem)}{image.suffix}")


def linked(source: Path, target: Path) -> Path:
    """A second name of a file, or a copy where the disk knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def placed_model(engine: "Engine", model: "Model") -> Path:
    """The ONNX file of a model that was trained here, under the model's name, its weights beside it."""
    folder, stem = engine.folder / "models" / model.weights[:32], folder_name(model.name)
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, blob in ((".safetensors", model.weights), (".onnx", model.onnx)):
        if not (folder / f"{stem}{suffix}").exists():
            linked(engine.blobs.path(blob), folder / f"{stem}{suffix}")
    return folder / f"{stem}.onnx"


def keep_results(folder: Path, blobs: FolderBlobs) -> Mapping[str, str]:
    """Make blobs of the files of a folder of results: name -> name of the blob."""
    return {path.name: blobs.put_file(path) for path in sorted(folder.iterdir()) if path.is_file()}


def drawn(engine: "Engine", image: "Image", folder: Path) -> tuple[dict[str, Path], dict[str, Any]]:
    """Write what is drawn on an image into a folder: labels, their confidences by number, their kinds; and tell of it.

    Raises:
        InputError: if the image has no labels yet.
    """
    if image.layer_id is None:
        raise InputError(f"{image.name}: it has not been read yet. Wait until it is.")
    layer = engine.layers.open(image.layer_id)
    labels, (seq, rows) = layer.labels(), layer.rows()
    files = {"labels": folder / "labels.npy", "confidence": folder / "confidence.npy", "kinds": folder / "kinds.json"}
    np.save(files["labels"], labels)
    np.save(files["confidence"], rows["confidence"][np.argsort(rows["number"])])
    kinds = {int(row["number"]): int(row["kind"]) for row in rows[rows["kind"] > 0]}
    files["kinds"].write_text(json.dumps(kinds))
    told = {"seq": seq, "pixel_size_nm": image.pixel_size_nm, "pixel_size_source": image.pixel_size_source or "given"}
    return files, told
