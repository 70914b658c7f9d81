"""Ctrl-C and SIGTERM: what they become, and that a long work hears of them between two steps."""

import os
import signal
import threading

import pytest

from uniaims.errors import ModelError
from uniaims.stopping import SIGNALS, stop_behind, stop_request, stop_signal, terminating_like_ctrl_c


def test_a_stop_is_found_behind_what_libraries_make_of_it() -> None:
    error, broken = ModelError("can't be run"), ImportError("initialization failed")
    error.__cause__, broken.__context__ = broken, KeyboardInterrupt(15)
    stop = stop_behind(error)
    assert stop is not None
    assert stop_signal(stop) == 15


def test_other_errors_have_no_stop_behind() -> None:
    error = ValueError("wrong")
    error.__cause__ = OSError("disk full")
    assert stop_behind(error) is None
    assert stop_signal(None) == stop_signal(KeyboardInterrupt()) == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted_and_obeyed_where_it_suits(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with stop_request() as stop:
        stop.obey()
        os.kill(os.getpid(), number)
        assert stop.asked
        assert [signal.getsignal(each) for each in SIGNALS] == before  # a second one breaks off at once
        with pytest.raises(KeyboardInterrupt) as raised:
            stop.obey()
    assert stop_signal(raised.value) == number
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_sigterm_arrives_as_a_keyboard_interrupt_that_tells_its_number() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt) as raised, terminating_like_ctrl_c():
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop_signal(raised.value) == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before


def test_other_threads_leave_signals_alone() -> None:
    before, asked = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with stop_request() as stop, terminating_like_ctrl_c():
            asked.append(stop.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert asked == [False]
    assert signal.getsignal(signal.SIGTERM) == before
