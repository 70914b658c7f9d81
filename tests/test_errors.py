"""Stops that come as other errors."""

from uniaims.errors import ModelError, stop_behind, stop_signal


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
