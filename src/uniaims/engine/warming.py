"""Compiled loops, called once on next to nothing, so that the first stroke and the first click don't wait for them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from uniaims.engine import Engine
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.patch import difference
from uniaims.flow_settings import FlowSettings
from uniaims.flows import CompactFields
from uniaims.segmenter.instances import instances_from_fields

SIDE_PX = 64


def warm() -> None:
    """Draw, merge, take back and look for instances in an image of a data folder that is gone afterwards."""
    labels = np.zeros((SIDE_PX, SIDE_PX), np.uint32)
    labels[8:20, 8:20], labels[30:50, 8:20] = 1, 2
    with TemporaryDirectory(prefix="uniaims-") as folder, Engine.open(Path(folder)) as engine:
        account = engine.accounts.local()
        image = engine.images.add(engine.projects.add("warm", account).id, NewImage("warm", "0" * 64, 1), account)
        engine.images.finish(image.id, Reading(SIDE_PX, SIDE_PX))
        layer = engine.layers.open(engine.layers.add(image.id, write_labels(labels, engine.blobs)))
        author, drawn = Author(account.id, "warm"), labels.copy()
        drawn[22:28, 8:20] = layer.give_numbers(1, author)
        patch, number = difference(labels, drawn).encode(), int(drawn.max())
        layer.apply(
            author, [Edit("a", "paint", patch=patch, new={number: 0}), Edit("b", "merge", numbers=(1, 2), into=1)]
        )
        layer.undo(author)
        layer.tile(0, 0, 0)
    flow = np.zeros((2, SIDE_PX, SIDE_PX), np.int8)
    flow[0] = np.where(np.arange(SIDE_PX)[:, None] < SIDE_PX // 2, 100, -100)
    probability = np.where(labels > 0, 255, 0).astype(np.uint8)
    instances_from_fields(CompactFields(probability, flow, probability), labels.shape, 0.9, FlowSettings())
