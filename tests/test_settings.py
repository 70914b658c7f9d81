import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from uniaims.errors import SettingsError
from uniaims.settings import as_table, from_table, json_schema, needed, setting, settings_text, table_text


@dataclass(frozen=True)
class Inner:
    depth: float = 1.0


@dataclass(frozen=True)
class Outer:
    span: tuple[float, float]
    names: tuple[str, ...] = ()
    count: int = 3
    flag: bool = False
    mode: Literal["a", "b"] = "a"
    maybe: tuple[float, float] | None = None
    inner: Inner = field(default_factory=Inner)


def test_numbers_lists_and_tables_become_fields() -> None:
    made = from_table(Outer, {"span": 2, "names": "x", "maybe": [1, 2], "inner": {"depth": 3}, "mode": "b"}, "here")
    assert made == Outer((2.0, 2.0), ("x",), mode="b", maybe=(1.0, 2.0), inner=Inner(3.0))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "here: span not given"),
        ({"span": [1, 2, 3]}, r"here, span is \[1, 2, 3\]: wanted 2 values"),
        ({"span": [2, 1]}, "lower one first"),
        ({"span": "wide"}, "wanted a number"),
        ({"span": True}, "wanted a number"),
        ({"span": 1, "count": 1.5}, "wanted a whole number"),
        ({"span": 1, "flag": 1}, "wanted true or false"),
        ({"span": 1, "mode": "c"}, "wanted one of a, b"),
        ({"span": 1, "inner": 4}, "wanted a table"),
        ({"span": 1, "inner": {"deep": 4}}, "here, inner: 'deep' is not known"),
        ({"span": 1, "cuont": 4}, "mean count"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(table: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        from_table(Outer, table, "here")


@given(
    some.builds(
        Outer,
        span=some.tuples(some.floats(-1e6, 1e6), some.floats(-1e6, 1e6)).map(lambda pair: (min(pair), max(pair))),
        names=some.lists(some.text(some.characters(codec="utf-8", exclude_categories=["C"]), max_size=5)).map(tuple),
        count=some.integers(-9, 9),
        flag=some.booleans(),
        mode=some.sampled_from(["a", "b"]),
        maybe=some.none() | some.just((0.5, 2.0)),
        inner=some.builds(Inner, some.floats(0, 1)),
    )
)
def test_a_dataclass_survives_toml(outer: Outer) -> None:
    assert from_table(Outer, tomllib.loads(table_text(as_table(outer))), "here") == outer


@dataclass(frozen=True)
class Knobs:
    folder: Path = needed("Where to.")
    sides: tuple[int, ...] = setting((1, 2), "Lengths.")
    speed: float | None = setting(None, "How fast.", "--fast")
    mode: Literal["a", "b"] = setting("a", "Which way.")
    inner: Inner = field(default_factory=Inner)


def test_paths_count_from_a_folder_and_come_back_absolute(tmp_path: Path) -> None:
    knobs = from_table(Knobs, {"folder": "here", "sides": 3}, "a file", tmp_path)
    assert knobs == Knobs(tmp_path / "here", (3,))


def test_settings_are_written_with_their_help(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Plain:
        folder: Path = needed("Where to.")
        sides: tuple[int, ...] = setting((1, 2), "Lengths.")

    assert settings_text(Plain(tmp_path)) == f'# Where to.\nfolder = "{tmp_path}"\n\n# Lengths.\nsides = [1, 2]\n'


def test_a_form_can_be_made_from_the_schema() -> None:
    schema = json_schema(Knobs)
    assert schema["required"] == ["folder"]
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "folder": {"type": "string", "description": "Where to."},
        "sides": {"type": "array", "items": {"type": "integer"}, "description": "Lengths.", "default": [1, 2]},
        "speed": {"anyOf": [{"type": "number"}, {"type": "null"}], "description": "How fast.", "default": None},
        "mode": {"enum": ["a", "b"], "description": "Which way.", "default": "a"},
        "inner": {"type": "object", "properties": {}, "additionalProperties": False},
    }
