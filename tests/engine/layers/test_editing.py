"""Edits that are done together: each wholly or not at all, each but once, with numbers of its maker."""

import pytest

from uniaims.engine.layers.edits import Edit
from uniaims.errors import InputError

from .actions import paint, reopened


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
