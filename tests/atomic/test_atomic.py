"""Files and folders that are whole or not there."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniaims.atomic import atomic_file, atomic_folder
from uniaims.errors import OutputError

from .conftest import names


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


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder with one file in it."""
    folder = tmp_path / "elsewhere" / "target"
    folder.mkdir(parents=True)
    (folder / "old").write_text("old")
    return folder


@pytest.mark.skipif(os.name == "nt", reason="Windows lets few users make links")
@pytest.mark.parametrize("is_there", [True, False])
def test_links_stay_and_what_they_lead_to_is_replaced(tmp_path: Path, target: Path, is_there: bool) -> None:
    if not is_there:
        (target / "old").unlink()
        target.rmdir()
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "link.txt").symlink_to(tmp_path / "elsewhere" / "a.txt")
    with atomic_folder(tmp_path / "link") as place:
        (place / "new").touch()
    with atomic_file(tmp_path / "link.txt") as place:
        place.write_text("new")
    assert names(target) == {"new"}
    assert names(tmp_path) == {"link", "link.txt", "elsewhere"}
    assert names(tmp_path / "elsewhere") == {"target", "a.txt"}
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "link.txt").is_symlink()


def test_a_mount_point_is_told_before_the_work(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == target)
    with pytest.raises(OutputError, match=r"mounted.*Choose a new folder: .*new"), atomic_folder(target):
        pytest.fail("there was work to be lost")
    assert names(target) == {"old"}


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV])
def test_a_mount_point_that_is_known_only_at_the_end(
    target: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = Path.replace

    def replace(self: Path, to: Path) -> Path:
        if self == target:
            raise OSError(number, os.strerror(number), str(self))
        return real(self, to)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutputError, match="mounted"), atomic_folder(target) as place:
        (place / "new").touch()
    assert names(target) == {"old"}
    assert names(target.parent) == {"target"}


@pytest.mark.parametrize("given", [".", "../target", "..", ""])
def test_the_folder_that_one_is_in_is_not_replaced(target: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.chdir(target)
    with pytest.raises(OutputError, match="that you are in"), atomic_folder(Path(given)):
        pytest.fail("there was work to be lost")
    assert names(target) == {"old"}


def test_what_is_no_folder_and_no_file_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="is no folder"), atomic_folder(tmp_path / "file"):
        pass
    if os.name != "nt":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OutputError, match="pipe or a device"), atomic_file(tmp_path / "pipe"):
            pass
        assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "file").read_text() == "mine"
