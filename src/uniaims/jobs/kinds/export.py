"""Write images and their objects for other programs: one of the formats of datasets, labels, tables or reports."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniaims.engine.blobs import FolderBlobs
from uniaims.errors import InputError
from uniaims.jobs.order import Order
from uniaims.jobs.results import drawn, linked, original_of
from uniaims.names import alike, folder_name
from uniaims.progress import Progress

if TYPE_CHECKING:
    from uniaims.dataset import AnnotatedImage
    from uniaims.engine import Engine
    from uniaims.engine.images import Image
    from uniaims.engine.queue import Job

RESULTS = {"measurements": "measurements.csv", "report": "report.html"}
"""Exports that are files of the last analysis."""


def prepare(engine: "Engine", job: "Job", folder: Path) -> Order:
    """The images that are meant, each in a folder of its own with its labels."""
    assert job.project_id is not None
    project = engine.projects.project(job.project_id)
    wanted = job.params.get("images")
    images = list(_all(engine, project.id)) if wanted is None else [engine.images.image(each) for each in wanted]
    images = [image for image in images if image.state == "ready"]
    if not images:
        raise InputError("there is no image to export that has been read: wait until they are, or choose others.")
    kinds = {kind.number: kind.name for kind in project.kinds}
    told = [_prepared(engine, image, name, folder) for image, name in zip(images, _names(images), strict=True)]
    params = {"format": job.params["format"], "images": told, "kinds": kinds, "project": folder_name(project.name)}
    return Order(job.kind, params, engine.blobs.folder, folder)


def run(order: Order, progress: Progress) -> Mapping[str, Any]:
    """In the child: one file, a zip where there are several."""
    place, format_name = order.folder / "export", str(order.params["format"])
    images = order.params["images"]
    if format_name in RESULTS:
        files = _results(images, RESULTS[format_name], place)
    elif format_name == "labels":
        files = _label_files(images, place, progress)
    else:
        files = _dataset(order, place, progress)
    progress("packing", 0, 1)
    target = files[0] if len(files) == 1 else _packed(files, place, order.folder / "export.zip")
    stem = Path(images[0]["name"]).name if len(images) == 1 else order.params["project"]
    name = target.name if len(files) == 1 else f"{stem}_{format_name}.zip"
    return {"blob": FolderBlobs(order.blobs).put_file(target), "name": name, "bytes": target.stat().st_size}


def apply(engine: "Engine", job: "Job", result: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG001 - nothing changes
    """The file waits to be fetched."""
    return result


def _all(engine: "Engine", project: int) -> "Iterator[Image]":
    after = 0
    while page := engine.images.page(project, 200, after):
        yield from page
        after = page[-1].id


def _names(images: "Sequence[Image]") -> list[str]:
    """A name for each that no disk takes for another's."""
    taken, names = set[str](), []
    for image in images:
        stem = folder_name(Path(image.name).stem)
        name = stem if alike(stem) not in taken else f"{stem}_{image.id}"
        taken.add(alike(name))
        names.append(name)
    return names


def _prepared(engine: "Engine", image: "Image", name: str, folder: Path) -> dict[str, Any]:
    from uniaims.engine.analyses import Analyses

    place = folder / f"image-{image.id}"
    place.mkdir()
    files, facts = drawn(engine, image, place)
    kept = Analyses(engine.database, engine.blobs).latest(image.id)
    results = {each: str(engine.blobs.path(blob)) for each, blob in kept.files.items()} if kept else {}
    paths = {each: str(path) for each, path in files.items()} | {"image": str(original_of(engine.blobs, image, place))}
    record = dict(image.record) | {
        "image_id": name, "file": f"{name}{image.suffix}", "width_px": image.width_px, "height_px": image.height_px,
        "pixel_size_nm": image.pixel_size_nm, "pixel_size_source": image.pixel_size_source,
    }  # fmt: skip
    return facts | {"name": name, "files": paths, "results": results, "record": record, "page": image.page}


def _results(images: Sequence[Mapping[str, Any]], wanted: str, place: Path) -> list[Path]:
    place.mkdir()
    missing = [image["name"] for image in images if wanted not in image["results"]]
    if missing:
        raise InputError(f"{missing[0]}: not measured yet, as {len(missing)} of {len(images)}. Measure it first.")
    return [linked(Path(image["results"][wanted]), place / f"{image['name']}_{wanted}") for image in images]


def _label_files(images: Sequence[Mapping[str, Any]], place: Path, progress: Progress) -> list[Path]:
    import numpy as np

    from uniaims.labels import write_labels

    for number, image in enumerate(images):
        progress("images", number, len(images))
        write_labels(place / f"{image['name']}_labels.tif", np.load(image["files"]["labels"]), image["pixel_size_nm"])
    return sorted(place.iterdir())


def _dataset(order: Order, place: Path, progress: Progress) -> list[Path]:
    from uniaims.dataset.exchange import FORMATS

    warnings: list[str] = []
    FORMATS[str(order.params["format"])].write(_entries(order, progress), place, warnings.append)
    return [path for path in sorted(place.rglob("*")) if path.is_file()]


def _entries(order: Order, progress: Progress) -> "Iterator[AnnotatedImage]":
    import numpy as np

    from uniaims.dataset import AnnotatedImage, ImageRecord, InstanceMasks
    from uniaims.micrograph import read_image

    images, names = order.params["images"], order.params["kinds"]
    for number, image in enumerate(images):
        progress("images", number, len(images))
        kinds = json.loads(Path(image["files"]["kinds"]).read_text())
        named = {int(each): names[str(kind)] for each, kind in kinds.items() if str(kind) in names}
        masks = InstanceMasks.from_labels(np.load(image["files"]["labels"]), named)
        path = Path(image["files"]["image"])
        pixels = np.asarray(read_image(path, image["page"], guarded=True).pixels) if image["page"] else path
        yield AnnotatedImage(ImageRecord(**image["record"]), masks, pixels)


def _packed(files: Sequence[Path], place: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in files:
            archive.write(path, path.relative_to(place).as_posix())
    return target
