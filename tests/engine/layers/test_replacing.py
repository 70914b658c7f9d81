"""Another label image in the place of a layer."""

import numpy as np
import pytest

from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.ingest import write_empty, write_labels
from uniaims.engine.layers.replacing import Replacement
from uniaims.errors import InputError

from .actions import by_number, reopened


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
