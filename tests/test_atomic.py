"""Files that are whole or not there: rights, failures, what a kill leaves."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniaims.atomic import atomic_file, remove_partial
from uniaims.errors import OutputError


@pytest.fixture
def umask() -> Iterator[int]:
    before = os.umask(0o022)
    yield 0o022
    os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_file_has_the_rights_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    with atomic_file(tmp_path / "a.bin") as place:  # as safetensors makes its files
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o600))
    assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o666 & ~umask


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(ValueError, match="broken"), atomic_file(tmp_path / "a.txt") as place:
        place.write_text("half")
        raise ValueError("broken")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "before"


def test_what_writes_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can't be written"), atomic_file(tmp_path / "a.txt"):
        pass
    assert not list(tmp_path.iterdir())


def test_what_a_kill_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / "state.pt") as place:
        left = place.name
        raise KeyboardInterrupt
    (tmp_path / left).write_bytes(b"half")
    for kept in ("state.pt", ".notes.partial.txt", ".hidden"):
        (tmp_path / kept).write_bytes(b"mine")
    remove_partial(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"state.pt", ".notes.partial.txt", ".hidden"}
