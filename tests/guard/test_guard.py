"""The guarded child: results as without it, and an error in place of a hang, a crash or a full memory."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from uniaims.errors import ImageError
from uniaims.guard import Guard, Limits


def test_a_call_gives_what_the_function_gives(guard: Guard) -> None:
    values = np.arange(12, dtype=">i2").reshape(3, 4)
    back = guard.call(np.copy, values, about="values")
    assert np.array_equal(back, values)
    assert back.dtype == values.dtype
    back[0, 0] = 7  # it may be written to, as an array of one's own
    assert guard.call(np.asfortranarray, np.ones((5, 6)), about="values").flags.f_contiguous
    assert guard.call(np.zeros, (0, 3), about="values").shape == (0, 3)


def test_paths_start_where_the_caller_is(guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guard.start()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.npy").touch()
    assert guard.call(os.path.exists, "a.npy", about="a.npy")


def test_large_requests_have_more_time() -> None:
    assert Limits(10, 2).terms(3_000_000).seconds == 16
    guard = Guard(Limits(0.3, 3))
    guard.call(abs, -1, about="it")
    with pytest.raises(ImageError, match="took more than"):
        guard.call(time.sleep, 2, about="it")
    guard.call(abs, -1, about="it")
    guard.call(exec, "import time; time.sleep(2)", {"a": bytes(3_000_000)}, about="it")
    guard.close()
