"""Layers: each kind of edit, what is refused, conflicts, undo and redo, and what is on the disk."""

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.ingest import suggested, write_empty, write_labels
from uniaims.engine.layers.instances import ACCEPTED, EDITED, FLAGGED, IN_PIECES, LOCKED, SUGGESTED
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.patch import Patch, difference
from uniaims.engine.layers.replacing import Replacement
from uniaims.engine.layers.tile import EMPTY, DecodedTiles
from uniaims.errors import ConflictError, InputError, NotFoundError, OutputError, SettingsError


@pytest.fixture
def layer(new_layer, three) -> Layer:
    return new_layer(three)


@pytest.fixture
def other(engine, me) -> Author:
    return Author(me.account_id, "another page")


def paint(edit_id, before, after, seen=None, new=None):
    return Edit(edit_id, "paint", "brush", difference(before, after).encode(), seen or {}, new or {})


def reopened(layer, engine):
    return Layer(layer.id, engine.database, engine.blobs, DecodedTiles())


def by_number(layer):
    return {int(row["number"]): row for row in layer.rows()[1]}


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


def test_locked_and_accepted_instances_stay(layer, me):
    layer.apply(me, [Edit("l", "set", numbers=(1,), name="locked", value=1)])
    layer.apply(me, [Edit("a", "set", numbers=(2,), name="state", value=ACCEPTED)])
    for edit, reason in (
        (Edit("d1", "delete", numbers=(1,)), "locked"),
        (Edit("d2", "delete", numbers=(2,)), "accepted"),
    ):
        assert reason in layer.apply(me, [edit])[0].reason
    assert layer.apply(me, [Edit("d3", "delete", numbers=(2,))], may_review=True)[0].status == "accepted"
    assert by_number(layer)[1]["flags"] == LOCKED
    assert layer.apply(me, [Edit("u", "set", numbers=(1,), name="locked", value=0)])[0].status == "accepted"
    assert layer.apply(me, [Edit("d4", "delete", numbers=(1,))])[0].status == "accepted"


def test_edits_in_different_places_merge(layer, three, me, other):
    mine, theirs = three.copy(), three.copy()
    mine[0:5, 0:5], theirs[120:130, 100:130] = 0, 0
    mine[30:40, 490:540] = 0
    assert layer.apply(me, [paint("m", three, mine, {1: 0})])[0].status == "accepted"
    assert layer.apply(other, [paint("t", three, theirs, {2: 0})])[0].status == "accepted"
    assert by_number(layer)[1]["area"] == 1000
    assert by_number(layer)[2]["area"] == 600


def test_an_instance_that_another_changed_is_a_conflict_until_it_was_seen(layer, three, me, other):
    layer.apply(me, [Edit("k", "set", numbers=(2,), name="kind", value=1)])
    stale = Edit("d", "delete", numbers=(2,), seen={2: 0})
    result = layer.apply(other, [stale, Edit("e", "set", numbers=(2,), seen={2: 1}, name="kind", value=3)])
    assert [each.status for each in result] == ["conflict", "refused"]
    assert "an edit before it" in result[1].reason
    assert [(each.number, each.seq, each.author_id) for each in result[0].opponents] == [(2, 1, me.account_id)]
    assert result[0].rows["kind"].tolist() == [1]
    assert layer.seq == 1
    again = layer.apply(other, [Edit("d2", "delete", numbers=(2,), seen={2: 1})])[0]
    assert again.status == "accepted"


def test_own_edits_need_not_be_seen(layer, me):
    layer.apply(me, [Edit("k", "set", numbers=(2,), name="kind", value=1)])
    assert layer.apply(me, [Edit("d", "delete", numbers=(2,), seen={2: 0})])[0].status == "accepted"


def test_pixels_that_another_has_drawn_are_a_conflict(layer, three, me, other):
    mine, theirs = three.copy(), three.copy()
    number, others = layer.give_numbers(1, me), layer.give_numbers(1, other)
    mine[300:320, 300:320], theirs[310:330, 310:330] = number, others
    assert layer.apply(me, [paint("m", three, mine, {}, {number: 0})])[0].status == "accepted"
    result = layer.apply(other, [paint("t", three, theirs, {}, {others: 0})])[0]
    assert (result.status, result.tiles, result.opponents) == ("conflict", ((0, 0),), ())
    assert (layer.labels() == mine).all()


def test_numbers_of_another_client_are_refused(layer, three, me, other):
    number = layer.give_numbers(1, me)
    wanted = three.copy()
    wanted[300:310, 300:310] = number
    assert "not given to this client" in layer.apply(other, [paint("t", three, wanted, {}, {number: 0})])[0].reason


def test_a_number_is_never_used_again(layer, three, me):
    number = layer.give_numbers(1, me)
    wanted = three.copy()
    wanted[300:310, 300:310] = number
    layer.apply(me, [paint("a", three, wanted, {}, {number: 0}), Edit("b", "delete", numbers=(number,))])
    for new in ({number: 0}, {}):
        result = layer.apply(me, [paint(f"c{len(new)}", three, wanted, {}, new)])[0]
        assert result.status == "refused"
    with pytest.raises(InputError, match="numbers were asked for"):
        layer.give_numbers(5000, me)


def test_sending_again_does_nothing(layer, three, me, engine):
    edits = [Edit("m", "merge", numbers=(2, 3), into=2), Edit("m", "merge", numbers=(2, 3), into=2)]
    assert [result.status for result in layer.apply(me, edits)] == ["accepted", "repeated"]
    again = reopened(layer, engine).apply(me, edits[:1])[0]
    assert (again.status, again.seq, again.tiles) == ("repeated", 1, ((0, 0),))
    assert again.rows["number"].tolist() == [2, 3]
    undone = layer.undo(me, edit_id="u")
    assert (undone.status, layer.undo(me, edit_id="u").status) == ("accepted", "repeated")
    assert (layer.labels() == three).all()


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


def test_replacing_is_an_edit_that_can_be_undone(layer, three, me, engine):
    new = np.roll(three, 200, 0)
    new[0:9, 0:9] = 77
    layer.apply(me, [Edit("k", "set", numbers=(2,), name="kind", value=4)])
    result = layer.replace(Replacement(write_labels(new, engine.blobs), "import"), me, "r")
    assert (result.status, result.seq) == ("accepted", 2)
    assert layer.replace(Replacement("ab" * 32), me, "r").status == "repeated"
    assert (layer.labels() == new).all()
    assert layer.instance_count == engine.images.of_layer(layer.id).instance_count == 4
    assert layer.give_numbers(1, me) == 78
    assert (reopened(layer, engine).labels() == new).all()
    layer.undo(me)
    assert (layer.labels() == three).all()
    assert by_number(layer)[2]["kind"] == 4
    assert layer.rows(since=2)[1]["number"].tolist().count(77) == 1
    layer.redo(me)
    assert (layer.labels() == new).all()
    layer.apply(me, [Edit("d", "delete", numbers=(77,))])
    assert layer.undo(me, seq=2).status == "conflict"
    with pytest.raises(InputError, match="but layer"):
        layer.replace(Replacement(write_empty((10, 10), engine.blobs)), me)


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


def test_versions_are_kept_restored_and_compared(layer, three, me, engine):
    versions = engine.layers.versions(layer.id)
    first = versions.keep("as it came", me)
    changed = three.copy()
    changed[110:130, 100:130] = 0
    layer.apply(me, [paint("p", three, changed, {2: 0}), Edit("d", "delete", numbers=(1,))])
    second = versions.keep("corrected", me)
    difference_ = versions.difference(first.id, second.id)
    assert [each.tolist() for each in (difference_.added, difference_.removed, difference_.changed)] == [[], [1], [2]]
    assert difference_.iou.tolist() == pytest.approx([300 / 900])
    assert versions.difference(second.id, first.id).added.tolist() == [1]
    assert versions.restore(first.id, me).status == "accepted"
    assert (layer.labels() == three).all()
    assert (versions.labels(second.id, Box(100, 100, 140, 140)) == layer.labels(Box(100, 100, 140, 140))).sum() < 1600
    assert versions.rows(second.id)["number"].tolist() == [2, 3]
    assert [version.name for version in versions.all() if version.name] == ["corrected", "as it came"]
    layer.undo(me)
    assert by_number(layer)[2]["area"] == 300
    with pytest.raises(NotFoundError, match="has no version"):
        versions.restore(10**6, me)
    with pytest.raises(SettingsError, match="is empty"):
        versions.keep(" ", me)


def test_layers_are_opened_once_and_told_of(engine, layer, new_image, three):
    image_id = engine.images.of_layer(layer.id).id
    assert engine.layers.open(layer.id) is layer
    assert [entry.id for entry in engine.layers.of_image(image_id)] == [layer.id]
    assert engine.layers.entry(layer.id).kind == "main"
    manifest = write_labels(three, engine.blobs)
    with pytest.raises(ConflictError, match="main layer already"):
        engine.layers.add(image_id, manifest)
    trial = engine.layers.add(image_id, manifest, "trial")
    assert [entry.kind for entry in engine.layers.of_image(image_id)] == ["main", "trial"]
    engine.layers.forget(trial)
    with pytest.raises(InputError, match="labels of this image"):
        engine.layers.add(new_image((5, 5)), manifest)
    for unknown in (engine.layers.open, engine.layers.entry):
        with pytest.raises(NotFoundError, match="no layer"):
            unknown(10**6)


def test_snapshots_are_made_by_themselves_and_leave_less_to_repeat(layer, me, engine, monkeypatch):
    monkeypatch.setattr("uniaims.engine.layers.layer.SNAPSHOT_EDITS", 4)
    edits = [Edit(f"s{i}", "set", numbers=(2,), name="kind", value=i) for i in range(6)]
    layer.apply(me, edits[:3])
    assert layer.edits_behind == 3
    layer.apply(me, edits[3:])
    assert layer.edits_behind == 0
    again = reopened(layer, engine)
    assert (again.edits_behind, by_number(again)[2]["kind"]) == (0, 5)
    layer.apply(me, [Edit("d", "delete", numbers=(2,))])
    engine.layers.tidy()
    assert layer.edits_behind == 0
    assert [entry.kind for entry in layer.history(limit=2)] == ["delete", "set"]
    assert [entry.seq for entry in layer.history(before=3)] == [2, 1]


def test_suggestions_leave_what_people_have_done(new_image, engine, three, me):
    blobs = engine.blobs
    first = write_labels(three, blobs, suggested(np.array([0.9, 0.8, 0.7])))
    layer = engine.layers.open(engine.layers.add(new_image(three.shape), first))
    base = layer.snapshot("named", "what the model saw")
    layer.apply(me, [Edit("k", "set", numbers=(2,), name="state", value=ACCEPTED)])
    layer.apply(me, [Edit("d", "delete", numbers=(3,))])
    found = np.zeros_like(three)
    found[10:30, 490:540] = 1  # in the place of an untouched suggestion
    found[125:165, 100:130] = 2  # 12.5 % of it on what was accepted
    found[100:124, 110:140] = 3  # most of it there
    found[105:120, 140:170] = 4  # deleted since the model looked
    manifest = write_labels(found, blobs, suggested(np.array([0.6, 0.5, 0.4, 0.3]), np.array([1, 2, 3, 4])))
    result = layer.suggest(Replacement(manifest), me, "s", base)
    assert result.status == "accepted"
    rows = by_number(layer)
    assert list(rows) == [2, 4, 5]
    assert (rows[2]["state"], rows[2]["area"]) == (ACCEPTED, 900)
    assert (rows[4]["area"], rows[4]["kind"], rows[4]["confidence"]) == (1000, 1, np.float32(0.6))
    assert (rows[5]["area"], rows[5]["kind"], rows[5]["state"]) == (40 * 30 - 5 * 30, 2, SUGGESTED)
    assert layer.give_numbers(1, me) >= 6
    layer.undo(me)
    assert list(by_number(layer)) == [1, 2]
    again = layer.suggest(Replacement(manifest), me)
    assert [each["kind"] for each in by_number(layer).values()] == [0, 1, 2, 4]
    assert again.seq == layer.seq
