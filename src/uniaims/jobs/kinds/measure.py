"""Measure the objects of an image as they are drawn now, and write the report again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniaims.engine.blobs import FolderBlobs
from uniaims.jobs.order import Order
from uniaims.jobs.results import drawn, keep_results, original_of
from uniaims.progress import Progress

if TYPE_CHECKING:
    from uniaims.engine import Engine
    from uniaims.engine.queue import Job


def prepare(engine: "Engine", job: "Job", folder: Path) -> Order:
    """The file of the image, its labels, and what is known beside them."""
    image = engine.images.image(int(job.params["image"]))
    files, facts = drawn(engine, image, folder)
    params = facts | {"mode": job.params.get("mode", "particles"), "name": image.name, "page": image.page}
    files["image"] = original_of(engine.blobs, image, folder)
    return Order(job.kind, params, engine.blobs.folder, folder, files)


def run(order: Order, progress: Progress) -> Mapping[str, Any]:
    """In the child: measurements, overlay and report, as `uniaims measure` makes them."""
    import numpy as np

    from uniaims.labels import write_labels
    from uniaims.micrograph import PixelSize, read_image
    from uniaims.modes import Objects, mode_named
    from uniaims.pipeline import save_measurements
    from uniaims.pipeline.settings import MeasureSettings

    params, place, blobs = order.params, order.folder / "result", FolderBlobs(order.blobs)
    labels, confidence = np.load(order.files["labels"]), np.load(order.files["confidence"])
    size = PixelSize(params["pixel_size_nm"], params["pixel_size_source"]) if params["pixel_size_nm"] else None
    progress("read", 0, 1)
    micrograph = read_image(order.files["image"], params["page"] or None, guarded=True)
    progress("measure", 0, 1)
    measurements = mode_named(params["mode"]).work(Objects(labels, size, micrograph, confidence))
    place.mkdir()
    write_labels(place / "labels.tif", labels, size.nm if size else None)
    progress("report", 0, 1)
    settings = MeasureSettings(params["mode"])
    save_measurements(place, measurements, labels, micrograph, params["name"], settings=settings)
    summary = {"instance_count": len(measurements), "pixel_size_nm": params["pixel_size_nm"], "edited": True}
    (place / "summary.json").write_text(json.dumps(summary | {"image": params["name"]}, indent=2) + "\n")
    return {
        "files": keep_results(place, blobs),
        "seq": params["seq"],
        "mode": params["mode"],
        "count": len(measurements),
    }


def apply(engine: "Engine", job: "Job", result: Mapping[str, Any]) -> Mapping[str, Any]:
    """They are the results of the image, as it was when it was measured."""
    from uniaims.engine.analyses import Analyses

    image = engine.images.image(int(job.params["image"]))
    kept = Analyses(engine.database, engine.blobs)
    kept.keep(image.id, job.created_by, result["mode"], {}, result["seq"], result["files"], job.id)
    return {"image": image.id, "instance_count": result["count"]}
