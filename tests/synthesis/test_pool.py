import os
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from uniaims.errors import OutputError, SettingsError
from uniaims.synthesis.pool import in_processes


def squared(number: int) -> int:
    return number * number


def failing(number: int) -> int:
    raise SettingsError(f"no {number}")


def dying(number: int) -> int:
    os._exit(3)


def test_all_items_are_done_on_other_processes() -> None:
    assert sorted(in_processes(squared, range(5), 2)) == [0, 1, 4, 9, 16]
    assert list(in_processes(squared, [], 2)) == []


def test_an_error_comes_back() -> None:
    with pytest.raises(SettingsError, match="no 1"):
        list(in_processes(failing, [1], 1))


def test_a_dead_worker_is_told() -> None:
    with pytest.raises(OutputError, match="want of memory"):
        list(in_processes(dying, [1], 1))


def waiting(folder: Path) -> Path:
    try:
        (folder / "begun").touch()
        time.sleep(60)
    finally:
        (folder / "cleaned").touch()
    return folder


def test_workers_clean_up_after_ctrl_c(tmp_path: Path) -> None:
    def press() -> None:
        while not (tmp_path / "begun").exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press, daemon=True)
    presser.start()
    with closing(in_processes(waiting, [tmp_path], 1)) as results, pytest.raises(KeyboardInterrupt):
        next(results)
    assert (tmp_path / "cleaned").exists()
