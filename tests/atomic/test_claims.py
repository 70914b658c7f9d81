"""Who is writing: what living programs write stays, what dead ones left goes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniaims.atomic import atomic_file, atomic_folder, claims, locks, sweep

from .conftest import names

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
