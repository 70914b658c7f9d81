"""The child of a guard."""

import os
import sys

import pytest

from uniaims.guard import Guard


def test_the_child_stays_and_is_another_process(guard: Guard) -> None:
    first = guard.call(os.getpid, about="it")
    assert first == guard.pid
    assert first != os.getpid()
    assert guard.call(os.getpid, about="it") == first


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't refuse memory to a process")
def test_memory_is_refused_above_the_limit(strict: Guard) -> None:
    with pytest.raises(MemoryError):
        strict.call(bytes, 2**31, about="a.tif")
    assert len(strict.call(bytes, 2**20, about="a.tif")) == 2**20


def test_inside_a_child_there_is_no_further_one(guard: Guard) -> None:
    assert guard.call(exec, _CALL_INSIDE, about="it") is None


_CALL_INSIDE = """
import os
from uniaims.guard import guarded
assert guarded(os.getpid, about="it") == os.getpid()
"""
