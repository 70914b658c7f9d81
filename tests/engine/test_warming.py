"""Warming does what a first stroke and a first click do, and leaves nothing behind."""

import tempfile

from uniaims.engine import warming
from uniaims.engine.layers.layer import Layer


def test_strokes_and_clicks_are_done_in_a_folder_that_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    statuses, found = [], []
    apply, look = Layer.apply, warming.instances_from_fields

    def applied(self, author, edits):
        results = apply(self, author, edits)
        statuses.extend((edit.kind, result.status) for edit, result in zip(edits, results, strict=True))
        return results

    monkeypatch.setattr(Layer, "apply", applied)
    monkeypatch.setattr(warming, "instances_from_fields", lambda *given: found.append(look(*given)))
    warming.warm()
    assert statuses == [("paint", "accepted"), ("merge", "accepted")]
    assert len(found) == 1 and found[0].labels.any()
    assert list(tmp_path.iterdir()) == []
