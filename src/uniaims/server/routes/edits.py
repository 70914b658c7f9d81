"""Edits of a layer: send them, take them back, see what was done."""

from typing import Annotated

from fastapi import APIRouter, Query

from uniaims.engine.layers.editing import Author, EditResult
from uniaims.engine.layers.edits import Edit
from uniaims.server.bodies import (
    Block,
    EditHistory,
    EditRequest,
    EditResultBody,
    EditResults,
    NumbersRequest,
    RedoRequest,
    UndoRequest,
    history_body,
    result_body,
)
from uniaims.server.desk import AtDesk, Desk, Id
from uniaims.server.errors import ProblemError
from uniaims.server.permits import Editor, LabelReader

router = APIRouter(prefix="/layers/{layer}", tags=["edits"])


@router.post("/numbers")
def numbers(layer: Id, body: NumbersRequest, account: Editor, desk: AtDesk) -> Block:
    """A block of fresh numbers for new instances; nobody else gets them."""
    first = desk.engine.layers.open(layer).give_numbers(body.count, Author(account, body.client))
    return Block(first=first, count=body.count)


@router.post("/edits")
def edit(layer: Id, body: EditRequest, account: Editor, desk: AtDesk) -> EditResults:
    """Do edits in order; each is accepted, repeated, refused, or in conflict with what somebody else did."""
    opened = desk.engine.layers.open(layer)
    edits = [Edit.from_json(each.model_dump(exclude_none=True)) for each in body.edits]
    results = opened.apply(Author(account, body.client), edits, may_review=True)
    for result in results:
        desk.tell_edit(layer, body.client, result)
    return EditResults(seq=opened.seq, results=[result_body(each, desk.names(each)) for each in results])


@router.post("/undo")
def undo(layer: Id, body: UndoRequest, account: Editor, desk: AtDesk) -> EditResultBody:
    """Take back the newest own edit, or the one that is named."""
    result = desk.engine.layers.open(layer).undo(Author(account, body.client), body.seq, body.edit_id)
    return _taken_back(layer, body.client, result, desk)


@router.post("/redo")
def redo(layer: Id, body: RedoRequest, account: Editor, desk: AtDesk) -> EditResultBody:
    """Do again what was taken back last."""
    result = desk.engine.layers.open(layer).redo(Author(account, body.client), body.edit_id)
    return _taken_back(layer, body.client, result, desk)


@router.get("/edits")
def history(
    layer: Id,
    _account: LabelReader,
    desk: AtDesk,
    before: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> EditHistory:
    """Edits, the newest first."""
    found = desk.engine.layers.open(layer).history(before, limit)
    names = desk.engine.accounts.names({row.author_id for row in found})
    items = [history_body(row, names) for row in found]
    return EditHistory(items=items, next=items[-1].seq if len(items) == limit else None)


def _taken_back(layer: int, client: str, result: EditResult, desk: Desk) -> EditResultBody:
    """What came of undo or redo; where others have built on it, nothing was done."""
    if result.status in {"conflict", "refused"}:
        raise ProblemError(409, f"That can't be taken back: {result.reason}", "overtaken")
    if result.patch or len(result.rows):
        desk.tell_edit(layer, client, result)
    else:  # a snapshot came in the place of the layer
        desk.tell_replaced(layer)
    return result_body(result, desk.names(result))
