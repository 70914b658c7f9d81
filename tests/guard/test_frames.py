"""What goes between a guard and its child."""

import warnings

import pytest

from uniaims.errors import SettingsError
from uniaims.guard import Guard


def test_exceptions_come_back(guard: Guard) -> None:
    with pytest.raises(SettingsError, match=r"^no good$"):
        guard.call(exec, "from uniaims.errors import SettingsError\nraise SettingsError('no good')", about="it")
    with pytest.raises(ZeroDivisionError) as caught:
        guard.call(divmod, 1, 0, about="it")
    assert "in _answer" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="Odd: lambda"):  # that no pickle takes
        guard.call(exec, "class Odd(Exception): pass\nraise Odd('lambda')", about="it")
    with pytest.raises(Exception, match="pickle"):  # nor this result
        guard.call(eval, "lambda: 0", about="it")
    assert guard.call(abs, -1, about="it") == 1


def test_warnings_come_back_and_prints_do_not_disturb(guard: Guard) -> None:
    with pytest.warns(UserWarning, match="look out"):
        guard.call(warnings.warn, "look out", about="it")
    guard.call(exec, "import os; print('x'); os.write(1, b'y' * 9999)", about="it")
    assert guard.call(abs, -1, about="it") == 1
