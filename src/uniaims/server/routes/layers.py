"""Layers of labels: tiles as frames, instances as columns, figures that follow every edit, versions."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import polars
from fastapi import APIRouter, Request, Response

from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.versions import Version
from uniaims.frames import COLUMNS, FRAMES, columns, frame
from uniaims.measurements.figure import Figure
from uniaims.modes import mode_named
from uniaims.server.bodies import (
    DiffBody,
    EditResultBody,
    HistogramBody,
    LayerBody,
    LayerFigures,
    LayerList,
    NewVersion,
    Restore,
    TileRequest,
    VersionBody,
    VersionList,
    result_body,
    time_of,
)
from uniaims.server.desk import AtDesk, Desk, Id
from uniaims.server.errors import missing
from uniaims.server.packing import packed
from uniaims.server.permits import Editor, LabelReader, Restorer
from uniaims.server.routes.images import TABLE
from uniaims.statistics import histogram, size_percentiles

router = APIRouter(tags=["layers"])
BINS = 24
BORDER = 4
"""Mark of an instance that the border of the image cuts."""


@router.get("/images/{image}/layers")
def of_image(image: Id, _account: LabelReader, desk: AtDesk) -> LayerList:
    """The layers of an image."""
    known = desk.engine.images.image(image)
    return LayerList(items=[] if known.layer_id is None else [_body(desk, known.layer_id)], next=None)


@router.get("/layers/{layer}")
def one(layer: Id, _account: LabelReader, desk: AtDesk) -> LayerBody:
    """A layer as it is now."""
    return _body(desk, layer)


@router.get("/layers/{layer}/instances")
def instances(layer: Id, request: Request, _account: LabelReader, desk: AtDesk, since: Id | None = None) -> Response:
    """All instances as columns; with ``since`` those that changed after that edit, deleted ones with area 0."""
    seq, rows = desk.engine.layers.open(layer).rows(since)
    headers = {"ETag": f'"{seq}"', "X-Seq": str(seq), "Cache-Control": "private, no-cache"}
    if since is None and request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return packed(request, columns({name: rows[name] for name in rows.dtype.names or ()}, seq=seq), COLUMNS, headers)


@router.post("/layers/{layer}/tiles")
def tiles(layer: Id, body: TileRequest, request: Request, _account: LabelReader, desk: AtDesk) -> Response:
    """Those tiles that have changed since the heads that come with them, as frames."""
    found = desk.engine.layers.open(layer).tiles(body.tiles)
    frames = (frame(each.level, each.y, each.x, each.head, each.runs) for each in found)
    return packed(request, b"".join(frames), FRAMES, {"Cache-Control": "no-store"})


@router.get("/layers/{layer}/tiles/{level}/{y}/{x}")
def tile(layer: Id, level: Id, y: Id, x: Id, request: Request, _account: LabelReader, desk: AtDesk) -> Response:
    """One tile as a frame."""
    found = desk.engine.layers.open(layer).tile(level, y, x)
    headers = {"ETag": f'"{found.head}"', "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return packed(request, frame(level, y, x, found.head, found.runs), FRAMES, headers)


@router.get("/layers/{layer}/measurements")
def measurements(layer: Id, request: Request, _account: LabelReader, desk: AtDesk) -> Response:
    """Every measured column of the last analysis; its header tells of which edit, and what the columns are."""
    image = desk.engine.images.of_layer(layer)
    kept, path = desk.analyses.latest(image.id), desk.analyses.file(image.id, TABLE)
    if kept is None or path is None:
        raise missing(f"measurements of layer {layer}")
    table = polars.read_parquet(BytesIO(path.read_bytes()))
    values = {
        name: np.ascontiguousarray(_plain(table[name])) for name in table.columns if table[name].dtype != polars.String
    }
    told = [_told(name, kept.mode) for name in values]
    more: dict[str, Any] = {"seq": kept.seq, "pixel_size_nm": image.pixel_size_nm, "facts": told}
    return packed(request, columns(values, **more), COLUMNS, {"X-Seq": str(kept.seq), "Cache-Control": "no-store"})


@router.get("/layers/{layer}/figures")
def figures(layer: Id, _account: LabelReader, desk: AtDesk) -> LayerFigures:
    """Counts and sizes as the labels are now: of the instances that the border does not cut."""
    opened, image = desk.engine.layers.open(layer), desk.engine.images.of_layer(layer)
    seq, rows = opened.rows()
    whole = rows[(rows["flags"] & BORDER) == 0]
    side = image.pixel_size_nm or 1.0
    sizes = np.sqrt(whole["area"].astype(np.float64) * (4 / np.pi)) * side
    found, bars = size_percentiles(sizes), histogram(sizes, BINS)
    return LayerFigures(
        seq=seq,
        count=len(rows),
        whole_count=len(whole),
        area_fraction=float(rows["area"].sum(dtype=np.float64)) / (opened.shape[0] * opened.shape[1]),
        unit="nm" if image.pixel_size_nm else "px",
        d10=_number(found.d10),
        d50=_number(found.d50),
        d90=_number(found.d90),
        mean=_number(found.mean),
        mean_area=_number(float(whole["area"].mean(dtype=np.float64)) * side**2) if len(whole) else None,
        histogram=HistogramBody(edges=bars.edges.tolist(), counts=bars.counts.tolist()),
    )


@router.get("/layers/{layer}/versions")
def versions(layer: Id, _account: LabelReader, desk: AtDesk) -> VersionList:
    """The versions that are kept, the newest first."""
    found = desk.engine.layers.versions(layer).all()
    names = desk.engine.accounts.names({each.author_id for each in found if each.author_id is not None})
    return VersionList(items=[_version(each, names) for each in found], next=None)


@router.post("/layers/{layer}/versions", status_code=201)
def name_version(layer: Id, body: NewVersion, account: Editor, desk: AtDesk) -> VersionBody:
    """Keep the layer as it is now under a name."""
    kept = desk.engine.layers.versions(layer).keep(body.name, Author(account, ""))
    return _version(kept, desk.engine.accounts.names({account}))


@router.post("/layers/{layer}/versions/{version}/restore")
def restore(layer: Id, version: Id, body: Restore, account: Restorer, desk: AtDesk) -> EditResultBody:
    """Make the layer what it was in a version; that can be undone."""
    result = desk.engine.layers.versions(layer).restore(version, Author(account, body.client), body.edit_id)
    desk.tell_replaced(layer)
    return result_body(result, desk.names(result))


@router.get("/layers/{layer}/versions/{before}/diff/{after}")
def diff(layer: Id, before: Id, after: Id, _account: LabelReader, desk: AtDesk) -> DiffBody:
    """Which instances differ between two versions, and how much of those that are in both is the same."""
    found = desk.engine.layers.versions(layer).difference(before, after)
    return DiffBody(
        added=found.added.tolist(),
        removed=found.removed.tolist(),
        changed=found.changed.tolist(),
        iou=[round(float(each), 4) for each in found.iou],
    )


def _body(desk: Desk, number: int) -> LayerBody:
    layer: Layer = desk.engine.layers.open(number)
    height, width = layer.shape
    return LayerBody(
        id=number,
        image_id=desk.engine.images.of_layer(number).id,
        kind="main",
        seq=layer.seq,
        levels=layer.level_count,
        tile_px=512,
        width_px=width,
        height_px=height,
        instance_count=layer.instance_count,
    )


def _version(version: Version, names: Mapping[int, str]) -> VersionBody:
    return VersionBody(
        id=version.id,
        seq=version.seq,
        kind=version.kind,
        name=version.name,
        instance_count=version.instance_count,
        author=names.get(version.author_id or 0, ""),
        at=time_of(version.created_ms),
    )


def _plain(column: polars.Series) -> Any:
    return column.cast(polars.UInt8).to_numpy() if column.dtype == polars.Boolean else column.to_numpy()


def _told(column: str, mode: str) -> dict[str, str]:
    """What a column is: its property has a name that the column's begins with."""
    known: dict[str, tuple[Figure, bool]] = {
        each.column(calibrated=calibrated): (each, calibrated)
        for each in mode_named(mode).properties
        for calibrated in (False, True)
    }
    if column not in known:
        return {"column": column, "name": column, "label": column, "unit": ""}
    figure, calibrated = known[column]
    return {"column": column, "name": figure.name, "label": figure.label, "unit": figure.unit(calibrated=calibrated)}


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
