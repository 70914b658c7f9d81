from dataclasses import replace
from pathlib import Path

import pytest

from uniaims.errors import SettingsError
from uniaims.training import TrainingSettings
from uniaims.training.settings_file import located, read_settings, settings_from, write_settings


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_read_back(tmp_path):
    settings = TrainingSettings(
        data=(tmp_path / "a", tmp_path / "b"),
        output=tmp_path / "run",
        description='a "quoted" line\nand µ',
        widths=(8, 16),
        depths=(1, 1),
        shares=(1.0, 2.5),
        mixed_precision=False,
        learning_rate=1e-5,
    )
    write_settings(settings, tmp_path / "settings.toml")
    assert read_settings(tmp_path / "settings.toml") == settings


def test_changes_go_before_the_file_and_paths_count_from_it(tmp_path):
    path = write(tmp_path / "s.toml", 'data = ["a"]\noutput = "run"\nsteps = 7\nlearning_rate = 1\n')
    settings = read_settings(path, {"steps": 9})
    assert settings.steps == 9
    assert settings.learning_rate == 1.0
    assert settings.data == (tmp_path / "a",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps = ", "can't be read as TOML"),
        ("stepps = 7", r"'stepps' is not known.*Did you mean steps\?"),
        ("steps = 7.5", "wanted a whole number"),
        ("mixed_precision = 1", "wanted true or false"),
        ("steps = true", "wanted a whole number"),
        ("data = [1]", "wanted a path in quotes"),
        ("learning_rate = nan\ndata = ['a']\noutput = 'b'", "learning_rate = nan: wanted a finite number"),
        ("steps = 7", "--data and --output missing"),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message):
        read_settings(write(tmp_path / "s.toml", text))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="can't be read"):
        read_settings(tmp_path / "none.toml")


def test_missing_output_is_named():
    with pytest.raises(SettingsError, match=r"^--output missing"):
        settings_from({"data": (Path("a"),)})


def test_weights_to_start_from_count_from_the_file_too_unless_they_are_a_name(tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    (folder / "parent").mkdir(parents=True)
    (tmp_path / "general").mkdir()
    path = write(folder / "s.toml", 'data = ["~/a"]\noutput = "run"\ninitial_weights = "parent"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = read_settings(path.relative_to(tmp_path))
    assert settings.initial_weights == str(folder / "parent")
    assert settings.data == (tmp_path / "a",)
    assert located(replace(settings, initial_weights="runs/parent")) == settings
    for name in ("general", "timm/resnet50.a1_in1k", ""):
        assert located(replace(settings, initial_weights=name)).initial_weights == name
