"""The line that is told while loops are compiled."""

from concurrent.futures import ThreadPoolExecutor

import numba
import pytest

from uniaims.cli import compiling
from uniaims.cli.compiling import NOTE, compiling_told


@pytest.fixture(autouse=True)
def _untold() -> None:
    compiling._tell.cache_clear()


def test_compiling_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (numba.njit(lambda x, step=step: x + step) for step in (1, 2))
    with compiling_told():
        assert (first(1), second(1), first(2)) == (2, 3, 3)
    more = [numba.njit(lambda x, step=step: x - step) for step in (1, 2)]
    with compiling_told(), ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda function: function(3), more)) == [2, 1]
    said = capsys.readouterr()
    assert said.err.count(NOTE) == 1
    assert said.out == ""


def test_what_is_compiled_is_not_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    compiled = numba.njit(lambda x: x + 1)
    compiled(1)
    with compiling_told():
        assert compiled(2) == 3
    assert capsys.readouterr().err == ""
