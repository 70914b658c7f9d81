"""What a model finds, beside what people have done: their work stays as it is, only untouched suggestions change."""

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.instances import FLAGGED, LOCKED, SAID, SUGGESTED, Rows
from uniaims.engine.layers.state import State, read_state, window_of
from uniaims.labels import Labels

_MOST_COVERED = 0.2
"""A suggestion that lies on people's work with a larger part of it is none."""
_MOST_CHANGED = 0.5
"""Likewise one, a larger part of which has been changed since the model looked."""


def with_suggestions(state: State, manifest: str, first: int, base: str | None = None) -> str:
    """The manifest of a state's labels with the untouched suggestions replaced by those of another manifest.

    Instances that are edited, accepted or locked stay. Suggestions that lie on them are clipped, or left out where too
    much is lost. Where pixels differ from what the model saw, they stay too.

    Args:
        state: nobody changes it meanwhile.
        manifest: what the model has found, in an image of the same size.
        first: number of the first suggestion; it and those above were never given away.
        base: manifest of the labels when the model began to look; ``None``: nobody has changed any since.
    """
    box = Box.whole((state.levels.height, state.levels.width))
    now, found = window_of(state, box), read_state(manifest, {}, state.blobs, state.decoded)
    wanted, rows = window_of(found, box), found.table.rows
    kept = _lookup(state.table.rows[_is_kept(state.table.rows)]["number"], int(now.max(initial=0)) + 1)[now]
    changed = np.zeros(now.shape, np.bool_)
    if base is not None:
        changed = now != window_of(read_state(base, {}, state.blobs, state.decoded), box)
    taken = _taken(wanted, kept, changed & ~kept)
    numbers = np.zeros(len(taken), np.uint32)
    numbers[taken] = np.arange(first, first + np.count_nonzero(taken), dtype=np.uint32)
    free = ~kept & ~changed
    labels = np.where(free, numbers[wanted], now)
    return write_labels(labels, state.blobs, lambda fresh: _say(fresh, state.table.rows, rows, numbers))


def _is_kept(rows: Rows) -> NDArray[np.bool_]:
    is_human = (rows["state"] != SUGGESTED) | ((rows["flags"] & LOCKED) > 0)
    return np.asarray((rows["area"] > 0) & is_human)


def _lookup(numbers: Labels, size: int) -> NDArray[np.bool_]:
    """Whether each number below ``size`` is one of some."""
    found = np.zeros(max(size, int(numbers.max(initial=0)) + 1), np.bool_)
    found[numbers] = True
    return found


def _taken(wanted: Labels, kept: NDArray[np.bool_], changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which suggestions are taken, by number."""
    size = int(wanted.max(initial=0)) + 1
    areas = np.bincount(wanted.ravel(), minlength=size)
    covered = np.bincount(wanted[kept], minlength=size)
    altered = np.bincount(wanted[changed], minlength=size)
    taken = (areas > 0) & (covered <= _MOST_COVERED * areas) & (altered <= _MOST_CHANGED * areas)
    taken[0] = False
    return np.asarray(taken)


def _say(fresh: Rows, old: Rows, found: Rows, numbers: Labels) -> None:
    """What was said of the instances that stay, and what the model says of the others."""
    known = {int(row["number"]): row for row in old}
    known.update({int(numbers[row["number"]]): row for row in found if numbers[row["number"]]})
    for row in fresh:
        said = known[int(row["number"])]
        for name in SAID:
            row[name] = said[name]
        row["flags"] |= said["flags"] & (LOCKED | FLAGGED)
