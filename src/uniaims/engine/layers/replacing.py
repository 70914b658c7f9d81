"""Another label image in the place of a layer, from a job, an import or a version: an edit like others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import numpy as np
from sqlalchemy import Connection, Row

from uniaims.engine.layers import log
from uniaims.engine.layers.conflicts import Change
from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.instances import SHAPE, Rows, empty_rows
from uniaims.engine.layers.log import NewSnapshot
from uniaims.engine.layers.manifest import write_manifest
from uniaims.engine.layers.patch import NOTHING
from uniaims.engine.layers.state import State, read_state
from uniaims.engine.layers.tile import Place
from uniaims.errors import InputError


@dataclass(frozen=True)
class Replacement:
    """What comes in the place of a layer.

    Attributes:
        manifest: of the labels, as `ingest.write_labels` returns it.
        kind: of the snapshot: ``model``, ``import`` or ``restored``.
        tool: what the history tells of it.
        job_id: of the job that made it.
    """

    manifest: str
    kind: str = "model"
    tool: str = ""
    job_id: int | None = None

    @classmethod
    def of_snapshot(cls, row: Row[Any], tool: str) -> Self:
        """An earlier state of the layer."""
        return cls(row.manifest, "restored", tool)


@dataclass(frozen=True, eq=False)
class Replaced:
    """A layer after its replacement: its state, that state's manifest, and the tiles that differ."""

    state: State
    manifest: str
    tiles: tuple[Place, ...]


def replaced(state: State, manifest: str, layer_id: int) -> Replaced:
    """What becomes of a state, all tiles of which have names, when another label image takes its place.

    Raises:
        InputError: if the image has another size.
    """
    new = read_state(manifest, {}, state.blobs, state.decoded)
    if new.levels != state.levels:
        raise InputError(
            f"the labels are {new.levels.width} x {new.levels.height} px, but layer {layer_id} is {state.levels.width} "
            f"x {state.levels.height} px. Give labels of this image."
        )
    seq = state.seq + 1
    new.table.put(_with_those_gone(state.table.rows, new.table.rows, seq))
    places = new.tiles.keys() | state.tiles.keys()
    changed = sorted(place for place in places if _name(new, place) != _name(state, place))
    new.seq = seq
    new.heads = {**state.heads, **dict.fromkeys(changed, seq)}
    coarse = []
    for level in range(1, new.levels.count):
        own = {place: tile for (at, place), (_, tile) in new.coarse.items() if at == level}
        new.coarse.update({(level, place): (new.head(level, place), tile) for place, tile in own.items()})
        coarse.append({place: tile for place, tile in own.items() if tile is not None})
    rows = new.table.rows[np.argsort(new.table.rows["number"])]
    shape = (new.levels.height, new.levels.width)
    name, _ = write_manifest(shape, seq, rows, (new.tiles, *coarse), new.blobs)
    return Replaced(new, name, tuple(changed))


def entry_of(new: Replacement, fresh: Replaced, edit_id: str, target: Row[Any] | None) -> log.Entry:
    """How the log tells of it; ``target`` is the edit that it takes back."""
    params: Mapping[str, Any] = {"job": new.job_id} if new.job_id is not None else {}
    return log.Entry(
        fresh.state.seq, edit_id or f"replace-{uuid4()}", "replace", new.tool, params,
        Change(NOTHING, empty_rows(), empty_rows()), fresh.tiles,
        undoes=target.seq if target else None, redoes=target.undoes if target else None,
    )  # fmt: skip


def write(
    connection: Connection, layer_id: int, entry: log.Entry, snapshots: tuple[int, NewSnapshot], author: Author
) -> None:
    """Write it down: the edit, from the snapshot before, which is there, to the one after."""
    before, kept = snapshots
    log.advance(connection, layer_id, entry.seq - 1, entry.seq)
    after = log.add_snapshot(connection, layer_id, kept)
    log.append(connection, layer_id, entry, author.account_id, author.client, (before, after))
    log.keep_numbers(connection, layer_id, kept.largest_number + 1)
    log.count_instances(connection, layer_id, kept.instance_count)


def _name(state: State, place: Place) -> str:
    tile = state.tiles.get(place)
    return tile.name if tile else ""


def _with_those_gone(old: Rows, new: Rows, seq: int) -> Rows:
    """All rows as changed now, and those of instances that are no longer there."""
    gone = old[~np.isin(old["number"], new["number"])].copy()
    for name in SHAPE:
        gone[name] = 0
    rows = np.concatenate([new, gone])
    rows["changed_seq"] = seq
    return rows
