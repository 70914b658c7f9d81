"""Blocks of work on threads that wait passively."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numba

Result = TypeVar("Result")


def thread_count(threads: int | None = None) -> int:
    """Return ``threads`` where given, else all cores of this process (``NUMBA_NUM_THREADS`` lowers it)."""
    return int(numba.config.NUMBA_NUM_THREADS) if threads is None else max(1, threads)


def row_blocks(rows: int, threads: int, minimum_rows: int = 64) -> list[tuple[int, int]]:
    """Cut ``range(rows)`` into (start, stop) blocks, about four to a thread, so that late threads find work left."""
    size = rows if threads == 1 else max(minimum_rows, -(-rows // (4 * threads)))
    return [(start, min(start + size, rows)) for start in range(0, rows, max(size, 1))]


def map_blocks(function: Callable[[int, int], Result], blocks: Iterable[tuple[int, int]], threads: int) -> list[Result]:
    """Return ``function(start, stop)`` of every block in the order of the blocks, on up to ``threads`` threads."""
    work = list(blocks)
    if threads == 1 or len(work) < 2:
        return [function(start, stop) for start, stop in work]
    with ThreadPoolExecutor(min(threads, len(work))) as pool:
        return list(pool.map(lambda block: function(*block), work))
