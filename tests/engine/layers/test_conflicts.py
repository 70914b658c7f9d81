"""What an edit may do: refused where it is locked or accepted, a conflict where others were first."""

from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.instances import ACCEPTED, LOCKED

from .actions import by_number, paint


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
