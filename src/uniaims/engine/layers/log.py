"""The log of a layer in the database: statements, and nothing of what they mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, case, func, insert, select, update

from uniaims.engine.database import now_ms
from uniaims.engine.layers.conflicts import Change
from uniaims.engine.layers.edits import VERSION
from uniaims.engine.layers.instances import LARGEST_NUMBER, Rows, decode_rows, encode_rows
from uniaims.engine.layers.patch import NOTHING, Patch
from uniaims.engine.layers.tile import MOST_TILES, Place
from uniaims.engine.tables import edit_tiles, edits, images, layers, number_blocks, snapshots
from uniaims.errors import ConflictError, InputError, NotFoundError

COUNTS = edits.c.undone_by.is_(None) & edits.c.undoes.is_(None)
"""Edits that are neither undone nor an undo or redo of others."""

# What each edit needs is put together once: that takes SQLAlchemy longer than SQLite takes to do it.
_LAYER: BindParameter[int] = bindparam("of_layer")
_SEQ: BindParameter[int] = bindparam("at_seq")
_ACCOUNT: BindParameter[int] = bindparam("by_account")
_EDIT = (edits.c.layer_id == _LAYER) & (edits.c.seq == _SEQ)
_ADD_EDIT, _ADD_TILES = insert(edits), insert(edit_tiles)
_MARK_UNDONE = update(edits).where(_EDIT).values(undone_by=bindparam("undone_by_seq"))
_ADVANCE = update(layers).where((layers.c.id == _LAYER) & (layers.c.seq == _SEQ)).values(seq=bindparam("to_seq"))
_MAIN_IMAGE = select(layers.c.image_id).where(layers.c.id == _LAYER, layers.c.kind == "main").scalar_subquery()
_COUNT = (
    update(images)
    .where(images.c.id == _MAIN_IMAGE)
    .values(instance_count=bindparam("count"), changed_ms=bindparam("now"))
)
_KNOWN = select(edits).where(edits.c.layer_id == _LAYER, edits.c.edit_id.in_(bindparam("ids", expanding=True)))
_ENTRY = select(edits).where(_EDIT)
_BLOCKS = select(number_blocks.c.first, number_blocks.c.count).where(
    number_blocks.c.layer_id == _LAYER, number_blocks.c.client == bindparam("by_client")
)
_SINCE = (
    select(edits.c.seq, edits.c.kind, edits.c.after)
    .where(edits.c.layer_id == _LAYER, edits.c.seq > _SEQ)
    .order_by(edits.c.seq)
)
BY_OTHER_CLIENTS = _SINCE.where(edits.c.client != bindparam("own"))
"""The edits after one that another page or program made, whoever sat there."""
BY_OTHER_PEOPLE = _SINCE.where(edits.c.author_id != bindparam("own"), COUNTS)
"""Those that others made and that still count."""
_BY = (
    select(edits.c.seq)
    .where((edits.c.layer_id == _LAYER) & (edits.c.author_id == _ACCOUNT))
    .order_by(edits.c.seq.desc())
    .limit(1)
)
_TO_UNDO, _FRESH = _BY.where(COUNTS), _BY.where(edits.c.undoes.is_(None))
_UNDONE = edits.alias()
_TO_REDO = _BY.join(_UNDONE, (_UNDONE.c.layer_id == edits.c.layer_id) & (_UNDONE.c.seq == edits.c.undoes)).where(
    _UNDONE.c.undoes.is_(None), edits.c.undone_by.is_(None)
)


@dataclass(frozen=True, eq=False)
class Entry:
    """One edit as the log keeps it.

    Attributes:
        change: pixels and rows; a ``replace`` has two snapshots instead.
        undoes: the edit that it takes back; ``redoes``: the one that counts again because of that.
    """

    seq: int
    edit_id: str
    kind: str
    tool: str
    params: Mapping[str, Any]
    change: Change
    tiles: tuple[Place, ...]
    undoes: int | None = None
    redoes: int | None = None

    @cached_property
    def patch(self) -> bytes:
        """The pixels as bytes; empty if none were changed."""
        return self.change.patch.encode() if len(self.change.patch.runs) else b""


def append(
    connection: Connection, layer_id: int, entry: Entry, account_id: int, client: str,
    between: tuple[int | None, int | None] = (None, None),
) -> None:  # fmt: skip
    """Write an edit down; ``between`` are the snapshots before and after, where it has no pixels and rows."""
    box = entry.change.patch.box
    values = {
        "layer_id": layer_id, "seq": entry.seq, "edit_id": entry.edit_id, "version": VERSION, "kind": entry.kind,
        "tool": entry.tool, "author_id": account_id, "client": client, "params": dict(entry.params),
        "patch": entry.patch or None, "before": encode_rows(entry.change.before),
        "after": encode_rows(entry.change.after), "box": asdict(box) if box else None,
        "from_snapshot": between[0], "to_snapshot": between[1], "undoes": entry.undoes, "at_ms": now_ms(),
    }  # fmt: skip
    connection.execute(_ADD_EDIT, values)
    touched = [
        {"layer_id": layer_id, "tile": row * MOST_TILES + column, "seq": entry.seq} for row, column in entry.tiles
    ]
    if touched:
        connection.execute(_ADD_TILES, touched)
    for seq, undone_by in ((entry.undoes, entry.seq), (entry.redoes, None)):
        if seq is not None:
            connection.execute(_MARK_UNDONE, {"of_layer": layer_id, "at_seq": seq, "undone_by_seq": undone_by})


def advance(connection: Connection, layer_id: int, before: int, after: int) -> None:
    """Move a layer on from one edit to another.

    Raises:
        ConflictError: if somebody else has moved it meanwhile.
    """
    done = connection.execute(_ADVANCE, {"of_layer": layer_id, "at_seq": before, "to_seq": after})
    if done.rowcount != 1:
        raise ConflictError(f"layer {layer_id} was changed by another program. Open it anew.")


def count_instances(connection: Connection, layer_id: int, count: int) -> None:
    """Tell the image of a main layer how many instances it has."""
    connection.execute(_COUNT, {"of_layer": layer_id, "count": count, "now": now_ms()})


def heads(connection: Connection, layer_id: int, up_to: int) -> tuple[dict[Place, int], dict[Place, int]]:
    """The last edit that touched each tile of level 0: up to one, and of all."""
    earlier = func.max(case((edit_tiles.c.seq <= up_to, edit_tiles.c.seq)))
    wanted = select(edit_tiles.c.tile, earlier, func.max(edit_tiles.c.seq)).where(edit_tiles.c.layer_id == layer_id)
    then: dict[Place, int] = {}
    now: dict[Place, int] = {}
    for tile, before, last in connection.execute(wanted.group_by(edit_tiles.c.tile)):
        place = divmod(tile, MOST_TILES)
        now[place] = last
        if before is not None:
            then[place] = before
    return then, now


def after(connection: Connection, layer_id: int, seq: int) -> Iterable[tuple[int, Patch, Rows]]:
    """The edits after one, in order: number, pixels, rows as they were then."""
    wanted = select(edits.c.seq, edits.c.patch, edits.c.after).where(edits.c.layer_id == layer_id, edits.c.seq > seq)
    for number, patch, rows in connection.execute(wanted.order_by(edits.c.seq)):
        yield number, patch_of(patch), decode_rows(rows)


def patch_of(data: bytes | None) -> Patch:
    """A patch of the log."""
    return Patch.trusted(data) if data else NOTHING


def changed_since(
    connection: Connection, layer_id: int, seq: int, numbers: Sequence[int], foreign: Select[Any], own: int | str
) -> dict[int, int]:
    """Which of some instances were changed after an edit: number -> last such edit.

    ``foreign`` is `BY_OTHER_CLIENTS` or `BY_OTHER_PEOPLE`, ``own`` the client or account whose edits don't matter.
    """
    found: dict[int, int] = {}
    asked = set(numbers)
    for number, kind, rows in connection.execute(foreign, {"of_layer": layer_id, "at_seq": seq, "own": own}):
        touched = asked if kind == "replace" else asked.intersection(decode_rows(rows)["number"].tolist())
        found.update(dict.fromkeys(touched, number))
    return found


def known(connection: Connection, layer_id: int, edit_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """Those of some edits that are in the log, by their ids."""
    found = connection.execute(_KNOWN, {"of_layer": layer_id, "ids": list(edit_ids)})
    return {row.edit_id: row for row in found}


def tiles_of(connection: Connection, layer_id: int, seq: int) -> tuple[Place, ...]:
    """The tiles of level 0 that an edit has changed."""
    own = (edit_tiles.c.layer_id == layer_id) & (edit_tiles.c.seq == seq)
    return tuple(
        divmod(tile, MOST_TILES) for tile in connection.execute(select(edit_tiles.c.tile).where(own)).scalars()
    )


def authors(connection: Connection, layer_id: int, seqs: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Who made some edits, and when."""
    wanted = select(edits.c.seq, edits.c.author_id, edits.c.at_ms)
    own = (edits.c.layer_id == layer_id) & edits.c.seq.in_(list(seqs))
    return {seq: (author_id, at_ms) for seq, author_id, at_ms in connection.execute(wanted.where(own))}


def entry(connection: Connection, layer_id: int, seq: int) -> Row[Any] | None:
    """One edit."""
    return connection.execute(_ENTRY, {"of_layer": layer_id, "at_seq": seq}).first()


def newest_to_undo(connection: Connection, layer_id: int, account_id: int) -> Row[Any] | None:
    """Somebody's newest edit that is not undone."""
    return _newest(connection, layer_id, account_id, _TO_UNDO)


def newest_to_redo(connection: Connection, layer_id: int, account_id: int) -> Row[Any] | None:
    """Somebody's newest undo that is not taken back, if he has done nothing new since."""
    found = _newest(connection, layer_id, account_id, _TO_REDO)
    fresh = connection.execute(_FRESH, {"of_layer": layer_id, "by_account": account_id}).scalar()
    return found if found is not None and (fresh is None or fresh < found.seq) else None


def _newest(connection: Connection, layer_id: int, account_id: int, wanted: Select[Any]) -> Row[Any] | None:
    """The first of some edits; its number is looked up by the index alone, the edit after that."""
    found = connection.execute(wanted, {"of_layer": layer_id, "by_account": account_id}).scalar()
    return None if found is None else entry(connection, layer_id, found)


def history(connection: Connection, layer_id: int, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """The newest edits before one, the newest first, without what they changed."""
    columns = [column for column in edits.c if column.name not in ("patch", "before", "after")]
    wanted = select(*columns).where(edits.c.layer_id == layer_id)
    if before is not None:
        wanted = wanted.where(edits.c.seq < before)
    return connection.execute(wanted.order_by(edits.c.seq.desc()).limit(limit)).all()


def blocks(connection: Connection, layer_id: int, client: str) -> list[range]:
    """The numbers that a client was given."""
    found = connection.execute(_BLOCKS, {"of_layer": layer_id, "by_client": client})
    return [range(first, first + count) for first, count in found]


def add_block(connection: Connection, layer_id: int, values: Mapping[str, Any]) -> int:
    """Give away the next numbers of a layer; the first of them.

    Raises:
        InputError: if there are none left.
    """
    own = layers.c.id == layer_id
    first = int(connection.execute(select(layers.c.next_number).where(own)).scalar_one())
    if first + values["count"] > LARGEST_NUMBER:
        raise InputError(f"layer {layer_id} has used up its numbers. Export it, and import it as a new one.")
    connection.execute(update(layers).where(own).values(next_number=first + values["count"]))
    connection.execute(insert(number_blocks).values({"layer_id": layer_id, "first": first, **values}))
    return first


def keep_numbers(connection: Connection, layer_id: int, from_number: int) -> None:
    """See that the numbers below one are never given away."""
    own = (layers.c.id == layer_id) & (layers.c.next_number < from_number)
    connection.execute(update(layers).where(own).values(next_number=from_number))


@dataclass(frozen=True)
class NewSnapshot:
    """A snapshot to be written down; see the table of snapshots."""

    seq: int
    kind: str
    manifest: str
    instance_count: int
    largest_number: int = 0
    name: str | None = None
    author_id: int | None = None
    job_id: int | None = None


def add_snapshot(connection: Connection, layer_id: int, new: NewSnapshot) -> int:
    """Write a snapshot down, and let the layer be opened from the newest; its id.

    One without a name is not written twice.
    """
    own = snapshots.c.layer_id == layer_id
    known = select(snapshots.c.id).where(own, snapshots.c.seq == new.seq, snapshots.c.manifest == new.manifest)
    if new.kind == "auto" and (found := connection.execute(known).scalar()) is not None:
        return int(found)
    values = {name: getattr(new, name) for name in new.__dataclass_fields__ if name != "largest_number"}
    made = insert(snapshots).values(
        {"layer_id": layer_id, "created_ms": now_ms(), "pinned": new.name is not None, **values}
    )
    snapshot_id = int(connection.execute(made.returning(snapshots.c.id)).scalar_one())
    newest = select(snapshots.c.id).where(own).order_by(snapshots.c.seq.desc(), snapshots.c.id.desc()).limit(1)
    connection.execute(update(layers).where(layers.c.id == layer_id).values(head_snapshot_id=newest.scalar_subquery()))
    return snapshot_id


def snapshot(connection: Connection, layer_id: int, snapshot_id: int) -> Row[Any]:
    """One snapshot of a layer.

    Raises:
        NotFoundError: if it has none of this id.
    """
    own = (snapshots.c.layer_id == layer_id) & (snapshots.c.id == snapshot_id)
    row = connection.execute(select(snapshots).where(own)).first()
    if row is None:
        raise NotFoundError(f"layer {layer_id} has no version {snapshot_id}.")
    return row


def head(connection: Connection, layer_id: int) -> Row[Any] | None:
    """The snapshot that a layer is opened from; ``None`` if there is no such layer."""
    newest = select(layers.c.head_snapshot_id).where(layers.c.id == layer_id).scalar_subquery()
    return connection.execute(select(snapshots).where(snapshots.c.id == newest)).first()


def is_built_on(connection: Connection, layer_id: int, seq: int) -> bool:
    """Whether an edit after one still counts."""
    later = (edits.c.layer_id == layer_id) & (edits.c.seq > seq)
    return connection.execute(select(edits.c.seq).where(later, COUNTS).limit(1)).first() is not None
