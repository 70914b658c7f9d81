"""Files that are whole or not there: rights, failures, what a kill leaves."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniaims.atomic import atomic_file, atomic_folder, claims, disk, locks, sweep
from uniaims.errors import InputError, OutputError


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


HOLDING = """
import sys
from pathlib import Path
from uniaims.atomic import atomic_file, atomic_folder
with {kind}(Path(sys.argv[1])) as place:
    (place / "half" if place.is_dir() else place).write_text("half")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=["atomic_file", "atomic_folder"])
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that is writing ``tmp_path / "result.d"`` and does not come to an end."""
    command = [sys.executable, "-c", HOLDING.format(kind=request.param), str(tmp_path / "result.d")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other
        other.kill()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_a_living_program_writes_is_left_alone(tmp_path: Path, writer: subprocess.Popen[str]) -> None:
    before = names(tmp_path)
    assert len(before) == 2
    sweep(tmp_path)
    assert names(tmp_path) == before
    writer.communicate("")
    assert names(tmp_path) == {"result.d"}


def test_what_a_killed_program_wrote_is_swept_and_nothing_else(tmp_path: Path, writer: subprocess.Popen[str]) -> None:
    writer.kill()
    writer.wait()
    kept = {"state.pt", ".notes.partial.txt", ".hidden", ".bashrc.20241101.old", ".a.2024110.partial"}
    for name in kept:
        (tmp_path / name).write_bytes(b"mine")
    assert len(names(tmp_path)) == 2 + len(kept)
    sweep(tmp_path)
    assert names(tmp_path) == kept


def test_the_first_writing_sweeps_too(tmp_path: Path, writer: subprocess.Popen[str]) -> None:
    writer.kill()
    writer.wait()
    with atomic_file(tmp_path / "a.txt") as place:
        place.write_text("whole")
    assert names(tmp_path) == {"a.txt"}


def test_what_an_older_version_left_goes_from_folders_of_the_program(tmp_path: Path) -> None:
    left = [tmp_path / ".dataset.0123abcd.partial.json", tmp_path / ".umlaut ä [1].0123abcd.partial"]
    left[0].touch()
    left[1].mkdir()
    with atomic_file(tmp_path / "a.txt") as place:  # anybody's folder: only what has a claim is surely ours
        place.write_text("whole")
    assert names(tmp_path) == {"a.txt", *(path.name for path in left)}
    sweep(tmp_path)
    assert len(names(tmp_path)) == 3
    sweep(tmp_path, is_ours=True)
    assert names(tmp_path) == {"a.txt"}


def test_what_was_swept_is_not_remembered_for_ever(tmp_path: Path) -> None:
    assert claims.sweep_once.cache_info().maxsize is not None


KILLED_BETWEEN = """
import os, signal, sys
from pathlib import Path
from uniaims.atomic import atomic_folder
with atomic_folder(Path(sys.argv[1])) as place:
    (place / "new").touch()
    rename = Path.replace
    def dying(self, target):
        rename(self, target)
        os.kill(os.getpid(), signal.SIGKILL)
    Path.replace = dying
"""


def test_a_folder_that_was_put_aside_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "a [1]"
    folder.mkdir()
    (folder / "old").touch()
    killed = subprocess.run([sys.executable, "-c", KILLED_BETWEEN, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not folder.exists()
    sweep(tmp_path)
    assert names(tmp_path) == {"a [1]"}
    assert names(folder) == {"old"}


@pytest.mark.parametrize("order", [1, -1])
def test_what_was_put_aside_for_a_folder_that_is_half_written_itself_goes(tmp_path: Path, order: int) -> None:
    outer, inner = ["0123abcd", "4567cdef"][::order]
    for number in (outer, inner):
        (tmp_path / f".uniaims-{number}.claim").write_text(socket.gethostname())
    (tmp_path / f".out.{outer}.partial").mkdir()
    (tmp_path / f"..out.{outer}.partial.{inner}.old").mkdir()
    sweep(tmp_path)
    assert not names(tmp_path)


def test_a_claim_of_another_computer_counts_as_held_for_a_day(tmp_path: Path) -> None:
    claim, half = tmp_path / ".uniaims-0123abcd.claim", tmp_path / ".a.0123abcd.partial.png"
    claim.write_text("another computer")
    half.touch()
    sweep(tmp_path)
    assert half.exists()
    long_ago = time.time() - claims.TRUSTED_SECONDS - 1
    os.utime(claim, (long_ago, long_ago))
    sweep(tmp_path)
    assert not names(tmp_path)


def test_where_there_are_no_locks_files_are_written_and_nothing_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "take_lock", lambda descriptor: "unknown")
    with atomic_file(tmp_path / "a.txt") as place:
        sweep(tmp_path)
        place.write_text("whole")
    assert names(tmp_path) == {"a.txt"}


def test_a_claim_that_is_swept_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[locks.Lock] = ["another's"]
    monkeypatch.setattr(claims, "take_lock", lambda n: answers.pop() if answers else locks.take_lock(n))
    with atomic_file(tmp_path / "a.txt") as place:
        place.write_text("whole")
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_names_as_long_as_they_may_be(tmp_path: Path) -> None:
    for name in ("a" * 251 + ".txt", "ä" * 125 + ".txt"):
        with atomic_file(tmp_path / name) as place:
            place.write_text("whole")
        assert (tmp_path / name).read_text() == "whole"
        with atomic_folder(tmp_path / name[:-4]) as place:
            (place / "x").touch()
        assert (tmp_path / name[:-4] / "x").is_file()


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
