import sys

import pytest

from uniaims.cli import main
from uniaims.errors import MissingDependencyError
from uniaims.training.requirements import LIBRARIES, check_libraries, install_command


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_missing_is_named_before_anything_starts(library, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("uniaims.training.requirements.find_spec", lambda name: None if name == library else name)
    with pytest.raises(MissingDependencyError, match=f"^training needs {library}. Install"):
        check_libraries("training")
    assert main(["train", "--data", str(tmp_path), "--output", str(tmp_path / "run")]) == 1
    assert f"training needs {library}" in capsys.readouterr().err


def test_nothing_is_said_where_all_is_there():
    pytest.importorskip("onnxscript")
    check_libraries("training")


CLONE = {"url": "file:///home/me/my%20clone", "dir_info": {"editable": True}}
WHEEL = {"url": "file:///tmp/uniaims-1.0-py3-none-any.whl", "archive_info": {}}
GIT = {"url": "https://example.org/uniaims.git", "vcs_info": {"vcs": "git", "commit_id": "0"}}
PYTHON = f"{sys.executable} -m pip install"


@pytest.mark.parametrize(
    ("origin", "place", "command"),
    [
        ({}, "", f"{PYTHON} 'uniaims[train]'"),
        (CLONE, "", f"{PYTHON} -e '/home/me/my clone[train]'"),
        (WHEEL, "", f"{PYTHON} 'uniaims[train] @ file:///tmp/uniaims-1.0-py3-none-any.whl'"),
        (GIT, "", f"{PYTHON} 'uniaims[train] @ git+https://example.org/uniaims.git'"),
        ({}, "pipx_metadata.json", "pipx install --force 'uniaims[train]'"),
        (CLONE, "uv-receipt.toml", "uv tool install --force -e '/home/me/my clone[train]'"),
    ],
)
def test_the_command_fits_how_it_was_installed(origin, place, command, monkeypatch, tmp_path):
    monkeypatch.setattr("uniaims.training.requirements._origin", lambda: (origin, "pip"))
    if place:
        (tmp_path / place).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert install_command() == command


def test_without_pip_uv_is_named(monkeypatch):
    monkeypatch.setattr("uniaims.training.requirements._origin", lambda: ({}, "uv"))
    monkeypatch.setattr("uniaims.training.requirements.find_spec", lambda _: None)
    assert install_command() == f"uv pip install --python {sys.executable} 'uniaims[train]'"
