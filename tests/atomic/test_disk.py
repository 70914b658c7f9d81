"""When bytes are on the disk, and faults of the disk in words."""

import errno
import os
import sys
from pathlib import Path

import pytest

from uniaims.atomic import atomic_file, atomic_folder, disk
from uniaims.errors import InputError, OutputError

from .conftest import names


def test_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        there = "after" if (tmp_path / "d" / "result").exists() else "before"
        waited.append(f"{there} {Path(f'/proc/self/fd/{descriptor}').readlink().name.split('.')[-1]}")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with atomic_folder(tmp_path / "d" / "result") as place:
        (place / "sub").mkdir()
        (place / "sub" / "x").touch()
    if sys.platform == "linux":
        assert waited[0] == f"before {tmp_path.name}"
        assert set(waited[1:-1]) == {"before x", "before sub", "before partial"}
        assert waited[-1] == "after d"


FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.EROFS, "Read-only file system"),
    OSError("640000 requested and 99744 written"),
    RuntimeError("parquet: underlying IO error: No space left on device (os error 28)"),
]


@pytest.mark.parametrize("error", FULL, ids=str)
@pytest.mark.parametrize("within", [atomic_file, atomic_folder])
def test_every_way_to_say_that_the_disk_is_full_is_told(tmp_path: Path, error: Exception, within: type) -> None:
    with pytest.raises(OutputError, match=r"a\.txt: can't be written \("), within(tmp_path / "a.txt"):
        raise error
    assert not names(tmp_path)


def test_a_full_disk_behind_another_error_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space left"), atomic_file(tmp_path / "a.txt"):
        raise RuntimeError("unexpected pos 576 vs 534") from OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_fails_only_when_it_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OutputError, match="quota"), atomic_file(tmp_path / "a.txt") as place:
        place.write_text("whole")
    assert not names(tmp_path)


def test_a_file_system_that_can_not_wait_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fsync)
    with atomic_file(tmp_path / "a.txt") as place:
        place.write_text("whole")
    assert names(tmp_path) == {"a.txt"}


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOENT, errno.EIO, errno.ENAMETOOLONG])
@pytest.mark.parametrize("behind", [False, True])
def test_what_can_not_be_read_is_told_as_that(tmp_path: Path, number: int, behind: bool) -> None:
    def reading(name: Path) -> None:
        raise OSError(number, os.strerror(number), str(name))

    def read(name: Path) -> None:
        try:
            reading(name)
        except OSError as error:
            raise (RuntimeError("in words") if behind and number != errno.ENOENT else error) from error

    with pytest.raises(InputError, match=r"source\.png: can't be read \("), atomic_folder(tmp_path / "a"):
        read(tmp_path / "source.png")
    for own in (tmp_path / "a" / "b.png", tmp_path, tmp_path / ".a.0123abcd.partial" / "x"):
        with pytest.raises(OutputError, match="a: can't be written"), atomic_folder(tmp_path / "a"):
            read(own)
    full = OSError(errno.ENOSPC, "full", "source.png", None, "target.png")  # as shutil tells it
    with pytest.raises(OutputError, match="can't be written"), atomic_file(tmp_path / "a"):
        raise full


def test_faults_of_the_program_are_none_of_the_disk() -> None:
    assert disk.write_error(Path("a"), ValueError("wrong")) is None
    assert disk.write_error(Path("a"), InputError("wrong")) is None
    assert disk.write_error(Path("a"), OutputError("another program is writing")) is None
