"""Memory of a child is watched from outside."""

import os

import pytest

from uniaims.errors import ImageError
from uniaims.guard import Guard, Limits
from uniaims.guard.watch import free_bytes, resident_bytes, resident_bytes_by_ps


def test_memory_that_is_not_refused_is_watched() -> None:
    shared = "import mmap\nmemory = mmap.mmap(-1, 2**31)\nfor i in range(0, 2**31, 4096): memory[i] = 1"
    with pytest.raises(ImageError, match=r"^a\.tif: reading it took more memory than there is for it \(1\.1 GB\)"):
        Guard(Limits(60, memory_bytes=2**30)).call(exec, shared, about="a.tif")


def test_memory_is_seen() -> None:
    held, free = resident_bytes(os.getpid()), free_bytes()
    assert 10**7 < held < 10**11
    assert resident_bytes_by_ps(os.getpid()) == pytest.approx(held, rel=0.2)
    assert 10**8 < free < 10**14
    assert resident_bytes(2**22 + 1) == 0
    assert Limits().terms(0).memory_bytes >= 2**30
