"""Flags are made from settings classes, and settings from flags."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
import typer
from typer.testing import CliRunner

from uniaims.cli import main
from uniaims.cli.flags import settings_from, settings_of, with_flags
from uniaims.errors import SettingsError
from uniaims.settings import needed, setting


@dataclass(frozen=True)
class Inner:
    steps: int = setting(3, "Some help.")
    hidden: int = 1
    told: int = setting(1, "In files and reports alone.", None)


@dataclass(frozen=True)
class Outer:
    data: tuple[Path, ...] = needed("Folders.")
    kind: Literal["one", "two"] = setting("one", "Some help.")
    size: float | None = setting(None, "Some help.", "--how-large")
    fast: bool = setting(True, "Some help.")
    widths: tuple[int, ...] = setting((1, 2), "Some help.")
    inner: Inner = field(default_factory=Inner)


SEEN: list[Outer] = []


@settings_from("outer_settings.Outer")
def command(word: str, **flags: Any) -> None:
    """Do something."""
    SEEN.append(settings_of(Outer, flags))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setattr("uniaims.cli.flags.import_module", lambda _: SimpleNamespace(Outer=Outer))
    program = typer.Typer()
    program.command()(with_flags(command))
    return program


def run(app: typer.Typer, *arguments: str) -> Outer:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return SEEN[-1]


def test_defaults_are_those_of_the_class(app: typer.Typer) -> None:
    assert run(app, "word", "--data", "x") == Outer((Path("x"),))


def test_every_flag_arrives(app: typer.Typer) -> None:
    given = run(
        app, "word", "--data", "x", "--data", "y", "--kind", "two", "--how-large", "2.5", "--no-fast",
        "--widths", "4,5, 6", "--steps", "9",
    )  # fmt: skip
    assert given == Outer((Path("x"), Path("y")), "two", 2.5, False, (4, 5, 6), Inner(9))
    assert type(given.kind) is str


@pytest.mark.parametrize("wrong", ["--kind three", "--steps many", "--hidden 2", "--told 2", "--size 1"])
def test_wrong_use_has_exit_code_2(app: typer.Typer, wrong: str) -> None:
    assert CliRunner().invoke(app, ["word", "--data", "x", *wrong.split()]).exit_code == 2


def test_required_fields_are_required(app: typer.Typer) -> None:
    assert CliRunner().invoke(app, ["word"]).exit_code == 2


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(SettingsError, match="commas"):
        settings_of(Outer, {"data": [], "widths": "4;5"})


@pytest.mark.parametrize("name", ["analyse", "measure", "train", "scale", "synthesise"])
def test_help_speaks_no_python(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert not [word for word in ("Any", "list[", "Path]", "None") if word in said]
