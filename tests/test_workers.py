"""Every executor gives the same results and errors; a dead process costs its item; Ctrl-C lets the others clean up."""

import os
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from uniaims.errors import SettingsError
from uniaims.workers import THREAD_VARIABLES, Executor, Processes, Serial, available_cores, executor_for

EXECUTORS = (Serial(), Processes(1), Processes(2))


def squared(number: int) -> int:
    return number * number


def failing(number: int) -> int:
    raise SettingsError(f"no {number}")


def dying_at_three(number: int) -> int:
    if number == 3:
        os._exit(9)
    return number


def threads(_item: int) -> tuple[str, ...]:
    return tuple(os.environ[name] for name in THREAD_VARIABLES)


def lost(number: int) -> int:
    return -number


def never(number: int) -> int:
    raise AssertionError(number)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_all_items_are_done(executor: Executor) -> None:
    assert sorted(executor.results(squared, range(5), never)) == [0, 1, 4, 9, 16]
    assert list(executor.results(squared, [], never)) == []


@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_error_comes_back(executor: Executor) -> None:
    with closing(executor.results(failing, [1], never)) as results, pytest.raises(SettingsError, match="no 1"):
        list(results)


@pytest.mark.parametrize("executor", EXECUTORS[1:])
def test_a_process_that_dies_costs_its_item_alone(executor: Executor) -> None:
    before = dict(os.environ)
    assert sorted(executor.results(dying_at_three, [1, 2, 3, 4, 5], lost)) == [-3, 1, 2, 4, 5]
    assert dict(os.environ) == before


def test_what_stands_for_a_lost_item_may_be_an_error() -> None:
    with pytest.raises(AssertionError, match="3"):
        list(Processes(1).results(dying_at_three, [3], never))


def test_processes_share_the_cores() -> None:
    def given(executor: Executor) -> set[tuple[str, ...]]:
        return set(executor.results(threads, [1, 2], never))  # type: ignore[arg-type]

    share = str(max(1, available_cores() // 2))
    assert given(Processes(2)) == {(share,) * len(THREAD_VARIABLES)}
    assert given(Processes(2, threads_each=3)) == {("3",) * len(THREAD_VARIABLES)}


def test_one_worker_is_this_process() -> None:
    assert isinstance(executor_for(1), Serial)
    assert executor_for(3, threads_each=1) == Processes(3, 1)


def waiting(folder: Path) -> Path:
    try:
        (folder / "begun").touch()
        time.sleep(60)
    finally:
        (folder / "cleaned").touch()
    return folder


def test_processes_clean_up_after_ctrl_c(tmp_path: Path) -> None:
    def press() -> None:
        while not (tmp_path / "begun").exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    with closing(Processes(1).results(waiting, [tmp_path], Path)) as results, pytest.raises(KeyboardInterrupt):
        next(results)
    assert (tmp_path / "cleaned").exists()
