"""A data folder with pictures of cones, and handlers that run in this process."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from uniaims import guard
from uniaims.engine import Engine
from uniaims.engine.images import Image, NewImage, Reading
from uniaims.engine.layers.ingest import suggested, write_labels
from uniaims.engine.queue import Job, Queue
from uniaims.jobs.kinds import handler_of


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine.open(tmp_path_factory.mktemp("data")) as engine:
        engine.projects.add("kinds", engine.accounts.local())
        yield engine


@pytest.fixture(scope="module")
def new_image(
    engine: Engine, cones: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Image]:
    """Adds a picture of cones that is read, called so, with the six of them as a model would suggest them."""
    place = tmp_path_factory.mktemp("pictures")

    def make(name: str, seed: int = 0) -> Image:
        made, path, account = cones(60, 90, seed), place / name, engine.accounts.local()
        assert cv2.imwrite(str(path), made.image)
        new = NewImage(name, engine.blobs.put_file(path), path.stat().st_size, path.suffix)
        image = engine.images.add(1, new, account)
        engine.images.finish(image.id, Reading(90, 60, 2.0, "given"))
        engine.layers.add(
            image.id, write_labels(made.labels, engine.blobs, suggested(np.ones(6, np.float32))), "main", account.id
        )
        return engine.images.image(image.id)

    return make


@pytest.fixture
def done(engine: Engine, tmp_path: Path) -> Callable[..., Mapping[str, Any]]:
    """Does a job as worker and child would, without a guard for files; what came of it."""

    def do(kind: str, params: Mapping[str, Any], image: Image | None = None) -> Mapping[str, Any]:
        number = Queue(engine.database).add(kind, params, 1, 1, image.id if image else None).id
        job: Job = Queue(engine.database).get(number)
        folder, handler = tmp_path / f"job-{number}", handler_of(kind)
        folder.mkdir()
        guard.inside = True
        try:
            order = handler.prepare(engine, job, folder)
            return handler.apply(engine, job, handler.run(type(order).from_line(order.line()), lambda *_: None))
        finally:
            guard.inside = False

    return do
