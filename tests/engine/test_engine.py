"""A data folder is open in one program at a time, and keeps what was put into it."""

import os
import socket
from pathlib import Path

import pytest

from uniaims.engine import Engine
from uniaims.errors import DataFolderError, NotFoundError, OutputError


def test_a_folder_is_made_kept_and_opened_again(tmp_path):
    folder = tmp_path / "lab" / "data"
    with Engine.open(folder) as engine:
        engine.projects.add("steel")
        account = engine.accounts.local()
        assert account.is_administrator
        assert engine.accounts.local() == account
    with Engine.open(folder, create=False) as engine:
        assert engine.projects.named("steel").id == 1
        assert engine.accounts.names({account.id}) == {account.id: "local"}


def test_two_programs_do_not_open_it(tmp_path):
    with Engine.open(tmp_path), pytest.raises(DataFolderError, match="another program has this data folder open"):
        Engine.open(tmp_path)
    Engine.open(tmp_path).close()


def test_one_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotFoundError, match="no data folder"):
        Engine.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_a_damaged_one_lets_go_of_its_lock(tmp_path):
    (tmp_path / "engine.db").write_bytes(b"no database at all" * 300)
    for _ in range(2):
        with pytest.raises(DataFolderError, match="damaged"):
            Engine.open(tmp_path)


@pytest.mark.parametrize("part", ["", "blobs"])
def test_one_without_permission_to_write_is_told(tmp_path, monkeypatch, part):
    Engine.open(tmp_path).close()
    (tmp_path / "blobs").mkdir(exist_ok=True)

    def refuse(path, *_):
        if Path(path).parent == tmp_path:
            raise PermissionError(13, "Permission denied")
        return real(path, *_)

    real = os.open
    if part:
        monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != part)
    else:
        monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DataFolderError, match=r"can't be written \(Permission denied\). Are you allowed to"):
        Engine.open(tmp_path)


def test_a_file_in_its_place_is_told(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OutputError):
        Engine.open(tmp_path / "data")


def test_what_a_killed_program_left_half_written_goes_when_it_is_opened(tmp_path):
    (tmp_path / "blobs" / "ab").mkdir(parents=True)
    for folder in (tmp_path / "blobs", tmp_path / "blobs" / "ab"):
        (folder / ".uniaims-0123abcd.claim").write_text(socket.gethostname())
        (folder / ".name.0123abcd.partial").write_text("half")
    Engine.open(tmp_path).close()
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
