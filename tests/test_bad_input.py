"""What goes wrong on users' disks: a clear message, exit code 1, the rest of the batch done, nothing half-written."""

import os
import re
import signal
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile

from uniaims import guard
from uniaims.cli import main
from uniaims.pipeline.plan import OVERVIEW_FILES
from uniaims.pipeline.results import RESULT_FILES
from uniaims.segmenter import Segmenter

Write = Callable[[Path], str]
"""Writes a bad file into the folder and returns its name."""


@pytest.fixture
def folder(slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path) -> Path:
    """A folder with two good images, before and after (by name) what the test adds."""
    (tmp_path / "in").mkdir()
    for name in ("a_good.png", "z_good.png"):
        cv2.imwrite(str(tmp_path / "in" / name), cones(90, 100).image)
    return tmp_path / "in"


def analyse(folder: Path, *more: str) -> int:
    return main(["analyse", str(folder), "--output", str(folder.parent / "out"), "--diameter", "24", *more])


def assert_good_ones_are_done(output: Path, *others: str) -> None:
    """The two good images are whole, ``others`` too, and nothing else is there."""
    expected = {"a_good", "z_good", *others}
    assert {path.name for path in output.iterdir()} == expected | set(OVERVIEW_FILES)
    for name in expected:
        assert {path.name for path in (output / name).iterdir()} == set(RESULT_FILES)


def empty(folder: Path) -> str:
    (folder / "m.png").touch()
    return "m.png"


def truncated_tiff(folder: Path) -> str:
    tifffile.imwrite(folder / "m.tif", np.random.default_rng(0).integers(0, 255, (300, 300), dtype=np.uint8))
    whole = (folder / "m.tif").read_bytes()
    (folder / "m.tif").write_bytes(whole[: len(whole) // 2])
    return "m.tif"


def truncated_png(folder: Path) -> str:
    _, data = cv2.imencode(".png", np.random.default_rng(0).integers(0, 255, (300, 300), dtype=np.uint8))
    (folder / "m.png").write_bytes(data.tobytes()[: len(data) // 2])
    return "m.png"


def renamed_text(folder: Path) -> str:
    (folder / "m.png").write_text("This is a note and no image.\n" * 20, encoding="utf-8")
    return "m.png"


def one_pixel(folder: Path) -> str:
    cv2.imwrite(str(folder / "m.png"), np.full((1, 1), 7, np.uint8))
    return "m.png"


def all_nan(folder: Path) -> str:
    tifffile.imwrite(folder / "m.tif", np.full((40, 50), np.nan, np.float32))
    return "m.tif"


def header_bomb(folder: Path) -> str:
    """A TIFF of a few bytes whose header promises 100,000 x 100,000 pixels."""
    tags = [(256, 4, 1, 100_000), (257, 4, 1, 100_000), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    tags += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 100_000), (279, 4, 1, 100)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    header = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    (folder / "m.tif").write_bytes(header)
    return "m.tif"


def png_header_bomb(folder: Path) -> str:
    _, data = cv2.imencode(".png", np.zeros((4, 4), np.uint8))
    bomb = bytearray(data.tobytes())
    bomb[16:24] = struct.pack(">II", 100_000, 100_000)
    (folder / "m.png").write_bytes(bytes(bomb))
    return "m.png"


BAD = {
    "empty file": (empty, "empty"),
    "truncated TIFF": (truncated_tiff, "cut short|damaged|truncated|less"),
    "truncated PNG": (truncated_png, "cut short|damaged|truncated"),
    "text renamed .png": (renamed_text, "text"),
    "1x1": (one_pixel, "1 x 1"),
    "all NaN": (all_nan, "NaN"),
    "TIFF header bomb": (header_bomb, "100,?000"),
    "PNG header bomb": (png_header_bomb, "100,?000|damaged"),
}


@pytest.mark.parametrize(("write", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_is_explained_and_the_rest_is_done(
    folder: Path, write: Write, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = write(folder)
    assert analyse(folder) == 1
    said = capsys.readouterr()
    assert sum(line.startswith("Error:") for line in said.err.splitlines()) == 1
    assert name in said.err
    assert re.search(message, said.err)
    assert "Traceback" not in said.err
    assert "fault in uniaims" not in said.err
    assert_good_ones_are_done(folder.parent / "out")


def black(folder: Path) -> str:
    cv2.imwrite(str(folder / "m.png"), np.zeros((60, 70), np.uint8))
    return "all pixels have the same value"


def some_nan(folder: Path) -> str:
    values = np.random.default_rng(0).normal(5, 1, (60, 70)).astype(np.float32)
    values[3, 4], values[5, 6], values[7, 8] = np.nan, np.inf, -np.inf
    tifffile.imwrite(folder / "m.tif", values)
    return "NaN or infinite"


@pytest.mark.parametrize("write", [black, some_nan])
def test_an_odd_image_is_analysed_with_a_warning(folder: Path, write: Write) -> None:
    warning = write(folder)
    assert analyse(folder) == 0
    summary = (folder.parent / "out" / "m" / "summary.json").read_text(encoding="utf-8")
    assert warning in summary
    assert_good_ones_are_done(folder.parent / "out", "m")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.png", "nowhere/*.tif"])
def test_missing_input_is_named(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert analyse(folder, str(folder.parent / name)) == 1
    assert "nowhere" in capsys.readouterr().err
    assert_good_ones_are_done(folder.parent / "out")


def test_an_empty_folder_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder.parent / "hollow").mkdir()
    assert analyse(folder, str(folder.parent / "hollow")) == 1
    assert "no image files in this folder" in capsys.readouterr().err


@pytest.mark.parametrize("below", ["out", "deep/out"])
def test_output_below_a_file_is_refused(folder: Path, below: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder.parent / "file").touch()
    code = main(["analyse", str(folder), "--output", str(folder.parent / "file" / below)])
    assert code == 1
    assert "--output" in capsys.readouterr().err
    assert {path.name for path in folder.parent.iterdir()} == {"in", "file"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_without_rights_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder.parent / "out").mkdir(mode=0o500)
    assert analyse(folder) == 1
    assert "--output" in capsys.readouterr().err


def test_a_disk_that_fills_up_leaves_what_is_finished(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk is full from the second image's report on; what fits still gets there."""
    from uniaims.pipeline import analysis

    whole, count = analysis.write_report_files, [0]

    def filling(*arguments: Any) -> None:
        count[0] += 1
        if count[0] > 1:
            raise OSError(28, "No space left on device")
        whole(*arguments)

    monkeypatch.setattr(analysis, "write_report_files", filling)
    assert analyse(folder) == 1
    said = capsys.readouterr().err
    assert "z_good" in said
    assert "No space left on device" in said
    assert "Free space" in said
    assert {path.name for path in (folder.parent / "out").iterdir()} == {"a_good", *OVERVIEW_FILES}


def test_a_disk_that_is_full_at_the_end_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("polars.DataFrame.write_parquet", full)
    assert analyse(folder) == 1
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert not (folder.parent / "out").exists()


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_in_a_batch(
    folder: Path,
    ending: signal.Signals,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    cones: Callable[..., Any],
) -> None:
    """The signal comes while the second image is written: the first stays, and the same command does the rest."""
    cv2.imwrite(str(folder / "m.png"), cones(90, 100, 3).image)
    from uniaims.pipeline import analysis

    whole, count = analysis.write_report_files, [0]

    def interrupted(*arguments: Any) -> None:
        count[0] += 1
        if count[0] == 2:
            signal.raise_signal(ending)
        whole(*arguments)

    before = signal.getsignal(ending)
    monkeypatch.setattr(analysis, "write_report_files", interrupted)
    assert analyse(folder) == code
    assert signal.getsignal(ending) is before
    assert "goes on from here" in capsys.readouterr().err
    names = {path.name for path in (folder.parent / "out").iterdir()}
    assert names == {"a_good", *OVERVIEW_FILES}
    assert analyse(folder) == 0
    assert (
        "a_good.png: 9 particles; looked for particles of about 24 px across (done before)" in capsys.readouterr().out
    )
    assert_good_ones_are_done(folder.parent / "out", "m")


def test_a_fault_in_the_model_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def faulty(*_: Any) -> None:
        raise RuntimeError("the session is gone")

    monkeypatch.setattr(Segmenter, "__call__", faulty)
    assert analyse(folder) == 1
    said = capsys.readouterr().err
    assert said.count("RuntimeError: the session is gone") == 2
    assert "report it" in said


@pytest.mark.parametrize("command", ["info", "measure", "evaluate"])
@pytest.mark.parametrize(("name", "code"), [("nowhere.png", 2), ("text.png", 1)])
def test_other_commands_explain_bad_files_too(
    folder: Path, command: str, name: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "text.png").write_text("no image", encoding="utf-8")
    assert main([command, str(folder / name)]) == code
    said = capsys.readouterr().err
    assert name in said
    assert "Traceback" not in said


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_a_file_that_is_no_model_is_refused(
    folder: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()  # so that models are loaded for good
    (folder / "bad.onnx").write_bytes(content)
    assert analyse(folder, "--model", str(folder / "bad.onnx")) == 1
    assert "bad.onnx" in capsys.readouterr().err


class TestReaders:
    """Readers that hang or crash, as a broken C library would; HDF5's stands in for all."""

    @pytest.fixture(autouse=True)
    def fresh_child(self) -> Iterator[None]:
        """A child that has imported nothing yet, and none that outlives the test."""
        guard.cool()
        yield
        guard.cool()

    @pytest.mark.parametrize(
        "broken, message",
        [
            ("import ctypes; ctypes.string_at(0)", r"the process that read it died of it \(SIGSEGV\)"),
            ("while True: pass", "reading it took more than 20 s and was stopped"),
            ("bytes(2**62)", "not enough memory"),
        ],
    )
    def test_a_broken_reader_costs_its_file_alone(
        self, folder: Path, broken: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
    ) -> None:
        library = folder.parent / "library"
        library.mkdir()
        (library / "h5py.py").write_text(broken, encoding="utf-8")
        monkeypatch.syspath_prepend(library)
        monkeypatch.setattr(guard, "Limits", partial(guard.Limits, seconds=20))
        (folder / "m.emd").write_bytes(b"\x89HDF\r\n\x1a\n and more")
        assert analyse(folder) == 1
        assert_good_ones_are_done(folder.parent / "out")
        told = capsys.readouterr()
        assert re.search(message, " ".join((told.out + told.err).split()))
