"""Find the objects of an image, measure them and write the report, as `uniaims analyse` does."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from uniaims.engine.blobs import FolderBlobs
from uniaims.jobs.order import Order
from uniaims.jobs.results import keep_results, original_of, placed_model
from uniaims.progress import Progress

if TYPE_CHECKING:
    from uniaims.engine import Engine
    from uniaims.engine.queue import Job
    from uniaims.segmenter import Segmenter, SegmenterSettings


def prepare(engine: "Engine", job: "Job", folder: Path) -> Order:
    """The file of the image, and the pixel size that a user gave or that stood in a file beside it."""
    from uniaims.engine.fields import FieldCache

    image = engine.images.image(int(job.params["image"]))
    settings = dict(job.params.get("settings", {}))
    known = f"{image.pixel_size_nm!r} nm" if image.pixel_size_nm else None
    if known and image.pixel_size_source == "given" and not settings.get("pixel_size"):
        settings["pixel_size"] = known
    if image.page:
        settings["page"] = image.page
    fields = FieldCache(engine.folder / "fields").path(image.sha256, image.page)
    base = engine.layers.open(image.layer_id).snapshot() if image.layer_id else None
    beside = known if image.pixel_size_source == "metadata" else None
    kinds = {kind.name: kind.number for kind in engine.projects.project(image.project_id).kinds}
    params = {
        "settings": settings, "fields": str(fields), "base": base, "beside": beside, "kinds": kinds,
        **_model(engine, job, image.project_id),
    }  # fmt: skip
    return Order(job.kind, params, engine.blobs.folder, folder, {"image": original_of(engine.blobs, image, folder)})


def _model(engine: "Engine", job: "Job", project_id: int) -> Mapping[str, Any]:
    """The model that is named, else the project's, where it is one that was trained here: its number and file."""
    from uniaims.engine.models import Models

    known, named = Models(engine), job.params.get("model")
    if named is None and "model" in job.params.get("settings", {}).get("segmenter", {}):
        return {}
    model = known.model(named) if named is not None else known.current(project_id)
    return {"model": model.id, "file": str(placed_model(engine, model))} if model else {}


def run(order: Order, progress: Progress) -> Mapping[str, Any]:
    """In the child: the whole chain of `analyse`; the fields are kept for the tools that ask them again."""
    from uniaims.engine.layers.ingest import suggested, write_labels
    from uniaims.micrograph import read_image
    from uniaims.pipeline import AnalysisSettings, analyse
    from uniaims.settings import from_table

    told = dict(order.params["settings"])
    if order.params["beside"] and read_image(order.files["image"], guarded=True).pixel_size is None:
        told.setdefault("pixel_size", order.params["beside"])  # it stood in a file beside the image, which is not here
    if "file" in order.params:
        told["segmenter"] = {**told.get("segmenter", {}), "model": order.params["file"]}
    settings = from_table(AnalysisSettings, told, "settings")
    segmenter = _keeping(settings.segmenter, Path(order.params["fields"]))
    analysis = analyse(order.files["image"], settings, segmenter, progress, guarded=True)
    progress("report", 0, 1)
    place, blobs = order.folder / "result", FolderBlobs(order.blobs)
    summary = analysis.save(place)
    found = analysis.segmentation
    kinds = np.array([order.params["kinds"].get(name, 0) for name in found.kind_names], np.uint8)
    said = suggested(found.confidence, kinds if len(kinds) else None, order.params.get("model", 0))
    manifest = write_labels(found.labels, blobs, said)
    return {
        "files": keep_results(place, blobs),
        "manifest": manifest,
        "base": order.params["base"],
        "instance_count": summary.instance_count,
        "warnings": list(summary.warnings),
        "notes": list(summary.notes),
        "mode": settings.mode,
        "settings": order.params["settings"],
    }


def apply(engine: "Engine", job: "Job", result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The labels become the layer, but for what was drawn by hand or accepted; the results are those of the image."""
    from uniaims.engine.analyses import Analyses
    from uniaims.engine.layers.editing import Author
    from uniaims.engine.layers.replacing import Replacement
    from uniaims.engine.queue import Queue

    image = engine.images.image(int(job.params["image"]))
    number = image.layer_id or engine.layers.add(image.id, result["manifest"], "main", job.created_by)
    layer = engine.layers.open(number)
    if image.layer_id is not None:
        new, author = Replacement(result["manifest"], "model", job.kind, job.id), Author(job.created_by, "worker")
        layer.suggest(new, author, f"job {job.id}", result["base"])
    engine.images.update_findings(image.id, {"warnings": result["warnings"], "notes": result["notes"]})
    kept = Analyses(engine.database, engine.blobs)
    kept.keep(image.id, job.created_by, result["mode"], result["settings"], layer.seq, result["files"], job.id)
    _, rows = layer.rows()
    if not np.array_equal(np.sort(rows["number"]), np.arange(1, result["instance_count"] + 1)):
        mode = {"image": image.id, "mode": result["mode"]}  # people's work stayed, or numbers are others: once more
        Queue(engine.database).add("measure", mode, job.created_by, image.project_id, image.id)
    return {"instance_count": result["instance_count"], "warnings": result["warnings"], "image": image.id}


_segmenters: dict["SegmenterSettings", "Segmenter"] = {}
"""In the child: the model of the last job, loaded once."""


def _keeping(settings: "SegmenterSettings", path: Path) -> "Segmenter":
    """A segmenter that keeps the fields which it predicts."""
    from uniaims.jobs.keeping import KeepingSegmenter
    from uniaims.segmenter import Segmenter

    if settings not in _segmenters:
        _segmenters.clear()
        _segmenters[settings] = Segmenter.load(settings=settings)
    return KeepingSegmenter(_segmenters[settings].model, settings, path)
