"""Whether an edit may be done: two tests that let many people work on one image without locks.

Each pixel that it changes holds what its maker saw there, or already what he wants; and no instance that it touches was
changed by somebody else since he saw it. Then it is right whatever else has happened. Else it alone is refused, and its
maker is told what stands there now, and by whom.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from uniaims.boxes import Box
from uniaims.engine.layers.edits import Plan
from uniaims.engine.layers.instances import ACCEPTED, DERIVED_FLAGS, LOCKED, SHAPE, Rows
from uniaims.engine.layers.patch import Patch
from uniaims.engine.layers.state import Draft
from uniaims.engine.layers.tile import Place
from uniaims.errors import InputError

ChangedSince = Callable[[int, Sequence[int]], Mapping[int, int]]
"""Asks the log which of some instances others have changed after an edit: number -> last such edit."""


@dataclass(frozen=True, eq=False)
class Change:
    """What an edit has done: its pixels, and rows (N,) before and after, in the same order."""

    patch: Patch
    before: Rows
    after: Rows


@dataclass(frozen=True, eq=False)
class Conflict:
    """What an edit met.

    Attributes:
        overtaken: instances that others have changed: number -> that edit.
        tiles: that the edit touches.
        numbers: instances that it touches.
    """

    overtaken: Mapping[int, int]
    tiles: tuple[Place, ...]
    numbers: tuple[int, ...]


def attempt(
    plan: Plan, draft: Draft, seen: Mapping[int, int], others: ChangedSince, *, may_review: bool
) -> Change | Conflict:
    """Do what an edit comes down to in a draft, or say why not, and leave the draft as it is.

    Args:
        plan: what is to be done.
        draft: changed if it is done: its ``seq`` is then that of the edit.
        seen: for each instance the last change that its maker knew of; 0 for those that are not named.
        others: asked only for instances that were changed since.
        may_review: whether accepted instances may be changed.

    Raises:
        InputError: if it can't be done whatever others do.
    """
    before = draft.rows(plan.numbers)
    _check_allowed(plan, before, may_review=may_review)
    overtaken = _overtaken(before, seen, others)
    rest, strange_count = plan.patch.against(draft)
    if overtaken or strange_count:
        tiles = tuple(plan.patch.tiles)
        return Conflict(overtaken, tiles, tuple(before["number"].tolist()))
    after = before.copy()
    plan.say(after)
    rest.apply(draft)
    _measure(after, rest, draft)
    draft.seq += 1
    after["changed_seq"] = draft.seq
    draft.put(after)
    return Change(rest, before, after)


def _check_allowed(plan: Plan, rows: Rows, *, may_review: bool) -> None:
    there = rows[rows["area"] > 0]
    if not plan.is_free:
        _refuse(there[(there["flags"] & LOCKED) > 0], "locked: unlock it first")
        if not may_review:
            _refuse(there[there["state"] == ACCEPTED], "accepted: only its reviewer may change it")
    missing = set(plan.patch.new_numbers) - set(there["number"].tolist()) - plan.makes
    if missing:
        raise InputError(f"instance {min(missing)} is not there (any more), and not said to be new.")


def _refuse(rows: Rows, why: str) -> None:
    if len(rows):
        raise InputError(f"instance {rows['number'][0]} is {why}.")


def _overtaken(rows: Rows, seen: Mapping[int, int], others: ChangedSince) -> dict[int, int]:
    known = np.array([seen.get(number, 0) for number in rows["number"].tolist()], np.int64)
    changed = rows["changed_seq"].astype(np.int64) > known
    if not changed.any():
        return {}
    doubtful = dict(zip(rows["number"][changed].tolist(), known[changed].tolist(), strict=True))
    found = others(min(doubtful.values()), list(doubtful))
    return {number: seq for number, seq in found.items() if seq > doubtful[number]}


def _measure(rows: Rows, patch: Patch, draft: Draft) -> None:
    """Bring the shapes of rows up to date after a patch; of what has lost all its pixels without looking."""
    balance, boxes = patch.balance(), patch.boxes
    for row in rows:
        number = int(row["number"])
        lost, gained = balance.get(number, (0, 0))
        if not lost and not gained:
            continue
        if lost == row["area"] and not gained:
            for name in SHAPE:
                row[name] = 0
            row["flags"] &= ~np.uint8(DERIVED_FLAGS)
            continue
        own = Box(*(int(row[edge]) for edge in ("top", "left", "bottom", "right")))
        fresh = boxes.get(number)
        draft.measure(row, own if fresh is None else fresh if row["area"] == 0 else own.union(fresh))
