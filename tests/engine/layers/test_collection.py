"""The collection: layers are opened once, belong to an image of their size, and are tidied together."""

import pytest

from uniaims.engine.layers.ingest import write_labels
from uniaims.errors import ConflictError, InputError, NotFoundError


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


def test_a_deleted_layer_is_not_taken_for_the_next_one_of_its_id(engine, new_image, three):
    image_id = new_image(three.shape)
    layer = engine.layers.open(engine.layers.add(image_id, write_labels(three, engine.blobs)))
    engine.images.remove(image_id)
    engine.layers.forget_deleted()
    with pytest.raises(NotFoundError, match="no layer"):
        engine.layers.open(layer.id)
    engine.layers._open[layer.id] = layer  # somebody opened it at the last moment
    again = engine.layers.add(new_image(three.shape), write_labels(three[::-1].copy(), engine.blobs))
    assert again == layer.id
    assert (engine.layers.open(again).labels() == three[::-1]).all()
