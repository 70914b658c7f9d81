"""A function on many items: one after another in this process, or on several processes at a time.

Processes are spawned, not forked: ONNX Runtime, OpenCV, Numba and Polars keep threads that do not survive a fork.
Ctrl-C reaches the first process only; it tells the others to stop by SIGTERM, which they turn into an exception, so
that they remove what is half written.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol, TypeVar

from uniaims.stopping import handling

Item = TypeVar("Item")
Result = TypeVar("Result")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")
LONGEST_CLEANING_S = 10.0
"""Seconds that a process which is told to stop may take to remove what is half written."""

_busy = threading.Event()
"""In a worker: whether it is at an item."""


class Executor(Protocol):
    """Where a function is run on many items."""

    def results(
        self, function: Callable[[Item], Result], items: Sequence[Item], lost: Callable[[Item], Result]
    ) -> Generator[Result, None, None]:
        """Results of ``function``, as they are finished; close the generator to stop early.

        Args:
            function: what to do with an item; an exception of it is raised here.
            items: the work.
            lost: gives (or raises) what stands for an item at which a process died, killed for memory, say.
        """
        ...


class Serial:
    """One item after another, in this process; nothing is lost that does not end the program itself."""

    def results(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        lost: Callable[[Item], Result],  # noqa: ARG002 nothing is lost here
    ) -> Generator[Result, None, None]:
        """See `Executor.results`."""
        for item in items:
            yield function(item)


@dataclass(frozen=True)
class Processes:
    """Several processes of this machine; function, items and results travel by pickle.

    Attributes:
        count: processes at a time.
        threads_each: threads that libraries may use in each of them; None: its share of the cores.
    """

    count: int
    threads_each: int | None = None

    def results(
        self, function: Callable[[Item], Result], items: Sequence[Item], lost: Callable[[Item], Result]
    ) -> Generator[Result, None, None]:
        """See `Executor.results`.

        Where a process dies, the items that are left are done one at a time, so that it shows which one is to blame.
        """
        waiting, processes = dict(enumerate(items)), self.count
        while waiting:
            for number, result in self._until_one_dies(function, waiting, processes):
                del waiting[number]
                yield result
            if waiting and processes == 1:
                yield lost(waiting.pop(next(iter(waiting))))
            processes = 1

    def _until_one_dies(
        self, function: Callable[[Item], Result], items: dict[int, Item], processes: int
    ) -> Iterator[tuple[int, Result]]:
        """Numbers of items, and their results, from one pool: until all are finished or one of its processes dies."""
        count = min(processes, len(items))
        threads = self.threads_each or max(1, available_cores() // count)
        with _environment(dict.fromkeys(THREAD_VARIABLES, str(threads))), _pool(count) as pool:
            with handling({signal.SIGINT: signal.SIG_IGN}):  # the processes, started by the first item, inherit that
                futures = {pool.submit(_run, function, item): number for number, item in items.items()}
            for future in as_completed(futures):
                try:
                    yield futures[future], future.result()
                except BrokenProcessPool:
                    return


def executor_for(workers: int, threads_each: int | None = None) -> Executor:
    """Where to work with so many workers: with one in this process, else in as many others."""
    return Serial() if workers == 1 else Processes(workers, threads_each)


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


class _Stopped(BaseException):
    """In a worker: the first process wants it to stop."""


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Environment variables for the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _pool(count: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are stopped, and waited for, where the block is left early."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_start)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        left = set(multiprocessing.active_children()) - others
        for process in left:
            process.terminate()
        for process in left:
            process.join(LONGEST_CLEANING_S)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start() -> None:
    signal.signal(signal.SIGTERM, _stop)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the pool sends it again once a worker is gone: cleaning up goes on
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
