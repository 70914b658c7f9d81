"""An open layer: read by many threads at once, changed by one edit after the other.

What it holds in memory is its newest snapshot and the edits since; both are in the database and in blobs before anybody
is told of them, so that a killed program loses nothing that it has accepted.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock, RLock, Thread
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from uniaims.boxes import Box
from uniaims.engine.blobs import Blobs
from uniaims.engine.database import Database
from uniaims.engine.layers import log, replacing, suggesting
from uniaims.engine.layers.editing import Author, Batch, EditResult
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.instances import Rows
from uniaims.engine.layers.log import NewSnapshot
from uniaims.engine.layers.manifest import read_manifest
from uniaims.engine.layers.patch import one_after_another
from uniaims.engine.layers.replacing import Replacement
from uniaims.engine.layers.state import State, read_state, window_of, write_state
from uniaims.engine.layers.tile import EMPTY, DecodedTiles
from uniaims.engine.settings import Limits
from uniaims.errors import ConflictError, InputError, NotFoundError, OutputError
from uniaims.labels import Labels

SNAPSHOT_EDITS = 256
"""After so many edits a snapshot is made, so that opening has no more than these to repeat."""

_TRIES = 2


@dataclass(frozen=True)
class TileFrame:
    """A tile as pages get it: the last edit in it, and its runs (pairs of length and number, uint32, little-endian)."""

    level: int
    y: int
    x: int
    head: int
    runs: bytes


class Layer:
    """A layer of the database, opened; see `engine.layers.collection.Layers`, which opens each but once."""

    def __init__(self, layer_id: int, database: Database, blobs: Blobs, decoded: DecodedTiles) -> None:
        self.id = layer_id
        self._database = database
        self._blobs = blobs
        self._decoded = decoded
        self._editing = RLock()  # held until a commit is done
        self._reading = Lock()  # held for a moment, while what was committed is taken over
        self._state, self._snapshot_seq = self._load()
        self._tried_seq = self._snapshot_seq
        self._keeper: Thread | None = None  # makes a snapshot, while people edit on

    @property
    def seq(self) -> int:
        """Number of the last edit."""
        return self._state.seq

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._state.levels.height, self._state.levels.width

    @property
    def level_count(self) -> int:
        """How many levels there are; in the last one tile holds all."""
        return self._state.levels.count

    @property
    def instance_count(self) -> int:
        """How many instances are there."""
        with self._reading:
            return self._state.table.count

    def rows(self, since: int | None = None) -> tuple[int, Rows]:
        """The number of the last edit, and the rows of all instances that are there.

        Or those of all that were changed since an edit, with an area of 0 where they are gone.
        """
        with self._reading:
            rows = self._state.table.rows
            chosen = rows["area"] > 0 if since is None else rows["changed_seq"] > since
            return self._state.seq, rows[chosen]

    def tile(self, level: int, y: int, x: int) -> TileFrame:
        """A tile of any level.

        Raises:
            NotFoundError: if there is none.
        """
        if not self._state.levels.holds(level, (y, x)):
            raise NotFoundError(f"layer {self.id} has no tile {y}, {x} in level {level}.")
        with self._reading:
            state = self._state
            head, tile = state.head(level, (y, x)), state.tile(level, (y, x))
        return TileFrame(level, y, x, head, tile.runs(self._blobs) if tile else EMPTY)

    def tiles(self, wanted: Iterable[tuple[int, int, int, int]]) -> list[TileFrame]:
        """Those of some tiles (level, y, x, head) that have another head.

        Raises:
            NotFoundError: if there is no such tile.
        """
        with self._reading:
            state = self._state
            stale = [
                each[:3] for each in wanted
                if not state.levels.holds(each[0], each[1:3]) or state.head(each[0], each[1:3]) != each[3]
            ]  # fmt: skip
        return [self.tile(*each) for each in stale]

    def labels(self, box: Box | None = None) -> Labels:
        """The numbers (h, w) uint32 in a box, or of the whole layer, as they are now.

        Raises:
            InputError: if the box reaches out of the layer.
        """
        box = box or Box.whole(self.shape)
        if not box.lies_in(self.shape):
            raise InputError(f"the box {box} reaches out of the layer of {self.shape[1]} x {self.shape[0]} px.")
        with self._reading:
            state = replace(self._state, tiles=dict(self._state.tiles))
        return window_of(state, box)

    def history(self, before: int | None = None, limit: int = 200) -> Sequence[Row[Any]]:
        """The newest edits before one, the newest first: the columns of the log without pixels and rows."""
        with self._database.read() as connection:
            return log.history(connection, self.id, before, limit)

    def give_numbers(self, count: int, author: Author) -> int:
        """Keep so many numbers for the new instances of a client; the first of them.

        Raises:
            InputError: if that are too many.
        """
        if not 1 <= count <= Limits.numbers:
            raise InputError(f"{count} numbers were asked for: 1 to {Limits.numbers} are given at once.")
        values = {"count": count, "client": author.client, "account_id": author.account_id}
        return self._database.write(lambda connection: log.add_block(connection, self.id, values))

    def apply(self, author: Author, edits: Sequence[Edit], *, may_review: bool = False) -> list[EditResult]:
        """Do edits in order, each wholly or not at all; those that are done are on the disk when this returns.

        An edit that touches what one that was refused before it touches is refused as well.

        Args:
            author: whose they are.
            edits: at most `Limits.edits`.
            may_review: whether accepted instances may be changed.

        Raises:
            InputError: if there are too many.
            OutputError: if the disk is full; then none is done.
        """
        if len(edits) > Limits.edits:
            raise InputError(f"{len(edits)} edits came at once: at most {Limits.edits} are done.")
        with self._editing:
            with self._database.read() as connection:
                batch = Batch(self.id, self._state, connection, author)
                known = log.known(connection, self.id, [edit.edit_id for edit in edits])
                results = [
                    batch.repeated(edit.edit_id, known) or batch.attempt(edit, may_review=may_review) for edit in edits
                ]
            self._commit(batch)
        return results

    def undo(self, author: Author, seq: int | None = None, edit_id: str = "") -> EditResult:
        """Take back the author's newest edit that is not undone, or a certain one.

        What others have built on it stays: then it is a conflict, and nothing is done.

        Raises:
            ConflictError: if there is nothing to undo.
        """

        def find(connection: Connection) -> Row[Any] | None:
            if seq is None:
                return log.newest_to_undo(connection, self.id, author.account_id)
            return log.entry(connection, self.id, seq)

        return self._take_back(find, author, edit_id, "there is nothing to undo.")

    def redo(self, author: Author, edit_id: str = "") -> EditResult:
        """Do again what the author has undone last, if he has changed nothing since.

        Raises:
            ConflictError: if there is nothing to redo.
        """

        def find(connection: Connection) -> Row[Any] | None:
            return log.newest_to_redo(connection, self.id, author.account_id)

        return self._take_back(find, author, edit_id, "there is nothing to redo.")

    def replace(self, new: Replacement, author: Author, edit_id: str = "") -> EditResult:
        """Put another label image in the place of this one; that is an edit, and can be undone.

        Raises:
            InputError: if it has another size.
            OutputError: if the disk is full; then nothing is done.
        """
        with self._editing:
            with self._database.read() as connection:
                known = log.known(connection, self.id, [edit_id])
                repeated = Batch(self.id, self._state, connection, author).repeated(edit_id, known)
            return repeated or self._replace(new, author, edit_id)

    def suggest(self, new: Replacement, author: Author, edit_id: str = "", base_id: int | None = None) -> EditResult:
        """Replace the suggestions that nobody has touched by those of a model; people's work stays.

        People may edit meanwhile: then it is done anew, at last while they wait.

        Args:
            new: what the model has found; its instances get numbers of their own.
            author: who started it.
            edit_id: see `apply`.
            base_id: the snapshot that the model looked at, if any.

        Raises:
            InputError: if the labels have another size.
        """
        with self._database.read() as connection:
            base = log.snapshot(connection, self.id, base_id).manifest if base_id is not None else None
        count = len(read_manifest(new.manifest, self._blobs).rows(self._blobs))
        values = {"count": max(1, count), "client": author.client, "account_id": author.account_id}
        first = self._database.write(lambda connection: log.add_block(connection, self.id, values))
        for _ in range(_TRIES):
            with self._reading:
                state = self._state.copy()
            manifest = suggesting.with_suggestions(state, new.manifest, first, base)
            with self._editing:
                if self.seq == state.seq:
                    return self.replace(replace(new, manifest=manifest), author, edit_id)
        with self._editing:
            manifest = suggesting.with_suggestions(self._state.copy(), new.manifest, first, base)
            return self.replace(replace(new, manifest=manifest), author, edit_id)

    def snapshot(self, kind: str = "auto", name: str | None = None, author_id: int | None = None) -> int:
        """Keep the layer as it is now, under a name or without; the id of the snapshot.

        Others edit on meanwhile: only references are copied under the lock.
        """
        with self._editing, self._reading:
            before, state = dict(self._state.tiles), self._state.copy()
        manifest = write_state(state)
        kept = _snapshot_of(state, kind, manifest, name=name, author_id=author_id)
        snapshot_id = self._database.write(lambda connection: log.add_snapshot(connection, self.id, kept))
        with self._reading:
            self._snapshot_seq = max(self._snapshot_seq, state.seq)
            self._state.take_over(state, before)
        return snapshot_id

    def close(self) -> None:
        """Wait until what is being kept on the side is on the disk."""
        if self._keeper is not None:
            self._keeper.join()

    @property
    def edits_behind(self) -> int:
        """How many edits came since the newest snapshot."""
        return self.seq - self._snapshot_seq

    def _load(self) -> tuple[State, int]:
        """The newest snapshot and the edits since, and the number of the snapshot's last edit."""
        with self._database.read() as connection:
            row = log.head(connection, self.id)
            if row is None:
                raise NotFoundError(f"there is no layer {self.id}.")
            then, now = log.heads(connection, self.id, row.seq)
            later = list(log.after(connection, self.id, row.seq))
        state = read_state(row.manifest, then, self._blobs, self._decoded)
        state.seq = row.seq
        if later:
            state.repeat(one_after_another(patch for _, patch, _ in later).tiles, now, [rows for *_, rows in later])
            state.seq = later[-1][0]
        return state, row.seq

    def _commit(self, batch: Batch) -> None:
        """Write down what a batch has done, and take it over; the caller holds the lock."""
        if batch.is_empty:
            return
        self._database.write(batch.write)
        with self._reading:
            self._state.adopt(batch.draft)
        if self.seq - max(self._snapshot_seq, self._tried_seq) >= SNAPSHOT_EDITS:
            self._tried_seq = self.seq
            self.close()
            self._keeper = Thread(target=self._keep, name=f"snapshot of layer {self.id}")
            self._keeper.start()

    def _keep(self) -> None:
        # The edits are safe: what has no snapshot is repeated at the next opening; and layers are deleted meanwhile.
        with suppress(OutputError, IntegrityError):
            self.snapshot()

    def _take_back(
        self, find: Callable[[Connection], Row[Any] | None], author: Author, edit_id: str, nothing: str
    ) -> EditResult:
        with self._editing:
            with self._database.read() as connection:
                batch = Batch(self.id, self._state, connection, author)
                known = log.known(connection, self.id, [edit_id]) if edit_id else {}
                if repeated := batch.repeated(edit_id, known):
                    return repeated
                found = find(connection)
                if found is None or found.undone_by is not None:
                    raise ConflictError(nothing)
                if found.kind == "replace":
                    return self._replace_back(connection, found, author, edit_id)
                result = batch.take_back(found, edit_id)
            self._commit(batch)
        return result

    def _replace_back(self, connection: Connection, found: Row[Any], author: Author, edit_id: str) -> EditResult:
        """Put the snapshot before a replacement in its place again; the caller holds the lock."""
        if log.is_built_on(connection, self.id, found.seq):
            reason = "labels were changed after they had been replaced: undo these changes first."
            return EditResult(edit_id, "conflict", None, reason)
        earlier = log.snapshot(connection, self.id, found.from_snapshot)
        tool = "undo" if found.undoes is None else "redo"
        return self._replace(Replacement.of_snapshot(earlier, tool), author, edit_id, found)

    def _replace(self, new: Replacement, author: Author, edit_id: str, target: Row[Any] | None = None) -> EditResult:
        """Put a snapshot in the place of the layer; the caller holds the lock."""
        before = self.snapshot()
        fresh = replacing.replaced(self._state, new.manifest, self.id)
        entry = replacing.entry_of(new, fresh, edit_id, target)
        kept = _snapshot_of(fresh.state, new.kind, fresh.manifest, author_id=author.account_id, job_id=new.job_id)
        self._database.write(lambda connection: replacing.write(connection, self.id, entry, (before, kept), author))
        with self._reading:
            self._state, self._snapshot_seq = fresh.state, fresh.state.seq
        return EditResult(entry.edit_id, "accepted", entry.seq, tiles=entry.tiles)


def _snapshot_of(state: State, kind: str, manifest: str, **more: Any) -> NewSnapshot:
    rows = state.table.rows
    return NewSnapshot(state.seq, kind, manifest, state.table.count, int(rows["number"].max(initial=0)), **more)
