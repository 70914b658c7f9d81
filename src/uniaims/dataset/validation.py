"""What is wrong with a dataset: everything at once, each with the file it is about and what to do."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from uniaims._kernels.threads import thread_count
from uniaims.dataset import instance_shards, likeness
from uniaims.dataset.ignored import IGNORE
from uniaims.dataset.image_table import TABLE, Row
from uniaims.dataset.ingest import INCOMING, INCOMING_ARCHIVE, place_in_folder
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.lock import LOCK
from uniaims.dataset.manifest import MANIFEST
from uniaims.dataset.schema import FIELDS, faults_of
from uniaims.dataset.store import Dataset
from uniaims.errors import InputError, UniaimsError
from uniaims.labels import pieces_of, read_labels
from uniaims.micrograph import read_image
from uniaims.progress import Progress

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""An error makes results wrong, a warning may, a note is worth knowing."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong.

    Attributes:
        severity: how bad it is.
        subject: what is wrong, the same few words for all faults of a kind: ``unreadable image``.
        files: the files or images concerned.
        message: what was found and what was wanted.
        remedy: what to do.
    """

    severity: Severity
    subject: str
    files: tuple[str, ...]
    message: str
    remedy: str


def validate(dataset: Dataset, read_images: bool = True, progress: Progress | None = None) -> tuple[Fault, ...]:
    """Find all faults of a dataset, errors first.

    Args:
        dataset: as it is on disk.
        read_images: whether every image is read, to see that it is whole; without, only that it is there.
        progress: called with ``("instances" | "images", done, total)``.
    """
    rows = dataset.images.to_dicts()
    faults = [
        *(fault for row in rows for fault in _faults_of_record(row)),
        *_faults_of_files(dataset, rows),
        *_faults_of_all_instances(dataset, progress),
        *_faults_of_all_images(dataset.folder, rows, read_images, progress),
        *_duplicates(rows),
        *_leaks(dataset, rows),
        *_unknown(rows),
    ]
    return tuple(sorted(faults, key=lambda fault: SEVERITIES.index(fault.severity)))


def _faults_of_record(row: Row) -> Iterator[Fault]:
    name = str(row["image_id"])
    for text in faults_of({field: row[field] for field in FIELDS}):
        yield Fault("error", "wrong value", (name,), text, "Set it with `Dataset.describe`, or import the image again.")
    if row["review_state"] in {"labelled", "reviewed"} and not row["instances"]:
        text = f"it is {row['review_state']}, but it has no instance."
        yield Fault("warning", "no instances", (name,), text, "Label it, or set review_state to 'unlabelled'.")


def _faults_of_files(dataset: Dataset, rows: Sequence[Row]) -> Iterator[Fault]:
    """Files that belong to no image."""
    folder, names = dataset.folder, {row["image_id"] for row in rows}
    known = {folder / MANIFEST, folder / TABLE, folder / LOCK, *(folder / row["file"] for row in rows)}
    known |= {folder / IGNORE / f"{name}.png" for name in names}
    known |= {instance_shards.shard_path(folder, part) for part in dataset.shards}
    holders = [folder, *(folder / name for name in ("images", IGNORE, "instances") if (folder / name).is_dir())]
    for path in sorted(path for holder in holders for path in holder.iterdir()):
        if path in known or path in holders:
            continue
        half = path.name.startswith((INCOMING, INCOMING_ARCHIVE)) or ".partial" in path.name
        why = "left by a program that was stopped." if half else "no image of the dataset uses it."
        yield Fault("warning", "extra file", (str(path),), why, "Delete it, or import it.")


def _faults_of_all_instances(dataset: Dataset, progress: Progress | None) -> Iterator[Fault]:
    for done, (row, rows) in enumerate(dataset.stored_rows(), 1):
        yield from _faults_of_rows(row, rows)
        if progress:
            progress("instances", done, len(dataset))


def _faults_of_rows(row: Row, rows: pl.DataFrame | InputError) -> Iterator[Fault]:
    name, again = str(row["image_id"]), "Import the image and its labels again."
    if isinstance(rows, InputError):
        yield Fault("error", "instances lost", (name,), str(rows), again)
        return
    beyond = rows.filter(
        (pl.min_horizontal("x0", "y0") < 0) | (pl.col("x1") > row["width_px"]) | (pl.col("y1") > row["height_px"])
    )
    if beyond.height:
        text = f"{_numbered(beyond)} reach beyond its {row['width_px']} x {row['height_px']} px."
        yield Fault("error", "instances outside", (name,), text, "Are these its labels? " + again)
        return
    if rows["number"].is_duplicated().any() or (rows["number"] == 0).any():
        text = "numbers of instances are 0 or come twice; wanted each its own, from 1."
        yield Fault("error", "numbers of instances", (name,), text, again)
    try:
        instances = instance_shards.instances_from(rows, (row["height_px"], row["width_px"]))
    except UniaimsError as error:
        yield Fault("error", "instances damaged", (name,), str(error), again)
        return
    yield from _faults_of_instances(name, instances, rows)


def _faults_of_instances(name: str, instances: InstanceMasks, rows: pl.DataFrame) -> Iterator[Fault]:
    areas = instances.areas_px
    if not np.array_equal(areas, rows["area_px"].to_numpy()):
        yield Fault("error", "areas", (name,), "areas are not those of the outlines.", "Import its labels again.")
    empty = rows.filter(pl.Series(areas == 0))
    if empty.height:
        text = f"{_numbered(empty)} have no pixel."
        yield Fault("warning", "empty instances", (name,), text, "Remove them: replace the instances by the others.")
    labels = instances.labels()
    shared = int(areas.sum()) - int(np.count_nonzero(labels))
    if shared:
        text = f"instances share {shared:,} px; label images and many formats keep only one of two."
        yield Fault("warning", "overlaps", (name,), text, "Right if whole outlines of hidden objects are meant.")
    broken = rows.filter(pl.Series(_pieces(instances, labels, overlap=shared > 0) > 1))
    if broken.height:
        text = f"{_numbered(broken)} have several pieces."
        yield Fault("warning", "disconnected instances", (name,), text, "Split them, if they are several objects.")


def _pieces(instances: InstanceMasks, labels: NDArray[np.uint32], overlap: bool) -> NDArray[np.int64]:
    """Number (N,) of 8-connected pieces of each instance."""
    if overlap:
        masks = (instances.mask(i).astype(np.uint8) for i in range(len(instances)))
        return np.array([cv2.connectedComponents(mask)[0] - 1 if mask.size else 0 for mask in masks], np.int64)
    found, counts = np.unique(pieces_of(labels).values, return_counts=True)
    places = np.minimum(np.searchsorted(found, instances.numbers), len(found) - 1)
    return np.where(found[places] == instances.numbers, counts[places], 0)


def _numbered(rows: pl.DataFrame) -> str:
    """How many instances, and the numbers of the first."""
    numbers = rows["number"].to_list()
    shown = ", ".join(map(str, numbers[:5])) + (", ..." if len(numbers) > 5 else "")
    return f"{len(numbers):,} instances ({shown})"


def _faults_of_all_images(
    folder: Path, rows: Sequence[Row], read_images: bool, progress: Progress | None
) -> Iterator[Fault]:
    with ThreadPoolExecutor(thread_count()) as pool:
        results = pool.map(lambda row: list(_faults_of_image(folder, row, read_images)), rows)
        for done, faults in enumerate(results, 1):
            yield from faults
            if progress:
                progress("images", done, len(rows))


def _faults_of_image(folder: Path, row: Row, read_images: bool) -> Iterator[Fault]:
    """What is wrong with the file of an image, and with its ignore mask."""
    bring_back = "Bring it back from a copy, or remove the image from the dataset."
    try:
        path = place_in_folder(str(row["file"]), folder)
    except InputError as error:
        yield Fault("error", "path", (str(row["file"]),), str(error), "Put the file itself into images/.")
        return
    if not path.exists():
        yield Fault("error", "missing image", (str(path),), "the file is not there.", bring_back)
        return
    if read_images:
        yield from _faults_of_pixels(path, row, bring_back)
    ignore = folder / IGNORE / f"{row['image_id']}.png"
    if ignore.is_file():
        yield from _faults_of_mask(ignore, row)


def _faults_of_pixels(path: Path, row: Row, remedy: str) -> Iterator[Fault]:
    shape = (row["height_px"], row["width_px"])
    try:
        found = read_image(path).shape
    except UniaimsError as error:
        yield Fault("error", "unreadable image", (str(path),), str(error), remedy)
        return
    if found != shape:
        text = f"it has {found} pixels (rows, columns), its labels are for {shape}."
        yield Fault("error", "size differs", (str(path),), text, "Bring the right image back, or import it again.")
    elif row["content_hash"] and likeness.content_hash(path) != row["content_hash"]:
        text = "the file is not the one that was imported; do the labels still fit?"
        yield Fault("warning", "image changed", (str(path),), text, "Look at it; import it again if they do.")


def _faults_of_mask(path: Path, row: Row) -> Iterator[Fault]:
    try:
        found, wanted = read_labels(path).shape, (row["height_px"], row["width_px"])
        text = "" if found == wanted else f"it has {found} pixels (rows, columns), its image {wanted}."
    except UniaimsError as error:
        text = str(error)
    if text:
        yield Fault("error", "ignore mask", (str(path),), text, "Export it at the image's resolution, or delete it.")


def _duplicates(rows: Sequence[Row]) -> Iterator[Fault]:
    """Images that are the same file."""
    for names in _grouped(rows, "content_hash"):
        text = f"{len(names)} images are the same file."
        yield Fault("warning", "duplicated image", names, text, "Remove all but one of them.")


def _leaks(dataset: Dataset, rows: Sequence[Row]) -> Iterator[Fault]:
    """Images that must not be parted by a split, and are."""
    split_of = {row["image_id"]: row["split"] for row in rows if row["split"]}
    again = "Split again: uniaims dataset split."
    for names in _grouped(rows, "group"):
        splits = sorted({split_of[name] for name in names if name in split_of})
        if len(splits) > 1:
            group = next(row["group"] for row in rows if row["image_id"] == names[0])
            text = f"the group {group!r} is in {' and '.join(splits)}: what is tested was seen in training."
            yield Fault("error", "split leakage", names, text, again)
    placed = [(row, seen) for row, seen in zip(rows, dataset.perceptual_hashes, strict=True) if row["split"] and seen]
    vectors = likeness.vectors([seen for _, seen in placed])
    for i, j in likeness.near_pairs(vectors):
        pair = (placed[i][0], placed[j][0])
        if pair[0]["split"] != pair[1]["split"]:
            names = (pair[0]["image_id"], pair[1]["image_id"])
            text = f"nearly the same picture is in {pair[0]['split']} and in {pair[1]['split']}."
            yield Fault("error", "split leakage", names, text, again)


def _unknown(rows: Sequence[Row]) -> Iterator[Fault]:
    """What is not known of many images, a fault for each field."""
    no_licence = tuple(row["image_id"] for row in rows if not row["licence"] and not row["synthetic"])
    if no_licence:
        text = f"{len(no_licence):,} images have no licence, so nobody knows who may use them."
        yield Fault("warning", "missing licence", no_licence, text, "Import with --set licence=..., or describe them.")
    no_size = tuple(row["image_id"] for row in rows if row["pixel_size_nm"] is None)
    if no_size:
        text = f"{len(no_size):,} images have no pixel size, so their lengths stay in pixels."
        yield Fault("note", "no pixel size", no_size, text, "Set pixel_size_nm where you know it.")


def _grouped(rows: Iterable[Row], field: str) -> Iterator[tuple[str, ...]]:
    """Ids of images that share a value of a field that is not empty."""
    known = sorted((row[field], row["image_id"]) for row in rows if row[field])
    for _, members in groupby(known, key=lambda pair: pair[0]):
        names = tuple(name for _, name in members)
        if len(names) > 1:
            yield names
