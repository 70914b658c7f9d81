"""Find the objects of an image, measure them, write the report: what `uniaims analyse` does, for an image of a project."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from uniaims.engine import Engine
from uniaims.engine.blobs import FolderBlobs
from uniaims.engine.queue import Job
from uniaims.jobs.order import Order
from uniaims.jobs.results import keep_results, original_of
from uniaims.progress import Progress

FIELDS = "fields.safetensors"


def prepare(engine: Engine, job: Job, folder: Path) -> Order:
    """The file of the image, and the pixel size that the project knows better than the file."""
    image = engine.images.get(int(job.params["image"]))
    settings = dict(job.params.get("settings", {}))
    if image.pixel_size_nm and "pixel_size" not in settings:
        settings["pixel_size"] = f"{image.pixel_size_nm!r} nm"
    if image.page:
        settings["page"] = image.page
    fields = engine.fields.path(image.sha256, image.page)
    params = {"settings": settings, "fields": str(fields), "title": image.name}
    return Order(job.kind, params, engine.blobs.folder, folder, {"image": original_of(engine, image, folder)})


def run(order: Order, progress: Progress) -> Mapping[str, Any]:
    """In the child: the whole chain of `analyse`; the fields are kept for the tools that ask them again."""
    import numpy as np

    from uniaims.engine.layers import snapshot_of_labels
    from uniaims.pipeline import AnalysisSettings, analyse
    from uniaims.settings import from_table

    settings = from_table(AnalysisSettings, order.params["settings"], "settings")
    segmenter = _segmenter(settings.segmenter)
    analysis = analyse(order.files["image"], settings, replace(segmenter, keep=Path(order.params["fields"])), progress, guarded=True)
    progress("saving", 0, 1)
    place = order.folder / "result"
    summary = analysis.save(place)
    segmentation = analysis.segmentation
    blobs = FolderBlobs(order.blobs)
    manifest = snapshot_of_labels(segmentation.labels, blobs, np.asarray(segmentation.confidence, np.float32))
    return {"files": keep_results(place, blobs), "manifest": manifest, "count": len(segmentation), "model": summary.model}


def apply(engine: Engine, job: Job, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The labels become the layer, but for what was drawn or accepted by hand; the results are those of the image."""
    return result
