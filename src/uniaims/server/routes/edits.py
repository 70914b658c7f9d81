"""Edits of a layer: send them, take them back, see what was done."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from uniaims.server.bodies import (
    Block,
    EditHistory,
    EditRequest,
    EditResults,
    NumbersRequest,
    RedoRequest,
    UndoRequest,
    history_body,
    result_body,
)
from uniaims.server.desk import AtDesk, Id, Visitor

router = APIRouter(prefix="/layers/{layer}", tags=["edits"])


@router.post("/numbers")
def numbers(layer: Id, body: NumbersRequest, account: Visitor, desk: AtDesk) -> Block:
    """A block of fresh numbers for new instances; nobody else gets them."""
    who = desk.engine.accounts.account(account)
    first = desk.engine.layers.open(layer).give_numbers(body.count, body.client, who)
    return Block(first=first, count=body.count)


@router.post("/edits")
def edit(layer: Id, body: EditRequest, account: Visitor, desk: AtDesk) -> EditResults:
    """Do edits in order; each is accepted, repeated, refused, or in conflict with what somebody else did."""
    opened, who = desk.engine.layers.open(layer), desk.engine.accounts.account(account)
    edits = [each.model_dump(exclude_unset=True) | {"version": each.version} for each in body.edits]
    results = opened.apply(body.client, who, edits)
    for result in results:
        desk.tell_edit(layer, body.client, result)
    return EditResults(seq=opened.seq, results=[result_body(each) for each in results])


@router.post("/undo")
def undo(layer: Id, body: UndoRequest, account: Visitor, desk: AtDesk) -> Any:
    """Take back the newest own edit, or the one that is named."""
    who = desk.engine.accounts.account(account)
    result = desk.engine.layers.open(layer).undo(body.client, who, body.seq)
    desk.tell_edit(layer, body.client, result)
    return result_body(result)


@router.post("/redo")
def redo(layer: Id, body: RedoRequest, account: Visitor, desk: AtDesk) -> Any:
    """Do again what was taken back last."""
    who = desk.engine.accounts.account(account)
    result = desk.engine.layers.open(layer).redo(body.client, who)
    desk.tell_edit(layer, body.client, result)
    return result_body(result)


@router.get("/edits")
def history(
    layer: Id,
    _account: Visitor,
    desk: AtDesk,
    before: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> EditHistory:
    """Edits, the newest first."""
    found = desk.engine.layers.open(layer).history(before, limit)
    items = [history_body(each) for each in found]
    return EditHistory(items=items, next=items[-1].seq if len(items) == limit else None)
