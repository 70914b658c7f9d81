"""Files on their way: tus 1.0.0 with creation, termination and expiration (https://tus.io/protocols/resumable-upload)."""

import base64
import binascii
from email.utils import formatdate
from typing import Annotated, cast

from anyio import to_thread
from fastapi import APIRouter, Header, Request, Response

from uniaims.engine.uploads import LARGEST_BYTES, OffsetError, Purpose, Upload
from uniaims.server.desk import AtDesk, Desk, Visitor
from uniaims.server.errors import ProblemError, missing
from uniaims.server.permits import require_of

router = APIRouter(prefix="/uploads", tags=["uploads"])
VERSION = "1.0.0"
LARGEST_PART_BYTES = 16 * 2**20
_PURPOSES = ("image", "archive")
_HEADERS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
Resumable = Annotated[str, Header(description="Version of the protocol.")]
Number = Annotated[int, Header(ge=0)]


@router.options("", status_code=204)
def abilities() -> Response:
    """What of the protocol is spoken here."""
    told = {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,termination,expiration",
        "Tus-Max-Size": str(LARGEST_BYTES),
    }
    return Response(status_code=204, headers=_HEADERS | told)


@router.post("", status_code=201)
def create(
    account: Visitor,
    desk: AtDesk,
    upload_length: Number,
    upload_metadata: Annotated[str, Header(max_length=4000)],
    tus_resumable: Resumable = VERSION,
) -> Response:
    """Announce a file: its length, and ``filename``, ``project`` and ``purpose`` as metadata."""
    _check_version(tus_resumable)
    told = _metadata(upload_metadata)
    if upload_length > LARGEST_BYTES:
        raise ProblemError(413, f"A file of {upload_length:,} bytes came: wanted at most {LARGEST_BYTES:,}.")
    project = _project(desk, told.get("project", ""))
    require_of(desk, account, "image.add", project)
    purpose = told.get("purpose") or "image"
    if purpose not in _PURPOSES:
        raise ProblemError(422, f"purpose {purpose!r}: wanted one of {', '.join(_PURPOSES)}.")
    made = desk.uploads.create(project, account, told.get("filename", ""), upload_length, cast("Purpose", purpose))
    return Response(status_code=201, headers=_told(made) | {"Location": f"/api/v1/uploads/{made.id}"})


@router.head("/{number}")
def look(number: str, account: Visitor, desk: AtDesk) -> Response:
    """How much of a file is here."""
    return Response(status_code=200, headers=_told(_found(desk, number, account)))


@router.patch("/{number}", status_code=204)
async def append(
    number: str,
    request: Request,
    account: Visitor,
    desk: AtDesk,
    upload_offset: Number,
    tus_resumable: Resumable = VERSION,
) -> Response:
    """Take the next part; after the last one a job reads an image. Archives wait for a job `import`."""
    _check_version(tus_resumable)
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise ProblemError(415, "Wanted Content-Type: application/offset+octet-stream.")
    upload = await to_thread.run_sync(_found, desk, number, account)
    try:
        grown = await desk.uploads.append(upload, upload_offset, request.stream())
    except OffsetError as error:
        raise ProblemError(409, str(error), "upload_offset") from error
    headers = _told(grown)
    if grown.is_whole and grown.purpose == "image":
        headers["X-Job"] = str(await to_thread.run_sync(desk.take_in, grown))
    return Response(status_code=204, headers=headers)


@router.delete("/{number}", status_code=204)
def remove(number: str, account: Visitor, desk: AtDesk) -> Response:
    """Forget a file."""
    desk.uploads.remove(_found(desk, number, account))
    return Response(status_code=204, headers=_HEADERS)


def _found(desk: Desk, number: str, account: int) -> Upload:
    upload = desk.uploads.find(number, account)
    if upload is None:
        raise missing("upload")
    return upload


def _check_version(version: str) -> None:
    if version != VERSION:
        raise ProblemError(
            412, f"tus {version[:20]!r} came: {VERSION} is spoken here.", headers={"Tus-Version": VERSION}
        )


def _metadata(text: str) -> dict[str, str]:
    """Names and values of ``name base64, name base64``."""
    told = {}
    for pair in text.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            told[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ProblemError(422, f"Upload-Metadata: {name[:50]!r} is no text in base64.") from error
    return told


def _project(desk: Desk, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ProblemError(422, "Upload-Metadata: wanted the number of a project as `project`.")
    return desk.engine.projects.project(int(text)).id


def _told(upload: Upload) -> dict[str, str]:
    expires = formatdate(upload.expires_ms / 1000, usegmt=True)
    told = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.bytes), "Upload-Expires": expires}
    return _HEADERS | told
