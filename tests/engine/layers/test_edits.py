"""Edits as pages send them, and what can not be done."""

import numpy as np
import pytest

from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.patch import Patch
from uniaims.errors import InputError


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit("a", "merge", numbers=(2, 3), into=9), "9 is to stay"),
        (Edit("b", "merge", numbers=(2, 3), into=1), "1 is to stay"),
        (Edit("c", "paint", patch=b"rubbish"), "the patch can't be used"),
        (Edit("d", "paint", patch=Patch.of(np.array([[699, 1299, 2, 0, 1]])).encode()), "out of the image"),
        (Edit("e", "paint", patch=Patch.of(np.array([[0, 0, 1, 0, 99]])).encode()), "99 is not there"),
        (Edit("f", "paint", patch=Patch.of(np.array([[0, 0, 1, 0, 99]])).encode(), new={99: 0}), "99 was not given"),
        (Edit("g", "paint", patch=Patch.of(np.array([[0, 0, 1, 0, 1]])).encode(), new={1: 0}), "1 has been used"),
    ],
)
def test_what_can_not_be_is_refused_and_changes_nothing(layer, three, me, edit, reason):
    result = layer.apply(me, [edit])[0]
    assert result.status == "refused"
    assert reason in result.reason
    assert layer.seq == 0
    assert (layer.labels() == three).all()


@pytest.mark.parametrize(
    "table",
    [
        {}, {"edit_id": "x"}, {"edit_id": "", "kind": "delete"}, {"edit_id": "x" * 65, "kind": "delete"},
        {"edit_id": "x", "kind": "replace"}, {"edit_id": "x", "kind": "paint", "patch": "no base64!"},
        {"edit_id": "x", "kind": "delete", "numbers": [-1]}, {"edit_id": "x", "kind": "delete", "numbers": [1.5]},
        {"edit_id": "x", "kind": "delete", "numbers": "abc"}, {"edit_id": "x", "kind": "delete", "numbers": 7},
        {"edit_id": "x", "kind": "delete", "touched": [5]}, {"edit_id": "x", "kind": "delete", "version": 2},
        {"edit_id": "x", "kind": "set", "field": "author", "value": 1},
        {"edit_id": "x", "kind": "set", "field": "area"},
        {"edit_id": "x", "kind": "set", "field": "kind", "value": 256}, {"edit_id": "x", "kind": "set", "value": 2**70},
        {"edit_id": "x", "kind": "paint", "new": [{"number": 5, "kind": 256}]},
        {"edit_id": "x", "kind": "paint", "patch": 5},
    ],
)  # fmt: skip
def test_a_form_that_is_none_is_refused(table):
    with pytest.raises(InputError):
        Edit.from_json(table)


def test_the_form_that_pages_send():
    edit = Edit.from_json(
        {
            "edit_id": "e", "version": 1, "kind": "paint", "tool": "brush", "patch": "AAEC",
            "touched": [{"number": 5, "seen": 7}], "new": [{"number": 6, "kind": 2}],
        }
    )  # fmt: skip
    assert edit == Edit("e", "paint", "brush", b"\0\1\2", {5: 7}, {6: 2})
