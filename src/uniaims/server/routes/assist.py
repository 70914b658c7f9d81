"""Tools that propose instances; what they propose is stored only when the page sends it as an edit."""

import base64
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
from fastapi import APIRouter

from uniaims.boxes import Box
from uniaims.engine import assistance, snapping
from uniaims.engine.assistance import Proposal
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.patch import difference
from uniaims.flow_settings import FlowSettings
from uniaims.labels import Labels
from uniaims.segmenter import Prediction
from uniaims.server.bodies import (
    BoxPrompt,
    ClickPrompt,
    ProposalBody,
    RegionPrompt,
    SimilarBody,
    SimilarPrompt,
    SnapPrompt,
    SplitPrompt,
)
from uniaims.server.desk import AtDesk, Desk, Id
from uniaims.server.errors import ProblemError, missing
from uniaims.server.permits import Assisted

router = APIRouter(prefix="/layers/{layer}/assist", tags=["assist"])
AT_A_TIME = 2
_turns = threading.BoundedSemaphore(AT_A_TIME)
_WAIT_SECONDS = 5.0


@router.post("/click")
def click(layer: Id, body: ClickPrompt, _account: Assisted, desk: AtDesk) -> ProposalBody:
    """The instance under a point."""
    opened, prediction = _asked(desk, layer)
    if not (body.y < opened.shape[0] and body.x < opened.shape[1]):
        raise ProblemError(422, f"the point ({body.y}, {body.x}) lies outside of the image.")
    with _turn():
        found = assistance.click(prediction, body.y, body.x, _flow(body.probability, None, None))
        return _proposal(opened, found, body.number, body.mode)


@router.post("/box")
def box(layer: Id, body: BoxPrompt, _account: Assisted, desk: AtDesk) -> ProposalBody:
    """The instances in a box."""
    opened, prediction = _asked(desk, layer)
    with _turn():
        found = assistance.instances_in(prediction, _box(body, opened), _flow(None, None, None))
        return _proposal(opened, found, body.number, body.mode)


@router.post("/region")
def region(layer: Id, body: RegionPrompt, _account: Assisted, desk: AtDesk) -> ProposalBody:
    """A region again, with other thresholds: what only a model has drawn there gives way, what people drew stays."""
    opened, prediction = _asked(desk, layer)
    with _turn():
        flow = _flow(body.probability, body.merge, body.min_area)
        found = assistance.instances_in(prediction, _box(body, opened), flow, body.minimum_confidence)
        return _proposal(opened, found, body.number, "below", _suggested_in(opened, _box(body, opened)))


@router.post("/split")
def split(layer: Id, body: SplitPrompt, _account: Assisted, desk: AtDesk) -> ProposalBody:
    """An instance cut where the flow parts: its first part keeps the number, the others get those from ``first`` on."""
    opened, prediction = _asked(desk, layer)
    _, rows = opened.rows()
    row = rows[rows["number"] == body.number]
    if not len(row):
        raise missing(f"instance {body.number}")
    place = Box.of_row([row[0][edge] for edge in ("top", "left", "bottom", "right")])
    _refuse_large(place)
    with _turn():
        now = opened.labels(place)
        parts = assistance.split(prediction, place, now == body.number, _flow(None, None, None))
        new = np.concatenate([[0, body.number], body.first + np.arange(max(0, len(parts) - 1))]).astype(np.uint32)
        after = np.where(now == body.number, new[np.minimum(parts.labels, len(new) - 1)], now).astype(np.uint32)
        return _body(place, now, after, parts, body.first, max(0, len(parts) - 1))


@router.post("/snap")
def snap(layer: Id, body: SnapPrompt, _account: Assisted, desk: AtDesk) -> ProposalBody:
    """What a drawn ring means: an instance that agrees with it, else the ring with its rim at the edge nearby."""
    opened, prediction = _asked(desk, layer)
    box, mask = snapping.filled(np.asarray(body.ring, np.int32), opened.shape)
    if not mask.any():
        raise ProblemError(422, "the ring lies outside of the image, or holds no pixel.")
    _refuse_large(box)
    with _turn():
        found = snapping.snapped(prediction, box, mask, _flow(None, None, None))
        return _proposal(opened, found, body.number, body.mode)


@router.post("/similar")
def similar(layer: Id, body: SimilarPrompt, _account: Assisted, desk: AtDesk) -> SimilarBody:
    """The instances most like those that are named."""
    _, rows = desk.engine.layers.open(layer).rows()
    numbers, distances = assistance.similar(rows, body.numbers, body.limit)
    return SimilarBody(numbers=numbers.tolist(), distances=distances.tolist())


def _asked(desk: Desk, layer: int) -> tuple[Layer, Prediction]:
    """The layer and what the network said of its image.

    Raises:
        ProblemError: 409 if no model has looked at the image yet.
    """
    image = desk.engine.images.of_layer(layer)
    prediction = desk.fields.get(image.sha256, image.page)
    if prediction is None or prediction.shape != image.shape:
        raise ProblemError(409, "No model has looked at this image yet: segment it first.", "not_looked_at")
    return desk.engine.layers.open(layer), prediction


@contextmanager
def _turn() -> Iterator[None]:
    """One of a few that work at a time; the others wait a little."""
    if not _turns.acquire(timeout=_WAIT_SECONDS):
        raise ProblemError(503, "Too many proposals are being made. Try again.", headers={"Retry-After": "1"})
    try:
        yield
    finally:
        _turns.release()


def _flow(probability: float | None, merge: float | None, min_area: int | None) -> FlowSettings:
    given = {"probability_threshold": probability, "merge_difference": merge, "minimum_area_px": min_area}
    return FlowSettings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def _box(body: BoxPrompt, layer: Layer) -> Box:
    wanted = Box(body.top, body.left, body.bottom, body.right).clipped(layer.shape)
    if not wanted.area:
        raise ProblemError(422, "the box lies outside of the image, or holds no pixel.")
    _refuse_large(wanted)
    return wanted


def _refuse_large(box: Box) -> None:
    if max(box.shape) > assistance.LARGEST_PX:
        raise ProblemError(
            413, f"{box.width} x {box.height} px: proposals are made for up to {assistance.LARGEST_PX} px."
        )


def _suggested_in(layer: Layer, box: Box) -> list[int]:
    """Instances that only a model has drawn, whose representative pixel lies in a box."""
    _, rows = layer.rows()
    inside = (
        (rows["rep_y"] >= box.top)
        & (rows["rep_y"] < box.bottom)
        & (rows["rep_x"] >= box.left)
        & (rows["rep_x"] < box.right)
    )
    free = (rows["state"] == 0) & (rows["flags"] & 1 == 0)
    return [int(number) for number in rows["number"][inside & free]]


def _proposal(
    layer: Layer, found: Proposal, first: int, mode: assistance.Mode, gone: Sequence[int] = ()
) -> ProposalBody:
    now = layer.labels(found.box)
    kept = np.where(np.isin(now, np.asarray(gone, np.uint32)), np.uint32(0), now) if gone else now
    return _body(found.box, now, found.merged(kept, first, mode), found, first, len(found))


def _body(box: Box, now: Labels, after: Labels, found: Proposal, first: int, count: int) -> ProposalBody:
    patch = difference(now, after, (box.top, box.left))
    return ProposalBody(
        patch=base64.b64encode(patch.encode()).decode(),
        numbers=list(range(first, first + count)),
        confidence=[None if np.isnan(each) else round(float(each), 4) for each in found.confidence],
        touched=patch.numbers,
        pixels=patch.pixel_count,
        box=asdict(patch.box) if patch.box else None,
    )
