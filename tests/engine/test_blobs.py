"""Blobs are called by what they hold, and are whole or not there."""

import pytest

from uniaims.engine.blobs import FolderBlobs, hash_of
from uniaims.errors import NotFoundError, OutputError


@pytest.fixture
def blobs(tmp_path):
    return FolderBlobs(tmp_path / "blobs")


def test_put_and_get(blobs, tmp_path):
    name = blobs.put(b"some bytes")
    assert name == hash_of(b"some bytes")
    assert blobs.get(name) == b"some bytes"
    assert blobs.put(b"some bytes") == name
    file = tmp_path / "file"
    file.write_bytes(b"other bytes" * 200_000)
    assert blobs.get(blobs.put_file(file)) == file.read_bytes()
    assert blobs.put_file(file) == hash_of(file.read_bytes())
    blobs.put_named({"ab" * 32: b"1", "cd" * 32: b"2"})
    assert blobs.get("cd" * 32) == b"2"
    left = [path.name for path in blobs.folder.rglob("*") if path.is_file()]
    assert len(left) == 4
    assert all(len(name) == 64 for name in left)


def test_what_is_there_is_not_written_again(blobs):
    name = blobs.put(b"x")
    before = blobs.path(name).stat().st_mtime_ns
    blobs.put(b"x")
    assert blobs.path(name).stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "0" * 63 + "/", "0" * 64 + "\n"])
def test_a_name_is_never_taken_for_a_path(blobs, name):
    for use in (blobs.get, blobs.path, blobs.__contains__):
        with pytest.raises(NotFoundError, match="no name of a blob"):
            use(name)


def test_one_that_is_not_there_is_told(blobs):
    with pytest.raises(NotFoundError, match="no such blob"):
        blobs.get("0" * 64)
    assert "0" * 64 not in blobs


def test_nothing_half_written_stays_where_the_disk_is_full(blobs, monkeypatch):
    written = []

    def fill(self, data):
        written.append(self)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        return len(data)

    monkeypatch.setattr("pathlib.Path.write_bytes", fill)
    with pytest.raises(OutputError, match="No space left"):
        blobs.put_named({"ab" * 32: b"1", "cd" * 32: b"2"})
    assert [path for path in blobs.folder.rglob("*") if path.is_file()] == []
