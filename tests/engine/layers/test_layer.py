"""Layers: each kind of edit, undo and redo, snapshots, and what pages get of them."""

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.instances import EDITED, FLAGGED, IN_PIECES, LOCKED
from uniaims.engine.layers.tile import EMPTY
from uniaims.errors import ConflictError, InputError, NotFoundError

from .actions import by_number, paint, reopened


def test_painting_makes_an_instance_and_takes_from_another(layer, three, me, engine):
    first = layer.give_numbers(8, me)
    wanted = three.copy()
    wanted[20:60, 500:560] = first
    result = layer.apply(me, [paint("p", three, wanted, {1: 0}, {first: 2})])[0]
    assert (result.status, result.seq, result.tiles) == ("accepted", 1, ((0, 0), (0, 1)))
    assert (layer.labels() == wanted).all()
    rows = by_number(layer)
    assert (rows[first]["kind"], rows[first]["state"], rows[first]["author"]) == (2, EDITED, me.account_id)
    assert np.isnan(rows[first]["confidence"])
    assert (rows[1]["area"], rows[1]["right"]) == (30 * 50 - 20 * 40, 540)
    assert layer.instance_count == engine.images.of_layer(layer.id).instance_count == 4
    assert (reopened(layer, engine).labels() == wanted).all()


def test_merging_deleting_and_setting(layer, three, me):
    results = layer.apply(
        me,
        [
            Edit("m", "merge", numbers=(2, 3), into=2),
            Edit("f", "set", numbers=(1, 2), name="flagged", value=1),
            Edit("k", "set", numbers=(2,), name="kind", value=9),
            Edit("d", "delete", numbers=(1,)),
        ],
    )
    assert [result.status for result in results] == ["accepted"] * 4
    rows = by_number(layer)
    assert list(rows) == [2]
    assert (rows[2]["area"], rows[2]["kind"]) == (900 + 450, 9)
    assert rows[2]["flags"] == FLAGGED | IN_PIECES
    assert layer.rows(since=3)[1]["number"].tolist() == [1]
    assert layer.rows(since=3)[1]["area"].tolist() == [0]
    assert set(np.unique(layer.labels())) == {0, 2}


def test_undo_and_redo_go_through_all(layer, three, me, engine):
    states = [three]
    for edit in (
        Edit("m", "merge", numbers=(2, 3), into=2),
        Edit("d", "delete", numbers=(1,)),
        Edit("k", "set", numbers=(2,), name="locked", value=1),
    ):
        layer.apply(me, [edit])
        states.append(layer.labels())
    for state in states[-2::-1]:
        layer.undo(me)
        assert (layer.labels() == state).all()
    with pytest.raises(ConflictError, match="nothing to undo"):
        layer.undo(me)
    layer = reopened(layer, engine)
    for state in states[1:]:
        layer.redo(me)
        assert (layer.labels() == state).all()
    assert by_number(layer)[2]["flags"] & LOCKED
    layer.undo(me)
    layer.apply(me, [Edit("new", "set", numbers=(2,), name="kind", value=1)])
    with pytest.raises(ConflictError, match="nothing to redo"):
        layer.redo(me)


def test_undo_never_destroys_what_others_built_on(layer, three, me, engine):
    engine.accounts.local()
    someone = Author(_another_account(engine), "theirs")
    layer.apply(me, [Edit("m", "merge", numbers=(2, 3), into=2)])
    layer.apply(someone, [Edit("k", "set", numbers=(2,), name="kind", value=4, seen={2: 1})])
    result = layer.undo(me)
    assert (result.status, [each.author_id for each in result.opponents]) == ("conflict", [someone.account_id])
    assert layer.undo(someone).status == "accepted"
    assert layer.undo(me).status == "accepted"
    assert (layer.labels() == three).all()


def _another_account(engine):
    from sqlalchemy import insert, select

    from uniaims.engine.tables import accounts

    def unit(connection):
        known = connection.execute(select(accounts.c.id).where(accounts.c.name == "wei")).scalar()
        made = insert(accounts).values(name="wei", created_ms=0).returning(accounts.c.id)
        return known or connection.execute(made).scalar_one()

    return engine.database.write(unit)


def test_tiles_of_all_levels_follow_an_edit(layer, three, me):
    all_tiles = [(level, 0, 0, 0) for level in range(layer.level_count)]
    assert layer.tiles(all_tiles) == []
    before = layer.tile(2, 0, 0)
    layer.apply(me, [Edit("d", "delete", numbers=(1,))])
    fresh = layer.tiles(all_tiles)
    assert [(frame.level, frame.head) for frame in fresh] == [(0, 1), (1, 1), (2, 1)]
    assert fresh[2].runs != before.runs
    assert 1 not in np.frombuffer(fresh[2].runs, "<u4")[1::2]
    assert layer.tile(0, 1, 2).runs == EMPTY
    for level, y, x in ((0, 2, 0), (3, 0, 0), (-1, 0, 0)):
        with pytest.raises(NotFoundError, match="has no tile"):
            layer.tile(level, y, x)


def test_labels_of_a_box(layer, three):
    assert (layer.labels(Box(5, 480, 600, 560)) == three[5:600, 480:560]).all()
    with pytest.raises(InputError, match="out of the layer"):
        layer.labels(Box(0, 0, 701, 5))


def test_snapshots_are_made_by_themselves_and_leave_less_to_repeat(layer, me, engine, monkeypatch):
    monkeypatch.setattr("uniaims.engine.layers.layer.SNAPSHOT_EDITS", 4)
    edits = [Edit(f"s{i}", "set", numbers=(2,), name="kind", value=i) for i in range(6)]
    layer.apply(me, edits[:3])
    assert layer.edits_behind == 3
    layer.apply(me, edits[3:])
    layer.close()
    assert layer.edits_behind == 0
    again = reopened(layer, engine)
    assert (again.edits_behind, by_number(again)[2]["kind"]) == (0, 5)
    layer.apply(me, [Edit("d", "delete", numbers=(2,))])
    engine.layers.tidy()
    assert layer.edits_behind == 0
    assert [entry.kind for entry in layer.history(limit=2)] == ["delete", "set"]
    assert [entry.seq for entry in layer.history(before=3)] == [2, 1]
