"""A layer of three instances, and somebody who edits it from another page."""

import pytest

from uniaims.engine.layers.editing import Author
from uniaims.engine.layers.layer import Layer


@pytest.fixture
def layer(new_layer, three) -> Layer:
    return new_layer(three)


@pytest.fixture
def other(engine, me) -> Author:
    return Author(me.account_id, "another page")
