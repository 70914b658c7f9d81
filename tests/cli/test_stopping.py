"""What is said of a stop, and by whom."""

import pytest
import typer

from uniaims.cli import main
from uniaims.cli.stopping import told_if_stopped


def test_the_innermost_tells_and_only_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ending, told_if_stopped(), told_if_stopped("Start again."):
        raise KeyboardInterrupt(15)
    assert ending.value.exit_code == 143
    assert capsys.readouterr().err == "Error: stopped. Start again.\n"


@pytest.mark.parametrize("number", [(), (0,), (2,)])
def test_a_stop_whose_signal_is_not_told_is_ctrl_c(number: tuple[int, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ending, told_if_stopped():
        raise KeyboardInterrupt(*number)
    assert ending.value.exit_code == 130
    assert capsys.readouterr().err == "Error: stopped.\n"


@pytest.mark.parametrize("error", [ValueError("wrong"), typer.Exit(3)])
def test_other_endings_go_through(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(type(error)) as ending, told_if_stopped():
        raise error
    assert ending.value is error
    assert not capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(2, 130), (15, 143)])
@pytest.mark.parametrize("step", ["make_context", "invoke"])
def test_a_stop_while_the_words_are_read_is_told(
    step: str, number: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt(number)

    monkeypatch.setattr(typer.core.TyperGroup, step, stopped)
    assert main(["models"]) == code
    assert capsys.readouterr().err == "Error: stopped.\n"
