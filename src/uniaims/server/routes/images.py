"""Images: what is known of them, their tiles, and the results of their last analysis."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from uniaims.engine.images import Image
from uniaims.engine.pyramid import Pyramid as KeptPyramid
from uniaims.names import folder_name
from uniaims.server.bodies import FiguresBody, ImageBody, ImageChange, ImageList, Pyramid, time_of
from uniaims.server.desk import AtDesk, Desk, Id
from uniaims.server.errors import missing
from uniaims.server.etags import IfMatch, tag_of, unchanged
from uniaims.server.packing import packed
from uniaims.server.permits import Adder, Reader, Remover
from uniaims.server.security import REPORT_POLICY

router = APIRouter(tags=["images"])
IMMUTABLE = "private, max-age=31536000, immutable"
_CHANGEABLE = ImageChange.model_fields.keys()
REPORT, SUMMARY, TABLE = "report.html", "summary.json", "measurements.parquet"


@router.get("/projects/{project}/images")
def listed(
    project: Id,
    _account: Reader,
    desk: AtDesk,
    after: Id = 0,
    state: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> ImageList:
    """Images of a project, in order of their numbers."""
    desk.engine.projects.project(project)
    found = desk.engine.images.page(project, limit, after, state)
    return ImageList(
        items=[image_body(desk, each) for each in found], next=found[-1].id if len(found) == limit else None
    )


@router.get("/images/{image}")
def one(image: Id, _account: Reader, desk: AtDesk, response: Response) -> ImageBody:
    """What is known of an image."""
    return _tagged(response, image_body(desk, desk.engine.images.image(image)))


@router.patch("/images/{image}")
def change(
    image: Id, body: ImageChange, _account: Adder, desk: AtDesk, response: Response, if_match: IfMatch = None
) -> ImageBody:
    """Rename an image, or say how large its pixels are."""
    with unchanged(if_match, lambda: _tag(desk, image)):
        known = desk.engine.images.image(image)
        if body.name is not None:
            known = desk.engine.images.rename(image, body.name)
        if "pixel_size_nm" in body.model_fields_set:
            known = desk.engine.images.set_pixel_size(image, body.pixel_size_nm)
    desk.tell_image(known)
    return _tagged(response, image_body(desk, known))


@router.delete("/images/{image}", status_code=204)
def remove(image: Id, _account: Remover, desk: AtDesk, if_match: IfMatch = None) -> Response:
    """Delete an image and all that was drawn on it; the file that it came from stays."""
    with unchanged(if_match, lambda: _tag(desk, image)):
        known = desk.engine.images.image(image)
        desk.engine.images.remove(image)
    desk.engine.layers.forget_deleted()
    desk.tell_image(known)
    return Response(status_code=204)


@router.get("/images/{image}/tiles/{key}/{level}/{y}/{x}")
def tile(
    image: Id, key: str, level: Id, y: Id, x: Id, request: Request, _account: Reader, desk: AtDesk,
    samples: bool = False,
) -> Response:  # fmt: skip
    """A tile as WebP; or with ``samples``, at full size, its values, little-endian, as the headers tell."""
    kept = _pyramid(desk, image)
    if kept.key != key:
        raise missing(f"pyramid {key[:70]}")
    if samples:
        values = kept.samples(y, x)
        told = {"X-Shape": ",".join(map(str, values.shape)), "X-Type": values.type, "Cache-Control": IMMUTABLE}
        return packed(request, values.data, "application/octet-stream", told)
    data = kept.tile(level, y, x)
    return Response(data, media_type="image/webp", headers={"Cache-Control": IMMUTABLE})


@router.get("/images/{image}/thumbnail")
def thumbnail(image: Id, _account: Reader, desk: AtDesk) -> Response:
    """The whole image as WebP, its longer side 512 px or less."""
    return Response(
        _pyramid(desk, image).thumbnail(), media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"}
    )


@router.get("/images/{image}/original", response_class=FileResponse)
def original(image: Id, _account: Reader, desk: AtDesk) -> FileResponse:
    """The file as it came, to be saved."""
    known = desk.engine.images.image(image)
    path = desk.engine.blobs.path(known.sha256)
    if not path.is_file():
        raise missing(f"file of image {image}")
    return FileResponse(path, filename=known.name, media_type="application/octet-stream")


@router.get("/images/{image}/report", response_class=FileResponse)
def report(image: Id, _account: Reader, desk: AtDesk) -> FileResponse:
    """The report of the last analysis; it runs in a sandbox and can fetch nothing."""
    path = desk.analyses.file(image, REPORT)
    if path is None:
        raise missing(f"report of image {image}")
    headers = {"Content-Security-Policy": REPORT_POLICY, "Cache-Control": "private, no-cache"}
    return FileResponse(path, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/images/{image}/results/{name}", response_class=FileResponse)
def result(image: Id, name: str, _account: Reader, desk: AtDesk) -> FileResponse:
    """A file of the last analysis, to be saved: ``measurements.csv``, ``labels.tif`` and so on."""
    path = desk.analyses.file(image, name)
    if path is None:
        raise missing(f"{name[:100]} of image {image}")
    stem = folder_name(desk.engine.images.image(image).name.rpartition(".")[0])
    return FileResponse(path, filename=f"{stem}_{name}", media_type="application/octet-stream")


@router.get("/images/{image}/figures")
def figures(image: Id, _account: Reader, desk: AtDesk) -> FiguresBody:
    """The summary of the last analysis."""
    kept, path = desk.analyses.latest(image), desk.analyses.file(image, SUMMARY)
    if kept is None or path is None:
        raise missing(f"analysis of image {image}")
    return FiguresBody(seq=kept.seq, mode=kept.mode, summary=json.loads(path.read_text(encoding="utf-8")))


def _tag(desk: Desk, image: int) -> str:
    return tag_of(image_body(desk, desk.engine.images.image(image)), _CHANGEABLE)


def _tagged(response: Response, body: ImageBody) -> ImageBody:
    response.headers["ETag"] = tag_of(body, _CHANGEABLE)
    return body


def _pyramid(desk: Desk, image: int) -> KeptPyramid:
    known = desk.engine.images.image(image).pyramid
    if known is None:
        raise missing(f"picture of image {image}")
    return KeptPyramid(str(known["key"]), desk.engine.blobs)


def image_body(desk: Desk, image: Image) -> ImageBody:
    """An image as it is told."""
    kept = desk.analyses.latest(image.id)
    files = kept.files if kept else {}
    pyramid = image.pyramid and Pyramid(**{name: image.pyramid[name] for name in Pyramid.model_fields})
    return ImageBody(
        id=image.id,
        project_id=image.project_id,
        name=image.name,
        state=image.state,
        error=image.error,
        width_px=image.width_px,
        height_px=image.height_px,
        pixel_size_nm=image.pixel_size_nm,
        pixel_size_source=image.pixel_size_source,
        instance_count=image.instance_count,
        layer_id=image.layer_id,
        warnings=list(image.findings.get("warnings", ())),
        notes=list(image.findings.get("notes", ())),
        has_report=REPORT in files,
        has_measurements=TABLE in files,
        pyramid=pyramid or None,
        acquisition=dict(image.acquisition),
        record=dict(image.record),
        scale_bar=image.findings.get("scale_bar"),
        created_at=time_of(image.created_ms),
    )
