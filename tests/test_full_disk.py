"""A full disk: one line and exit code 1, nothing lost, and the same command goes to the end when there is space."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.cli import main
from uniaims.dataset import Dataset

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain folder of six noisy images of 120 kB each, and a dataset of it."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("images", "masks"):
        (folder / "plain" / name).mkdir(parents=True)
    for seed in range(6):
        labels = np.zeros((350, 350), np.uint8)
        labels[5:20, 5:20], labels[40:60, 40:60] = 1, 2
        image = np.random.default_rng(seed).integers(0, 255, (350, 350), np.uint8)
        cv2.imwrite(str(folder / "plain" / "images" / f"i{seed}.png"), image)
        cv2.imwrite(str(folder / "plain" / "masks" / f"i{seed}.png"), labels)
    assert main(["dataset", "import", str(folder / "plain"), "--output", str(folder / "set")]) == 0
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 500 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=500k", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can mount a disk; the tests below fail single writes")
    yield place
    subprocess.run(["umount", str(place)], check=True)


COMMANDS: dict[str, Callable[[Path, Path], list[str]]] = {
    "import": lambda p, to: ["dataset", "import", str(p / "plain"), "--output", str(to)],
    "merge": lambda p, to: ["dataset", "merge", str(p / "set"), str(p / "set"), "--output", str(to)],
    "export": lambda p, to: ["dataset", "export", str(p / "set"), "--format", "folder", "--output", str(to)],
    "synthesise": lambda p, to: ["synthesise", "powder", "--count", "2", "--output", str(to)],
}


@pytest.mark.parametrize("name", ["import", "merge", "export"])
def test_a_full_disk_is_told_and_the_command_repeated_with_space(
    pictures: Path, small_disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    command = COMMANDS[name](pictures, small_disk / "out")
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert "a fault in" not in said
    subprocess.run(["mount", "-o", "remount,size=5m", str(small_disk)], check=True)
    assert main(command) == 0
    assert [path for path in small_disk.rglob(".*") if path.name != ".lock"] == []
    if name != "export":
        assert len(Dataset.open(small_disk / "out")) == 6


def test_what_was_imported_before_stays_on_a_full_disk(pictures: Path, small_disk: Path, tmp_path: Path) -> None:
    part = tmp_path / "part"
    for name in ("images", "masks"):
        (part / name).mkdir(parents=True)
        (part / name / "i0.png").write_bytes((pictures / "plain" / name / "i0.png").read_bytes())
    assert main(["dataset", "import", str(part), "--output", str(small_disk / "out")]) == 0
    assert main(COMMANDS["import"](pictures, small_disk / "out")) == 1
    dataset = Dataset.open(small_disk / "out")
    assert "i0" in dataset.image_ids
    assert [len(dataset.instances(name)) for name in dataset.image_ids] == [2] * len(dataset)
    (small_disk / "filling").write_bytes(bytes(os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize))
    assert main(["dataset", "split", str(small_disk / "out"), "--fractions", "1", "0", "0"]) == 1
    assert Dataset.open(small_disk / "out").record("i0").split == ""


LIMITED = """
import resource, sys
from uniaims.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("size", [0, 1_000])
@pytest.mark.parametrize("name", ["import", "export", "synthesise"])
def test_files_that_may_not_grow(pictures: Path, tmp_path: Path, name: str, size: int) -> None:
    command = [sys.executable, "-c", LIMITED, str(size), *COMMANDS[name](pictures, tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "File too large" in done.stderr
    assert "a fault in" not in done.stderr
    assert [path for path in tmp_path.rglob(".*.partial*") if size] == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_each_write_of_an_import_may_fail(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    real, left = os.fsync, [0]

    def failing(descriptor: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    command, codes = COMMANDS["import"](pictures, tmp_path / "out"), []
    for fails_at in range(1, 40, 3):
        left[0] = fails_at
        codes.append(main(command))
        said = capsys.readouterr().err
        assert "a fault in" not in said
        assert codes[-1] == 0 or os.strerror(number) in said
    assert codes[0] == 1
    assert codes[-1] == 0
    assert len(Dataset.open(tmp_path / "out")) == 6
    assert [path for path in tmp_path.rglob(".*") if path.name != ".lock"] == []


def test_the_state_of_a_training_on_a_full_disk(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from uniaims.atomic import atomic_file
    from uniaims.errors import OutputError

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / "training.pt"
    path.write_bytes(b"the state before")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        with (
            pytest.raises(OutputError, match="File too large"),
            atomic_file(path) as temporary,
            temporary.open("wb") as stream,
        ):
            torch.save({"weights": torch.zeros(1000, 500)}, stream)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"the state before"
    assert [each.name for each in tmp_path.iterdir()] == ["training.pt"]
