"""Flags are made from settings classes, and settings from flags."""

import inspect
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
import typer
from typer.testing import CliRunner

from uniaims.cli import main
from uniaims.cli.flags import plain_command, settings_from, settings_of, with_flags
from uniaims.errors import SettingsError


def knob(default: Any, **more: str) -> Any:
    return field(default=default, metadata={"help": "Some help."} | more)


@dataclass(frozen=True)
class Inner:
    steps: int = knob(3)
    hidden: int = 1


@dataclass(frozen=True)
class Outer:
    data: tuple[Path, ...] = field(metadata={"help": "Folders."})
    kind: Literal["one", "two"] = knob("one")
    size: float | None = knob(None, flag="--how-large")
    fast: bool = knob(True)
    widths: tuple[int, ...] = knob((1, 2))
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


@pytest.mark.parametrize("wrong", [["--kind", "three"], ["--steps", "many"], ["--hidden", "2"], ["--size", "1"]])
def test_wrong_use_has_exit_code_2(app: typer.Typer, wrong: list[str]) -> None:
    assert CliRunner().invoke(app, ["word", "--data", "x", *wrong]).exit_code == 2


def test_required_fields_are_required(app: typer.Typer) -> None:
    assert CliRunner().invoke(app, ["word"]).exit_code == 2


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(SettingsError, match="commas"):
        settings_of(Outer, {"data": [], "widths": "4;5"})


def test_a_plain_command_has_only_its_own_parameters() -> None:
    assert list(inspect.signature(plain_command(command)).parameters) == ["word"]


@pytest.mark.parametrize("name", ["analyse", "measure", "train", "scale", "synthesise"])
def test_help_speaks_no_python(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert not [word for word in ("Any", "list[", "Path]", "None") if word in said]
