"""Exports: which images, under which names, in one file or a zip."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from uniaims.engine import Engine
from uniaims.engine.images import Image, NewImage
from uniaims.errors import InputError
from uniaims.labels import read_labels

Done = Callable[..., Mapping[str, Any]]


def test_images_whose_names_a_disk_takes_for_the_same_are_told_apart(
    engine: Engine, new_image: Callable[..., Image], done: Done, tmp_path: Path
) -> None:
    first, second = new_image("a.png", 1), new_image("A.tif", 2)
    waiting = engine.images.add(1, NewImage("not read", "0" * 64, 1), engine.accounts.local())
    made = done("export", {"format": "labels", "images": [first.id, second.id, waiting.id]})
    assert made["name"] == "kinds_labels.zip"
    data = engine.blobs.get(made["blob"])
    assert len(data) == made["bytes"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sorted(archive.namelist()) == sorted(["a_labels.tif", f"A_{second.id}_labels.tif"])
        archive.extractall(tmp_path)
    for name, image in (("a_labels.tif", first), (f"A_{second.id}_labels.tif", second)):
        assert image.layer_id is not None
        np.testing.assert_array_equal(read_labels(tmp_path / name), engine.layers.open(image.layer_id).labels())


def test_kinds_go_by_the_names_of_the_project(engine: Engine, new_image: Callable[..., Image], done: Done) -> None:
    import json

    from uniaims.engine.layers.editing import Author
    from uniaims.engine.layers.edits import Edit

    engine.projects.change(1, {"kinds": [{"number": 3, "name": "pore", "colour": "#0072b2"}]})
    image = new_image("kinds.png", 3)
    assert image.layer_id is not None
    layer = engine.layers.open(image.layer_id)
    layer.apply(Author(1, "test"), [Edit("k", "set", numbers=(2,), name="kind", value=3)])
    made = done("export", {"format": "coco", "images": [image.id]})
    with zipfile.ZipFile(io.BytesIO(engine.blobs.get(made["blob"]))) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".json")]
        told = json.loads(archive.read(name))
    names = {each["id"]: each["name"] for each in told["categories"]}
    assert [names[each["category_id"]] for each in told["annotations"]].count("pore") == 1
    assert len(told["annotations"]) == layer.instance_count == 6


def test_what_was_not_measured_and_what_was_not_read_is_told(
    engine: Engine, new_image: Callable[..., Image], done: Done
) -> None:
    image = new_image("unmeasured.png", 4)
    with pytest.raises(InputError, match=r"unmeasured: not measured yet, as 1 of 1"):
        done("export", {"format": "measurements", "images": [image.id]})
    waiting = engine.images.add(1, NewImage("waiting", "1" * 64, 1), engine.accounts.local())
    with pytest.raises(InputError, match="no image to export"):
        done("export", {"format": "labels", "images": [waiting.id]})
