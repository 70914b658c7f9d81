"""What the program shows: bars on a terminal, silence elsewhere, text that is never taken for markup."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from uniaims.cli import console


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 100 columns is sent."""
    sent = io.StringIO()
    monkeypatch.setattr(console, "Console", lambda **_: Console(file=sent, force_terminal=True, width=100))
    return sent


def test_bars_show_images_and_the_stage_at_hand(terminal: io.StringIO) -> None:
    with console.progress_bars() as progress:
        progress("images", 0, 3)
        progress("network", 1, 4)
        progress("training, loss 0.5", 1, 9)
        progress("training, loss 0.4", 2, 9)
        progress("network", 4, 4)
    shown = terminal.getvalue()
    assert "Images" in shown
    assert "0/3" in shown
    assert "Finding objects" in shown or "4/4" in shown


def test_without_a_terminal_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with console.progress_bars() as progress:
        progress("images", 3, 40)
        progress("network", 1, 96)
        monkeypatch.setattr(console, "LINE_SECONDS", 0.0)
        progress("network", 12, 96)
        progress("images", 40, 40)
    assert capsys.readouterr().err.splitlines() == ["Images: 3 of 40. Finding objects: 12 of 96", "Images: 40 of 40."]


@pytest.mark.parametrize("text", ["[red]x[/red]", "a[1].png", "[/]", "C:\\new"])
def test_text_is_not_taken_for_markup(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    console.say(text)
    console.say_error(text)
    console.say_warning(text)
    console.say_facts({"name": text})
    console.say_table(["name"], [[text]])
    said = capsys.readouterr()
    assert said.out.count(text) == 3
    assert said.err.count(text) == 2


def test_long_paths_stay_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("/") / ("folder/" * 40) / "image.png"
    console.say_facts({"image": path})
    assert str(path) in capsys.readouterr().out


def test_errors_are_red_on_a_terminal(terminal: Any) -> None:
    console.say_error("no such file")
    assert "\x1b[1;31mError:" in terminal.getvalue()


@pytest.mark.parametrize(
    ("count", "seconds", "said"),
    [(100, 10.0, "10.0 images a second"), (2, 9.8, "4.9 s per image"), (0, 3.0, ""), (1, 0.0, "")],
)
def test_a_slow_pace_is_told_in_seconds(count: int, seconds: float, said: str) -> None:
    assert console.pace(count, seconds) == said
