"""The styles are many, whole, and split so that what is tested was never trained on."""

from pathlib import Path

import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars.looks import BAR_KINDS
from uniaims.synthesis.scalebars.styles import STYLES, held_out_styles, is_held_out, read_styles, training_styles


def test_there_are_many() -> None:
    assert len(STYLES) >= 60
    assert {style.bar.kind for style in STYLES.values()} == set(BAR_KINDS)
    assert len({style.group for style in STYLES.values()}) >= 20


def test_each_strip_has_one_bar() -> None:
    for style in STYLES.values():
        if style.strip is not None:
            assert sum(column.bar is not None for column in style.strip.columns) == 1, style.name


def test_split_is_whole_and_fixed() -> None:
    assert sorted(training_styles() + held_out_styles()) == sorted(STYLES)
    assert 0.12 < len(held_out_styles()) / len(STYLES) < 0.28
    assert is_held_out("fei table") and not is_held_out("hitachi ruler")


def test_held_out_styles_are_of_many_kinds() -> None:
    groups = {STYLES[name].group for name in held_out_styles()}
    kinds = {STYLES[name].bar.kind for name in held_out_styles()}
    assert len(groups) >= 6 and len(kinds) >= 6
    assert kinds <= {STYLES[name].bar.kind for name in training_styles()}


def test_training_never_shows_a_held_out_strip() -> None:
    for name in training_styles():
        original = STYLES[name].original
        assert original is None or not is_held_out(original), name


def test_a_file_of_styles(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('["mine"]\ngroup = "own"\nbar = { kind = "dots" }\ninks = ["red", [1, 2, 3]]\n', encoding="utf-8")
    style = read_styles(path)["mine"]
    assert (style.name, style.group, style.bar.kind) == ("mine", "own", "dots")
    assert style.inks == ((230, 30, 30), (1, 2, 3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[x", "can't be read as TOML"),
        ('["x"]\nbar = {}', "group"),
        ('["x"]\ngroup = "g"\nbars = 1', "has no bars"),
        ('["x"]\ngroup = "g"\nbar = { kind = "wavy" }', "wavy"),
        ('["x"]\ngroup = "g"\ninks = ["mauve"]', "mauve"),
        ('["x"]\ngroup = "g"\ncorners = ["middle"]', "middle"),
        ('["x"]\ngroup = "g"\nlabel = { places = ["around"] }', "around"),
    ],
)
def test_faults_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        read_styles(path)
