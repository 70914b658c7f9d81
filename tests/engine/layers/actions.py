"""What tests do with layers."""

from uniaims.engine.layers.edits import Edit
from uniaims.engine.layers.layer import Layer
from uniaims.engine.layers.patch import difference
from uniaims.engine.layers.tile import DecodedTiles


def paint(edit_id, before, after, seen=None, new=None):
    return Edit(edit_id, "paint", "brush", difference(before, after).encode(), seen or {}, new or {})


def reopened(layer, engine):
    return Layer(layer.id, engine.database, engine.blobs, DecodedTiles())


def by_number(layer):
    return {int(row["number"]): row for row in layer.rows()[1]}
