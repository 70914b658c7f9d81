"""Images on several processes, each with its share of the cores.

Processes are spawned, not forked: ONNX Runtime, OpenCV and Polars keep threads that do not survive a fork. Ctrl-C
reaches the first process only; it tells the workers to stop by SIGTERM, which they turn into an exception, so that
they remove what is half written.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import FrameType

from uniaims.formats import guarded as guarded_formats
from uniaims.pipeline.task import Outcome, Task
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.sessions import available_cores

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")

_segmenters: dict[SegmenterSettings, Segmenter] = {}
"""In a worker: the model, loaded once."""
_busy = threading.Event()
"""In a worker: whether it is at an image."""


class _Stopped(BaseException):
    """In a worker: the first process wants it to stop."""


def run_in_processes(tasks: Sequence[Task], workers: int) -> Generator[Outcome, None, None]:
    """Run the tasks on ``workers`` processes; outcomes come as they are finished.

    Where a process dies (killed for memory, say), the images that are left are done one after another, each failure
    then belonging to the image that was at work.
    """
    waiting = list(tasks)
    while waiting:
        finished = set()
        for outcome in _until_broken(waiting, workers):
            finished.add(outcome.name)
            yield outcome
        waiting = [task for task in waiting if task.job.name not in finished]
        if waiting and workers == 1:
            job = waiting.pop(0).job
            message = "the process that analysed it died, most likely for want of memory. Cut the image into parts."
            yield Outcome(job.name, "failed", message, image=job.image, page=job.page)
        workers = 1


def _until_broken(tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:
    """Outcomes of the tasks on one pool, until they are finished or one of its processes dies."""
    count = min(workers, len(tasks))
    with _environment(_threads_each(count)), _pool(count) as pool:
        with _ignoring_interrupts():  # the workers, which are started by the first task, inherit that
            futures = [pool.submit(_run, task) for task in tasks]
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenProcessPool:
                return


def _threads_each(workers: int) -> dict[str, str]:
    return dict.fromkeys(THREAD_VARIABLES, str(max(1, available_cores() // workers)))


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
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are stopped where the block is left early."""
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
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
    guarded_formats.start()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the pool sends it again once a worker is gone: cleaning up goes on
    if _busy.is_set():
        raise _Stopped
    os._exit(1)


def _run(task: Task) -> Outcome:
    """In a worker: one image."""
    _busy.set()
    try:
        wanted = task.settings.segmenter
        if wanted not in _segmenters:
            _segmenters[wanted] = Segmenter.load(settings=wanted)
        return task.run(_segmenters[wanted])
    except _Stopped:
        os._exit(1)
    finally:
        _busy.clear()
