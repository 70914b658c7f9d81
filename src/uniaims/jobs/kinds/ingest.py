"""Read an image for the first time: its pixels as tiles, its pixel size, and the labels that came with it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniaims.engine.blobs import FolderBlobs
from uniaims.jobs.order import Order
from uniaims.jobs.results import keep_results, original_of
from uniaims.progress import Progress

if TYPE_CHECKING:
    from uniaims.engine import Engine
    from uniaims.engine.queue import Job
    from uniaims.micrograph import Micrograph
    from uniaims.pipeline.results import ResultFolder


def prepare(engine: "Engine", job: "Job", folder: Path) -> Order:
    """The file of the image, beside it those that tell of it, and the folder of its results if there is one."""
    assert job.image_id is not None
    image = engine.images.image(job.image_id)
    source = Path(image.source) if image.source and Path(image.source).exists() else None
    params = {"page": image.page, "results": job.params.get("results", ""), "has_layer": image.layer_id is not None}
    path = source or original_of(engine.blobs, image, folder)
    return Order(job.kind, params, engine.blobs.folder, folder, {"image": path})


def run(order: Order, progress: Progress) -> Mapping[str, Any]:
    """In the child; the file itself is read in a guarded one."""
    import numpy as np

    from uniaims.engine.layers.ingest import write_labels
    from uniaims.engine.pyramid import make_pyramid
    from uniaims.micrograph import read_image
    from uniaims.pipeline.results import ResultFolder

    blobs = FolderBlobs(order.blobs)
    progress("read", 0, 1)
    micrograph = read_image(order.files["image"], order.params["page"] or None, guarded=True)
    results = ResultFolder.at(Path(order.params["results"])) if order.params["results"] else None
    progress("scale", 0, 1)
    reading = reading_of(micrograph, results)
    progress("tiles", 0, 1)
    reading["pyramid"] = make_pyramid(np.asarray(micrograph.pixels), blobs)
    labels = _labels(micrograph, results, blobs) if results else {}
    return {"reading": reading, "manifest": write_labels(np.zeros(micrograph.shape, np.uint32), blobs)} | labels


def apply(engine: "Engine", job: "Job", result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The image is ready, with a layer: that of its results, or one without objects."""
    from uniaims.engine.analyses import Analyses
    from uniaims.engine.images import Reading

    assert job.image_id is not None
    account = engine.accounts.account(job.created_by)
    reading = Reading(**result["reading"])
    image = engine.images.describe(job.image_id, reading)
    if image.layer_id is None:
        engine.layers.add(image.id, result["manifest"], "main", account.id)
    if "files" in result:
        kept = Analyses(engine.database, engine.blobs)
        kept.keep(image.id, account.id, result["mode"], result["settings"], 0, result["files"], job.id)
    engine.images.finish(image.id, reading)  # at last: whoever sees it ready finds all that belongs to it
    return {"image": image.id}


def reading_of(micrograph: "Micrograph", results: "ResultFolder | None") -> dict[str, Any]:
    """What is known of the image: by its results, or by its file and scale bar."""
    from uniaims.scalebar import resolve_pixel_size, scan_scale

    height, width = micrograph.shape
    told = {"width_px": width, "height_px": height, "acquisition": _known(micrograph.acquisition)}
    if results is not None:
        found = results.summary
        size, source = found.pixel_size_nm, found.pixel_size_source or ""
        findings = {"warnings": list(found.warnings), "notes": list(found.notes), "scale_bar": found.scale_bar}
        return told | {"pixel_size_nm": size, "pixel_size_source": source, "findings": findings}
    reading = scan_scale(micrograph)
    resolved = resolve_pixel_size(micrograph, None, reading)
    used = resolved.pixel_size
    findings = {"warnings": [*micrograph.warnings, *resolved.warnings], "notes": [], "scale_bar": _bar(reading)}
    return told | {
        "acquisition": _known(micrograph.acquisition.filled_from(reading.acquisition)),
        "pixel_size_nm": used.nm if used else None,
        "pixel_size_source": used.source if used else "",
        "findings": findings,
    }


def _bar(reading: Any) -> Any:
    from uniaims.pipeline.provenance import scale_bar_trace

    return scale_bar_trace(reading, None)


def _known(acquisition: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(acquisition).items() if value is not None}


def _labels(micrograph: "Micrograph", results: "ResultFolder", blobs: FolderBlobs) -> dict[str, Any]:
    """The labels of results with their confidences, and their files; without, where they are of another size."""
    import numpy as np

    from uniaims.engine.layers.ingest import suggested, write_labels
    from uniaims.guard import guarded
    from uniaims.labels import read_labels
    from uniaims.measurements.files import parquet

    path = results.path / "labels.tif"
    labels = guarded(read_labels, path, about=path)
    if labels.shape != micrograph.shape:
        return {}
    table = results.table() if (results.path / parquet.TYPE.file).is_file() else None
    confidence = np.full(int(labels.max(initial=0)), np.nan, np.float32)
    if table is not None and "confidence" in table.columns:
        confidence[table["label"].to_numpy() - 1] = table["confidence"].to_numpy()
    return {
        "manifest": write_labels(labels, blobs, suggested(confidence)),
        "files": keep_results(results.path, blobs),
        "mode": results.summary.mode.name,
        "settings": {},
    }
