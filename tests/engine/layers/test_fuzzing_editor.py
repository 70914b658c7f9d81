"""Whatever clients do to a layer, and wherever the program crashes, memory, log and pixels tell the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from uniaims.engine.database import now_ms
from uniaims.engine.tables import accounts

from .fuzzing import FuzzingEditor, digest, labels_at_first

_ACTIONS = st.sampled_from(
    [
        "draw",
        "draw",
        "extend",
        "extend",
        "erase",
        "merge",
        "delete",
        "set",
        "undo",
        "redo",
        "look",
        "look",
        "crash",
        "snapshot",
    ]
)
_STEPS = st.lists(
    st.tuples(st.integers(0, 2), _ACTIONS, st.integers(0, 559), st.integers(0, 619), st.integers(1, 30)), max_size=12
)


@pytest.fixture(scope="module")
def two_accounts(engine):
    values = {"name": "li wei", "created_ms": now_ms()}
    other = engine.database.write(
        lambda connection: connection.execute(insert(accounts).values(values).returning(accounts.c.id)).scalar_one()
    )
    return engine.accounts.local().id, other


@settings(max_examples=8)
@given(steps=_STEPS, replaced_at=st.none() | st.integers(0, 11))
def test_any_edits_replay_and_invert(engine, new_layer, two_accounts, steps, replaced_at):
    editor = FuzzingEditor(new_layer(labels_at_first()), engine, two_accounts)
    for index, step in enumerate(steps):
        if index == replaced_at:
            editor.step(step[0], "replace", *step[2:])
        editor.step(*step)
    editor.reopen()
    editor.undo_all()
    editor.reopen()
    assert digest(editor.layer) == editor.before
