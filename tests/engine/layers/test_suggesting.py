"""What a model finds, beside what people have done."""

import numpy as np

from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.ingest import suggested, write_labels
from uniaims.engine.layers.instances import ACCEPTED, SUGGESTED
from uniaims.engine.layers.replacing import Replacement

from .actions import by_number


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
