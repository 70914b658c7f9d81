"""Edits that are done together: tried on a draft one after the other, then written down in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, Row, Select

from uniaims.engine.layers import log
from uniaims.engine.layers.conflicts import Change, ChangedSince, Conflict, attempt
from uniaims.engine.layers.edits import Edit, inverse_plan, plan_of
from uniaims.engine.layers.instances import Rows, decode_rows, empty_rows
from uniaims.engine.layers.state import Draft, State
from uniaims.engine.layers.tile import Place
from uniaims.errors import InputError


@dataclass(frozen=True)
class Author:
    """Who edits, and by which page or program."""

    account_id: int
    client: str


@dataclass(frozen=True)
class Opponent:
    """An instance that was changed meanwhile, by which edit, whose, and when."""

    number: int
    seq: int
    author_id: int
    at_ms: int


@dataclass(frozen=True, eq=False)
class EditResult:
    """What became of an edit.

    Attributes:
        status: ``repeated``: it had been accepted before; ``conflict``: others were first, and nothing was done.
        seq: its number in the log, if it is there.
        reason: why it was not done, in a sentence.
        rows: of the instances that it changed; in a conflict those that it touches, as they are now.
        tiles: of level 0 that it changed; in a conflict those that are to be fetched anew.
        opponents: in a conflict.
        patch: the pixels that it changed, as `Patch` reads them; empty if there are none, or it was a snapshot.
    """

    edit_id: str
    status: Literal["accepted", "repeated", "conflict", "refused"]
    seq: int | None = None
    reason: str = ""
    rows: Rows = field(default_factory=empty_rows)
    tiles: tuple[Place, ...] = ()
    opponents: tuple[Opponent, ...] = ()
    patch: bytes = b""


class Batch:
    """Edits of one author on a layer, which nobody else may change meanwhile; ``connection`` reads the log."""

    def __init__(self, layer_id: int, state: State, connection: Connection, author: Author) -> None:
        self.draft = Draft(state)
        self._layer_id = layer_id
        self._before = state.seq
        self._connection = connection
        self._author = author
        self._entries: list[log.Entry] = []
        self._spoiled: set[int] = set()

    def attempt(self, edit: Edit, *, may_review: bool) -> EditResult:
        """Do an edit in the draft, or say why not."""
        touched: set[int] = set(edit.seen) | set(edit.numbers) | set(edit.new)
        try:
            self._check_new(edit)
            plan = plan_of(edit, self.draft, self._author.account_id)
            touched.update(plan.numbers)
            self._check_unspoiled(touched)
            others = self._asking(log.BY_OTHER_CLIENTS, self._author.client)
            outcome = attempt(plan, self.draft, edit.seen, others, may_review=may_review)
        except InputError as error:
            self._spoiled |= touched
            return EditResult(edit.edit_id, "refused", reason=str(error))
        if isinstance(outcome, Conflict):
            self._spoiled |= touched
            return self._conflict(edit.edit_id, outcome)
        return self._accept(edit.edit_id, edit.kind, edit.tool, edit.params(), outcome)

    def take_back(self, target: Row[Any], edit_id: str = "") -> EditResult:
        """Do the inverse of an edit of the log in the draft, or say who has built on it."""
        patch = log.patch_of(target.patch)
        plan = inverse_plan(patch, decode_rows(target.before), decode_rows(target.after))
        seen = dict.fromkeys(plan.numbers, target.seq)
        edit_id = edit_id or f"undo-{uuid4()}"
        try:
            others = self._asking(log.BY_OTHER_PEOPLE, self._author.account_id)
            outcome = attempt(plan, self.draft, seen, others, may_review=True)
        except InputError as error:
            return EditResult(edit_id, "refused", reason=str(error))
        if isinstance(outcome, Conflict):
            return self._conflict(edit_id, outcome)
        tool = "undo" if target.undoes is None else "redo"
        return self._accept(edit_id, target.kind, tool, {}, outcome, target)

    def write(self, connection: Connection) -> None:
        """Write down all that was done in the draft."""
        log.advance(connection, self._layer_id, self._before, self.draft.seq)
        for entry in self._entries:
            log.append(connection, self._layer_id, entry, self._author.account_id, self._author.client)
        log.count_instances(connection, self._layer_id, self.draft.count)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was done."""
        return not self._entries

    def repeated(self, edit_id: str, known: Mapping[str, Row[Any]]) -> EditResult | None:
        """What became of an edit that was accepted before, in the log or in this batch; ``None`` if it was not."""
        for entry in self._entries:
            if entry.edit_id == edit_id:
                return EditResult(edit_id, "repeated", entry.seq, "", entry.change.after, entry.tiles)
        row = known.get(edit_id)
        if row is None:
            return None
        tiles = log.tiles_of(self._connection, self._layer_id, row.seq)
        rows = self.draft.rows(decode_rows(row.after)["number"].tolist())
        return EditResult(edit_id, "repeated", row.seq, "", rows, tiles)

    def _check_unspoiled(self, touched: set[int]) -> None:
        """Refuse what builds on an edit that was not done."""
        if spoiled := touched & self._spoiled:
            raise InputError(f"an edit before it that touches instance {min(spoiled)} too was not done.")

    def _check_new(self, edit: Edit) -> None:
        """See that new instances have numbers that were given to this client and never used."""
        if not edit.new:
            return
        own = log.blocks(self._connection, self._layer_id, self._author.client)
        for number in edit.new:
            if self.draft.knows(number):
                raise InputError(f"the number {number} has been used. Give a new instance one that was not.")
            if not any(number in block for block in own):
                raise InputError(f"the number {number} was not given to this client. Ask for numbers first.")

    def _asking(self, foreign: Select[Any], own: int | str) -> ChangedSince:
        """Asks the log which instances were changed by edits of others."""

        def changed_since(seq: int, numbers: Sequence[int]) -> Mapping[int, int]:
            return log.changed_since(self._connection, self._layer_id, seq, numbers, foreign, own)

        return changed_since

    def _accept(
        self, edit_id: str, kind: str, tool: str, params: Mapping[str, Any], change: Change,
        target: Row[Any] | None = None,
    ) -> EditResult:  # fmt: skip
        tiles = tuple(change.patch.tiles)
        entry = log.Entry(
            self.draft.seq, edit_id, kind, tool, params, change, tiles,
            undoes=target.seq if target else None, redoes=target.undoes if target else None,
        )  # fmt: skip
        self._entries.append(entry)
        return EditResult(edit_id, "accepted", entry.seq, "", change.after, tiles, (), entry.patch)

    def _conflict(self, edit_id: str, conflict: Conflict) -> EditResult:
        found = log.authors(self._connection, self._layer_id, set(conflict.overtaken.values()))
        opponents = tuple(
            Opponent(number, seq, *found[seq]) for number, seq in conflict.overtaken.items() if seq in found
        )
        named = ", ".join(str(each.number) for each in opponents[:3])
        reason = f"others have changed instance {named} since." if named else "the pixels are others by now."
        rows = self.draft.rows(conflict.numbers)
        return EditResult(edit_id, "conflict", None, reason, rows, conflict.tiles, opponents)
