"""The log: what was not written was not done, and nobody writes over what another has."""

import pytest

from uniaims.engine.layers import log
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.instances import LARGEST_NUMBER
from uniaims.errors import ConflictError, InputError, OutputError

from .actions import reopened


def test_a_full_disk_refuses_the_edit_and_all_stays_as_it_was(layer, three, me, engine, monkeypatch):
    def fail(*_):
        raise OutputError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("uniaims.engine.layers.log.append", fail)
        with pytest.raises(OutputError, match="the disk is full"):
            layer.apply(me, [Edit("d", "delete", numbers=(1,))])
    assert (layer.labels() == three).all()
    assert layer.seq == reopened(layer, engine).seq == 0
    assert layer.apply(me, [Edit("d", "delete", numbers=(1,))])[0].status == "accepted"


def test_a_layer_that_another_program_changed_is_not_spoilt(layer, me, engine):
    second = reopened(layer, engine)
    layer.apply(me, [Edit("a", "delete", numbers=(1,))])
    with pytest.raises(ConflictError, match="another program"):
        second.apply(me, [Edit("b", "delete", numbers=(2,))])
    assert layer.instance_count == 2


def test_what_is_read_from_the_log_is_what_was_done(layer, me, engine):
    layer.apply(me, [Edit("a", "delete", numbers=(1,)), Edit("b", "set", numbers=(2,), name="kind", value=1)])
    with engine.database.read() as connection:
        assert log.tiles_of(connection, layer.id, 1) == ((0, 0), (0, 1))
        assert log.heads(connection, layer.id, 0) == ({}, {(0, 0): 1, (0, 1): 1})
        assert log.heads(connection, layer.id, 2) == ({(0, 0): 1, (0, 1): 1},) * 2
        told = log.after(connection, layer.id, 0)
        assert [(seq, len(patch.runs) == 0, rows["number"].tolist()) for seq, patch, rows in told] == [
            (1, False, [1]), (2, True, [2]),
        ]  # fmt: skip
        authors = log.authors(connection, layer.id, {1, 2, 3})
        assert {seq: author for seq, (author, _) in authors.items()} == {1: me.account_id, 2: me.account_id}
        assert log.changed_since(connection, layer.id, 0, [2, 3], log.BY_OTHER_CLIENTS, "another") == {2: 2}
        assert log.changed_since(connection, layer.id, 0, [2, 3], log.BY_OTHER_PEOPLE, me.account_id) == {}
        assert (log.is_built_on(connection, layer.id, 1), log.is_built_on(connection, layer.id, 2)) == (True, False)


def test_numbers_are_given_away_once_until_there_are_none(layer, me, engine):
    values = {"count": LARGEST_NUMBER - 10, "client": me.client, "account_id": me.account_id}
    assert engine.database.write(lambda connection: log.add_block(connection, layer.id, values)) == 4
    with pytest.raises(InputError, match="used up its numbers"):
        engine.database.write(lambda connection: log.add_block(connection, layer.id, values))
    engine.database.write(lambda connection: log.keep_numbers(connection, layer.id, 3))  # they are above already
    with engine.database.read() as connection:
        assert log.blocks(connection, layer.id, me.client) == [range(4, 4 + LARGEST_NUMBER - 10)]


def test_a_snapshot_without_a_name_is_written_once(layer):
    assert layer.snapshot() == layer.snapshot()
    assert layer.snapshot("named", "first") != layer.snapshot("named", "second")
