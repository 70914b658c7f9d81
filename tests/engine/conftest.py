"""An open data folder with an image, shared by tests that each take layers of their own."""

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.engine import Engine
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.ingest import write_labels
from uniaims.engine.layers.layer import Layer

_NUMBERS = count()


@pytest.fixture(scope="session")
def engine(tmp_path_factory) -> Iterator[Engine]:
    with Engine.open(tmp_path_factory.mktemp("engine") / "data") as opened:
        opened.projects.add("shared")
        yield opened


@pytest.fixture(scope="session")
def me(engine) -> Author:
    return Author(engine.accounts.local().id, "page")


@pytest.fixture(scope="session")
def new_image(engine) -> Callable[[tuple[int, int]], int]:
    """Adds an image of so many rows and columns: its id."""

    def make(shape: tuple[int, int]) -> int:
        new = NewImage(f"image {next(_NUMBERS)}", f"{next(_NUMBERS):064x}", 1)
        image = engine.images.add(1, new, engine.accounts.local())
        engine.images.finish(image.id, Reading(shape[1], shape[0]))
        return image.id

    return make


@pytest.fixture(scope="session")
def new_layer(engine, new_image) -> Callable[[NDArray[np.uint32]], Layer]:
    """Adds an image with a layer of these labels."""

    def make(labels: NDArray[np.uint32]) -> Layer:
        image_id = new_image(labels.shape)
        return engine.layers.open(engine.layers.add(image_id, write_labels(labels, engine.blobs)))

    return make


@pytest.fixture
def three() -> NDArray[np.uint32]:
    """Labels of three instances over four tiles; the first lies across a border of tiles."""
    labels = np.zeros((700, 1300), np.uint32)
    labels[10:40, 490:540] = 1
    labels[100:130, 100:130] = 2
    labels[105:120, 140:170] = 3
    return labels
