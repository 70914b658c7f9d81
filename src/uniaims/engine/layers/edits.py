"""Edits: what a page sends, and what is to be done for it.

Every kind comes down to the same: pixels with their numbers before and after, and rows before and after. So all of them
are checked, kept and taken back alike. The form of an edit has a version, so that later programs can read old logs.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

from uniaims.boxes import Box
from uniaims.engine.layers.instances import ACCEPTED, EDITED, FLAGGED, LOCKED, SAID, SUGGESTED, Rows
from uniaims.engine.layers.patch import NOTHING, Patch, renumbering
from uniaims.engine.layers.state import Draft
from uniaims.engine.settings import Limits
from uniaims.errors import InputError

VERSION = 1
KINDS = ("paint", "merge", "delete", "set")
"""What a page may send; ``replace`` comes from jobs, imports and versions."""
FLAGS = {"locked": LOCKED, "flagged": FLAGGED}
FIELDS = {"kind": 255, "state": ACCEPTED, **dict.fromkeys(FLAGS, 1)}
"""What ``set`` sets, and the largest value."""
LONGEST_ID = 64


@dataclass(frozen=True)
class Edit:
    """One edit as it was sent.

    Attributes:
        edit_id: made by whoever sends it, so that sending it again does nothing.
        kind: one of `KINDS`.
        tool: what it was done with.
        patch: bytes, for ``paint``.
        seen: for each instance it touches the last change that its maker knew of.
        new: kinds of the instances that ``paint`` makes, by number.
        numbers: the instances of the other kinds.
        into: which of them stays, for ``merge``.
        name: of the field that ``set`` sets; ``value``: to what.
    """

    edit_id: str
    kind: str
    tool: str = ""
    patch: bytes = b""
    seen: Mapping[int, int] = field(default_factory=dict)
    new: Mapping[int, int] = field(default_factory=dict)
    numbers: tuple[int, ...] = ()
    into: int = 0
    name: str = ""
    value: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.edit_id) <= LONGEST_ID:
            raise InputError(f"an edit needs an edit_id of 1 to {LONGEST_ID} characters.")
        if self.kind not in KINDS:
            raise InputError(f"{self.kind[:20]!r} is no kind of edit: {', '.join(KINDS)} are.")
        if self.kind == "set" and not 0 <= self.value <= FIELDS.get(self.name, -1):
            raise InputError(f"{self.name[:20]!r} can't be set to {self.value}: " + _what_can_be_set())
        if not all(0 <= kind <= FIELDS["kind"] for kind in self.new.values()):
            raise InputError(f"kinds of objects have numbers from 0 to {FIELDS['kind']}.")
        if len(self.tool) > LONGEST_ID or len(self.numbers) > Limits.instances:
            raise InputError(
                f"an edit names at most {Limits.instances} instances, and a tool of {LONGEST_ID} characters."
            )

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> "Edit":
        """An edit as pages send it, in the form of `VERSION`; one of another form is refused.

        ``patch`` is base64, ``touched`` a list of ``{number, seen}``, ``new`` a list of ``{number, kind}``; the rest is
        called as here, but ``field`` for the name of what is set.

        Raises:
            InputError: if it is none.
        """
        if table.get("version", VERSION) != VERSION:
            raise InputError(f"an edit has the form {table.get('version')!r}, known is {VERSION}. Load the page anew.")
        try:
            return cls(
                str(table["edit_id"]),
                str(table["kind"]),
                str(table.get("tool", "")),
                b64decode(table.get("patch") or "", validate=True),
                {_whole(each["number"]): _whole(each["seen"]) for each in table.get("touched", ())},
                {_whole(each["number"]): _whole(each.get("kind", 0)) for each in table.get("new", ())},
                tuple(_whole(number) for number in table.get("numbers", ())),
                _whole(table.get("into", 0)),
                str(table.get("field", "")),
                _whole(table.get("value", 0)),
            )
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"an edit can't be read: {error!r}.") from error

    def params(self) -> dict[str, Any]:
        """What the log keeps of it beside pixels and rows."""
        if self.kind == "set":
            return {"field": self.name, "value": self.value, "count": len(self.numbers)}
        return {"into": self.into} if self.kind == "merge" else {}


@dataclass(frozen=True)
class Plan:
    """What an edit comes down to.

    Attributes:
        patch: its pixels.
        numbers: the instances whose rows change.
        say: sets in their rows, which come in this order, what does not follow from the pixels.
        is_free: whether locked and accepted instances may be touched.
        makes: numbers that may be given to pixels though no instance has them yet.
    """

    patch: Patch
    numbers: Sequence[int]
    say: Callable[[Rows], None]
    is_free: bool = False
    makes: frozenset[int] = frozenset()


def plan_of(edit: Edit, draft: Draft, account_id: int) -> Plan:
    """What an edit comes down to in a draft.

    Raises:
        InputError: if it can't be done.
    """
    if edit.kind == "paint":
        patch = Patch.decode(edit.patch, (draft.levels.height, draft.levels.width))
        return Plan(patch, patch.numbers, lambda rows: _draw(rows, edit.new, account_id), makes=frozenset(edit.new))
    there = draft.rows(dict.fromkeys(edit.numbers))
    there = there[there["area"] > 0]
    numbers = there["number"].tolist()
    if edit.kind == "set":
        return Plan(
            NOTHING, numbers, lambda rows: _set(rows, edit, account_id), is_free=edit.name in ("locked", "state")
        )
    if edit.kind == "delete":
        patch = renumbering(draft, numbers, 0, _around(there)) if numbers else NOTHING
        return Plan(patch, numbers, lambda _: None)
    if edit.into not in numbers:
        raise InputError(f"instance {edit.into} is to stay, but it is not there or not among those to be merged.")
    others = there[there["number"] != edit.into]
    patch = renumbering(draft, others["number"].tolist(), edit.into, _around(others)) if len(others) else NOTHING
    return Plan(patch, numbers, lambda rows: _draw_one(rows, edit.into, account_id))


def inverse_plan(patch: Patch, before: Rows, after: Rows) -> Plan:
    """What takes back an edit that changed rows (N,) from ``before`` to ``after``."""
    changes_lock = bool(((before["flags"] ^ after["flags"]) & LOCKED).any())
    numbers = before["number"].tolist()
    return Plan(
        patch.inverse, numbers, lambda rows: _swap(rows, before, after), is_free=changes_lock, makes=frozenset(numbers)
    )


def _draw(rows: Rows, new: Mapping[int, int], account_id: int) -> None:
    """Say of instances that somebody drew them, or changed their pixels."""
    for row in rows:
        if int(row["number"]) in new and row["area"] == 0:
            row["kind"] = new[int(row["number"])]
        if row["state"] == SUGGESTED:
            row["state"] = EDITED
        row["author"] = account_id


def _draw_one(rows: Rows, number: int, account_id: int) -> None:
    place = int(np.flatnonzero(rows["number"] == number)[0])
    _draw(rows[place : place + 1], {}, account_id)


def _set(rows: Rows, edit: Edit, account_id: int) -> None:
    if edit.name in FLAGS:
        bit = FLAGS[edit.name]
        rows["flags"] = (rows["flags"] & ~np.uint8(bit)) | np.uint8(bit * edit.value)
        return
    rows[edit.name] = edit.value
    rows["author"] = account_id


def _swap(rows: Rows, before: Rows, after: Rows) -> None:
    """Say again what was said before an edit, unless something else was said since."""
    for name in SAID:
        same = rows[name] == after[name]
        if name == "confidence":
            same |= np.isnan(rows[name]) & np.isnan(after[name])
        rows[name] = np.where(same, before[name], rows[name])
    for bit in FLAGS.values():
        same = (rows["flags"] & bit) == (after["flags"] & bit)
        rows["flags"] = np.where(same, (rows["flags"] & ~np.uint8(bit)) | (before["flags"] & bit), rows["flags"])


def _whole(value: Any) -> int:
    """A whole number that a column can hold."""
    number = int(value)
    if number != value or not 0 <= number < 1 << 32:
        raise ValueError(f"{value!r} is no whole number from 0 to 4294967295")
    return number


def _what_can_be_set() -> str:
    return ", ".join(f"{name} from 0 to {most}" for name, most in FIELDS.items()) + "."


def _around(rows: Rows) -> Box:
    """The box around some instances, at least one."""
    boxes = (Box(*(int(row[edge]) for edge in ("top", "left", "bottom", "right"))) for row in rows)
    return reduce(Box.union, boxes)
