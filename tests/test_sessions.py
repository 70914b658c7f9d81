"""How many threads the networks have."""

import pytest

from uniaims.sessions import thread_count


@pytest.mark.parametrize(("wanted", "threads"), [("3", 3), ("4,2", 4)])
def test_threads_follow_the_environment(monkeypatch: pytest.MonkeyPatch, wanted: str, threads: int) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert thread_count() == threads


@pytest.mark.parametrize("wanted", ["", "0", "many"])
def test_without_a_number_there_is_a_thread_for_each_core(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 5}, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert thread_count() == 3
