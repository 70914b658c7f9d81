"""Versions of a layer."""

import pytest

from uniaims.boxes import Box
from uniaims.engine.layers.edits import Edit
from uniaims.errors import NotFoundError, SettingsError

from .actions import by_number, paint


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
