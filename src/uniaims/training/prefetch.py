"""Batches made ahead of their use by background threads."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

Batch = TypeVar("Batch")

QUEUE_BATCHES = 4
"""Batches that each thread keeps ready."""


def prefetched(make: Callable[[int], Batch], start: int, threads: int) -> Iterator[Batch]:
    """Give ``make(start)``, ``make(start + 1)``, ... without end, in order, whatever the number of threads.

    An error in ``make`` is raised where its batch would have come.
    """
    stop = threading.Event()
    queues: list[queue.Queue[Batch | BaseException]] = [queue.Queue(QUEUE_BATCHES) for _ in range(threads)]
    workers = [
        threading.Thread(target=_fill, args=(make, own, range(start + offset, 2**62, threads), stop), daemon=True)
        for offset, own in enumerate(queues)
    ]
    for worker in workers:
        worker.start()
    try:
        step = 0
        while True:
            batch = queues[step % threads].get()
            if isinstance(batch, BaseException):
                raise batch
            yield batch
            step += 1
    finally:
        stop.set()


def _fill(
    make: Callable[[int], Batch], own: "queue.Queue[Batch | BaseException]", steps: range, stop: threading.Event
) -> None:
    for step in steps:
        try:
            item: Batch | BaseException = make(step)
        except Exception as error:
            item = error
        while not stop.is_set():
            try:
                own.put(item, timeout=1)
                break
            except queue.Full:
                continue
        if stop.is_set():
            return
