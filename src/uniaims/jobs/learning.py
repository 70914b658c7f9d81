"""What a model learns from: a dataset version as a folder, made anew wherever it is needed."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from uniaims.atomic import atomic_folder
from uniaims.boxes import Box
from uniaims.dataset import AnnotatedImage, Dataset, ImageRecord, InstanceMasks
from uniaims.dataset.manifest import is_dataset
from uniaims.engine.blobs import FolderBlobs
from uniaims.engine.layers.manifest import read_manifest
from uniaims.engine.layers.state import read_state, window_of
from uniaims.engine.layers.tile import DecodedTiles
from uniaims.jobs.results import linked
from uniaims.labels import Labels
from uniaims.micrograph import read_image
from uniaims.progress import Progress


def dataset_folder(
    folder: Path, parts: Sequence[Mapping[str, Any]], blobs: FolderBlobs, scratch: Path, progress: Progress
) -> Dataset:
    """The folder of a version; one that is whole is taken as it is.

    Args:
        folder: of the dataset.
        parts: see `uniaims.jobs.kinds.finetune`, those of an image beside each other.
        blobs: originals and labels.
        scratch: for originals under names that tell their format.
        progress: told ``("images", done, total)``.

    Raises:
        InputError: if an image can't be read.
    """
    if not is_dataset(folder):
        with atomic_folder(folder) as place:
            dataset = Dataset.create(place, folder.name)
            dataset.add(_entries(parts, blobs, scratch, progress))
    return Dataset.open(folder)


def part_name(part: Mapping[str, Any]) -> str:
    """What a part is called in the folder."""
    box = part["box"]
    return f"{part['image']}" if box is None else f"{part['image']}_{'_'.join(str(edge) for edge in box.values())}"


def _entries(
    parts: Sequence[Mapping[str, Any]], blobs: FolderBlobs, scratch: Path, progress: Progress
) -> Iterator[AnnotatedImage]:
    """The parts, each an image of its own: beside a box nothing is known, so it is left away."""
    last, micrograph = -1, None
    for done, part in enumerate(parts):
        progress("images", done, len(parts))
        if micrograph is None or part["image"] != last:
            path = linked(blobs.path(part["sha256"]), _emptied(scratch / "original") / f"image{part['suffix']}")
            last, micrograph = part["image"], read_image(path, part["page"] or None, guarded=True)
        box = Box(**part["box"]) if part["box"] else Box.whole(micrograph.shape)
        labels, kinds = _labels(part["manifest"], box, blobs, part["kinds"])
        name = part_name(part)
        record = ImageRecord(
            image_id=name, file=f"images/{name}.tif", width_px=box.width, height_px=box.height,
            pixel_size_nm=part["pixel_size_nm"], pixel_size_source="given" if part["pixel_size_nm"] else "",
            group=str(part["image"]), review_state="reviewed", split=part["split"],
        )  # fmt: skip
        yield AnnotatedImage(
            record, InstanceMasks.from_labels(labels, kinds), np.asarray(micrograph.pixels)[box.window]
        )


def _labels(manifest: str, box: Box, blobs: FolderBlobs, names: Mapping[str, str]) -> tuple[Labels, dict[int, str]]:
    """The labels (h, w) in a box, and the kinds of instances by number."""
    labels = window_of(read_state(manifest, {}, blobs, DecodedTiles()), box)
    rows = read_manifest(manifest, blobs).rows(blobs)
    kinds = {int(row["number"]): names.get(str(row["kind"]), "") for row in rows[rows["kind"] > 0]}
    return labels, {number: name for number, name in kinds.items() if name}


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
