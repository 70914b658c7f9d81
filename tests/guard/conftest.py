"""Guards that the tests share."""

from collections.abc import Iterator

import pytest

from uniaims.guard import Guard, Limits


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


@pytest.fixture
def strict() -> Iterator[Guard]:
    guard = Guard(Limits(seconds=1.5, memory_bytes=2**30))
    yield guard
    guard.close()
