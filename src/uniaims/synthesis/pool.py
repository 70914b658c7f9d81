"""A function on many items, on several processes.

Processes are spawned, not forked: OpenCV and Numba keep threads that do not survive a fork. Ctrl-C reaches the first
process only; it ends the workers by SIGTERM, which they turn into an exception, so that they remove what is half
written.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from uniaims.errors import OutputError

Item = TypeVar("Item")
Result = TypeVar("Result")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
_LONGEST_CLEANING_S = 10.0
_busy = threading.Event()
"""In a worker: whether it is at work."""


class _Stopped(BaseException):
    """In a worker: the first process wants it to stop."""


def in_processes(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Generator[Result, None, None]:
    """Results of `function` on `items`, as they are finished, from `workers` processes of one thread each.

    Raises:
        OutputError: if a process dies (killed for memory, say).
    """
    if not items:
        return
    with _one_thread_each(), _pool(min(workers, len(items))) as pool:
        with _ignoring_interrupts():  # the workers, which are started by the first item, inherit that
            futures = [pool.submit(_run, function, item) for item in items]
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenProcessPool as error:
                raise OutputError(
                    "a worker process died, most likely for want of memory. What is finished stays: "
                    "go on with fewer --workers."
                ) from error


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Environment variables for the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are stopped where the block is left early."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        left = set(multiprocessing.active_children()) - others
        for process in left:
            process.terminate()
        for process in left:
            process.join(_LONGEST_CLEANING_S)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only there can signals be set
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start() -> None:
    signal.signal(signal.SIGTERM, _stop)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    if _busy.is_set():
        raise _Stopped
    os._exit(1)


def _run(function: Callable[[Item], Result], item: Item) -> Result:
    """In a worker: one item."""
    _busy.set()
    try:
        return function(item)
    except _Stopped:
        os._exit(1)
    finally:
        _busy.clear()
