"""Wall time by stage."""

from itertools import count

import pytest

from uniaims.segmenter.stopwatch import Stopwatch


def test_stages_add_up_also_those_that_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    monkeypatch.setattr("time.perf_counter", lambda: float(next(ticks)))
    watch = Stopwatch()
    for _ in range(2):
        with watch("reading"):
            pass
    with pytest.raises(ZeroDivisionError), watch("network"):
        _ = 1 / 0
    assert watch.seconds == {"reading": 2.0, "network": 1.0}
