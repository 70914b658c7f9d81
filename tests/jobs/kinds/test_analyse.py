"""Finding the objects of an image: which pixel size holds, and what is asked for again when people's work stays."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from uniaims.engine import Engine
from uniaims.engine.analyses import Analyses
from uniaims.engine.fields import FieldCache
from uniaims.engine.images import Image
from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.edits import Edit
from uniaims.engine.queue import Queue
from uniaims.jobs.kinds import analyse

SETTINGS = {"segmenter": {"diameter_px": 24.0, "minimum_confidence": 0.0}, "scale_bar": False}
Done = Callable[..., Mapping[str, Any]]


@pytest.fixture(autouse=True)
def stand_in(slope_model_loaded: object) -> Iterator[None]:
    """No weights are loaded here."""
    analyse._segmenters.clear()
    yield
    analyse._segmenters.clear()


@pytest.mark.parametrize(
    ("source", "asked", "wanted"),
    [
        ("given", {}, ({"pixel_size": "2.5 nm"}, None)),
        ("given", {"pixel_size": "3 nm"}, ({"pixel_size": "3 nm"}, None)),
        ("metadata", {}, ({}, "2.5 nm")),
        ("scale bar", {}, ({}, None)),
    ],
)
def test_a_pixel_size_that_is_known_is_given_on(
    engine: Engine, new_image: Callable[..., Image], tmp_path: Path,
    source: str, asked: dict[str, str], wanted: tuple[dict[str, str], str | None],
) -> None:  # fmt: skip
    image = new_image(f"{source} {asked}.png", len(source) + len(asked))
    engine.images.set_pixel_size(image.id, 2.5, source)
    job = Queue(engine.database).add("analyse", {"image": image.id, "settings": asked}, 1, 1, image.id)
    order = analyse.prepare(engine, job, tmp_path)
    assert (order.params["settings"], order.params["beside"]) == wanted


def test_people_s_work_stays_and_then_all_is_measured_again(
    engine: Engine, new_image: Callable[..., Image], done: Done
) -> None:
    image = new_image("drawn.png", 22)
    assert image.layer_id is not None
    layer = engine.layers.open(image.layer_id)
    before = layer.labels()
    accept = Edit("a", "set", numbers=(1, 2), name="state", value=2)
    assert layer.apply(Author(1, "page"), [accept])[0].status == "accepted"
    told = done("analyse", {"image": image.id, "settings": SETTINGS}, image)
    assert told["instance_count"] == layer.instance_count == 6
    np.testing.assert_array_equal(np.isin(before, (1, 2)), np.isin(layer.labels(), (1, 2)))
    assert FieldCache(engine.folder / "fields").get(image.sha256, image.page) is not None
    kept = Analyses(engine.database, engine.blobs).latest(image.id)
    assert kept is not None
    assert kept.seq == layer.seq
    assert {"report.html", "measurements.csv"} <= set(kept.files)
    (job,) = [job for job in Queue(engine.database).list(1) if job.kind == "measure"]
    assert (job.image_id, job.state) == (image.id, "queued")
