"""Blocks of rows on threads."""

import threading

import pytest

from uniaims._kernels.threads import map_blocks, row_blocks, thread_count


@pytest.mark.parametrize(
    ("rows", "threads", "minimum"), [(0, 2, 64), (1, 4, 64), (1000, 3, 64), (64, 8, 1), (77, 1, 64)]
)
def test_blocks_are_all_rows_once(rows: int, threads: int, minimum: int) -> None:
    blocks = row_blocks(rows, threads, minimum)
    assert [row for start, stop in blocks for row in range(start, stop)] == list(range(rows))
    assert all(stop - start >= minimum for start, stop in blocks[:-1]) or threads == 1


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_blocks(threads: int) -> None:
    names = set[str]()

    def work(start: int, stop: int) -> tuple[int, int]:
        names.add(threading.current_thread().name)
        return start, stop

    blocks = [(i, i + 1) for i in range(20)]
    assert map_blocks(work, blocks, threads) == blocks
    assert (threading.current_thread().name in names) == (threads == 1)


def test_there_is_always_a_thread() -> None:
    assert thread_count(0) == 1
    assert thread_count(5) == 5
    assert thread_count() >= 1
