"""The commands as a user types them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars
import pytest

from uniaims.cli import main
from uniaims.labels import write_labels
from uniaims.pipeline.results import RESULT_FILES
from uniaims.segmenter import Segmenter


@pytest.fixture
def image(slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path) -> Path:
    path = tmp_path / "image.png"
    cv2.imwrite(str(path), cones(100, 120).image)
    return path


def test_analyse_writes_everything(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    code = main(["analyse", str(image), "--output", str(output), "--pixel-size", "2.5 nm", "--diameter", "24"])
    assert code == 0
    assert {path.name for path in (output / "image").iterdir()} == set(RESULT_FILES)
    assert (output / "index.html").is_file()
    assert (output / "measurements.parquet").is_file()
    summary = json.loads((output / "image" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["pixel_size_nm"], summary["settings"]["segmenter"]["diameter_px"]) == (2.5, 24.0)
    said = capsys.readouterr().out
    assert (
        f"image.png: {summary['instance_count']} particles; looked for particles of about 24 px (60.0\u00a0nm)" in said
    )
    assert str(output / "index.html") in said


def test_analyse_again_says_what_was_done_before(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["analyse", str(image), "--output", str(tmp_path / "out")]
    assert [main(command), main(command)] == [0, 0]
    assert "done before" in capsys.readouterr().out
    assert main([*command, "--overwrite"]) == 0
    assert "analysed again: you asked to" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        ["analyse"],
        ["analyse", "*.png"],
        ["analyse", "*.png", "--output", "out", "--workers", "0"],
        ["analyse", "*.png", "--output", "out", "--device", "abacus"],
        ["analyse", "*.png", "--output", "out", "--diameter", "wide"],
        ["analyse", "*.png", "--output", "out", "--nonsense"],
        ["nonsense"],
        ["train", "--output", "run"],
        ["evaluate"],
    ],
    ids=" ".join,
)
def test_wrong_use_has_exit_code_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(wrong) == 2
    assert "uniaims" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--pixel-size", "large"], "pixel size"),
        (["--diameter", "-3"], "diameter"),
        (["--tile-px", "10"], "twice"),
    ],
)
def test_values_that_cannot_be_used_are_explained(
    image: Path, tmp_path: Path, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyse", str(image), "--output", str(tmp_path / "out"), *flags]) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_model_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["analyse", "a.png", "b.png", "--output", str(tmp_path / "out"), "--model", "nonesuch"])
    assert code == 2
    assert capsys.readouterr().err.count("nonesuch") == 1


def test_a_missing_image_is_wrong_use_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing, output = str(tmp_path / "missing.png"), str(tmp_path / "out")
    assert main(["analyse", missing, "--output", output]) == 2
    assert main(["analyse", str(tmp_path / "*.gif"), "--output", output]) == 2
    assert capsys.readouterr().err.count(missing) == 1
    assert not (tmp_path / "out").exists()


def test_an_image_that_fails_is_named_once_and_the_others_are_done(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")
    inputs = [str(image), str(tmp_path / "bad.png"), str(tmp_path / "missing.png")]
    assert main(["analyse", *inputs, "--output", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert [said.err.count(name) for name in ("bad.png", "missing.png")] == [1, 1]
    assert "1 analysed, 2 failed" in said.out
    assert (tmp_path / "out" / "image" / "report.html").is_file()


def test_a_failure_whose_message_names_no_image_is_named(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def greedy(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(Segmenter, "__call__", greedy)
    assert main(["analyse", str(image), "--output", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith(f"Error: {image}: there is not enough memory")


def test_images_of_one_stem_are_told_apart(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "image.bmp"), cv2.imread(str(image)))
    assert main(["analyse", str(image), str(tmp_path / "image.bmp"), "--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "image.png: " in said
    assert "image.bmp: " in said
    assert "per image" in said or "images a second" in said


def test_ctrl_c_has_its_exit_code(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Segmenter, "__call__", interrupted)
    assert main(["analyse", str(image), "--output", str(tmp_path / "out")]) == 130
    assert "stopped" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr("uniaims.cli.commands.settings_of", interrupted)
    assert main(["analyse", str(image), "--output", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err == "Error: stopped.\n"


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.5])
def test_ctrl_c_in_the_first_seconds_is_one_line(sample_image: Path, tmp_path: Path, seconds: float) -> None:
    code = (
        "import os, signal, sys, threading; from uniaims.cli import main; "
        f"threading.Timer({seconds}, lambda: os.kill(os.getpid(), signal.SIGINT)).start(); "
        f"sys.exit(main(['analyse', {str(sample_image)!r}, '--output', {str(tmp_path / 'out')!r}]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 130, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.count("Error: stopped") == 1


def test_measure_prints_csv(cones: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = cones(80, 90)
    write_labels(tmp_path / "labels.tif", truth.labels)
    assert main(["measure", str(tmp_path / "labels.tif"), "--pixel-size", "2 nm"]) == 0
    table = polars.read_csv(capsys.readouterr().out.encode())
    assert table["area_nm2"].to_list() == [4.0 * area for area in np.bincount(truth.labels.ravel())[1:]]


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_measure_writes_a_table(cones: Callable[..., Any], tmp_path: Path, name: str) -> None:
    truth = cones(80, 90)
    write_labels(tmp_path / "labels.tif", truth.labels)
    assert main(["measure", str(tmp_path / "labels.tif"), "--output", str(tmp_path / name)]) == 0
    read = polars.read_csv if name.endswith("csv") else polars.read_parquet
    assert read(tmp_path / name).height == truth.labels.max()


def test_measure_with_an_image_writes_a_report(cones: Callable[..., Any], tmp_path: Path) -> None:
    truth = cones(80, 90)
    write_labels(tmp_path / "labels.tif", truth.labels)
    cv2.imwrite(str(tmp_path / "image.png"), truth.image)
    arguments = [
        str(tmp_path / "labels.tif"),
        "--image",
        str(tmp_path / "image.png"),
        "--output",
        str(tmp_path / "out"),
    ]
    assert main(["measure", *arguments]) == 0
    table = polars.read_csv(tmp_path / "out" / "measurements.csv")
    assert "mean_intensity" in table.columns
    assert (tmp_path / "out" / "report.html").is_file()


def test_info_says_what_a_file_holds(sample_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(sample_image)]) == 0
    said = capsys.readouterr().out
    assert "1280 x 960 px" in said
    assert "metadata" in said
    assert main(["info", str(sample_image), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["shape"] == [960, 1280]
    assert facts["pixel_size_source"] == "metadata"
    assert facts["acquisition"]["voltage_kv"] > 0


def test_info_without_a_pixel_size_says_how_to_find_it(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(image)]) == 0
    assert f"`uniaims scale {image}` reads the scale bar" in capsys.readouterr().out


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert "general" in capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    (general,) = [model for model in json.loads(capsys.readouterr().out) if model["name"] == "general"]
    assert len(general["hash"]) == 64
    assert Path(general["path"]).is_file()


def test_evaluate_prints_figures(
    slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = cones(100, 120)
    for folder, array in (("images", truth.image), ("masks", truth.labels.astype(np.uint16))):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "a.png"), array)
    assert main(["evaluate", str(tmp_path), "--diameter", "24"]) == 0
    said = capsys.readouterr().out
    assert "1.000" in said
    assert "1 image, " in said
    assert main(["evaluate", str(tmp_path), "--diameter", "24", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["images"]["a"]["ap50"] == figures["mean"]["ap50"] == 1.0
    assert figures["model"] == "slope"


def test_train_hands_its_flags_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = pytest.importorskip("uniaims.training.trainer")
    seen: list[Any] = []

    def train(settings: Any, progress: Any) -> Any:
        seen.append(settings)
        return trainer.TrainedModel(tmp_path / "a.safetensors", tmp_path / "a.onnx", 7, 1.0)

    monkeypatch.setattr(trainer, "train", train)
    arguments = [
        "--data",
        "one",
        "two",
        "--output",
        str(tmp_path),
        "--steps",
        "7",
        "--widths",
        "8,16",
        "--depths",
        "1,1",
    ]
    assert main(["train", *arguments]) == 0
    assert seen[0].data == (Path("one"), Path("two"))
    assert (seen[0].steps, seen[0].widths, seen[0].encoder) == (7, (8, 16), "unet")
    assert "7 steps" in capsys.readouterr().out


def test_sample_copies_the_sample(tmp_path: Path, sample_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", str(tmp_path)]) == 0
    assert (tmp_path / "powder.tif").read_bytes() == sample_image.read_bytes()
    assert main(["sample", str(tmp_path / "powder.tif")]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main(["sample", str(tmp_path / "powder.tif"), "--overwrite"]) == 0


def test_lengths_in_pixels_are_said(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", str(image), "--output", str(tmp_path / "out"), "--diameter", "24"]) == 0
    said = capsys.readouterr()
    assert "no pixel size for 1 of 1 (image.png)" in said.err


def test_measuring_into_a_folder_leaves_what_is_there(tmp_path: Path) -> None:
    labels = np.zeros((32, 32), np.uint8)
    labels[8:20, 8:20] = 1
    cv2.imwrite(str(tmp_path / "labels.png"), labels)
    (tmp_path / "thesis.txt").write_text("precious")
    assert main(["measure", str(tmp_path / "labels.png"), "--output", str(tmp_path)]) == 0
    assert (tmp_path / "thesis.txt").read_text() == "precious"
    assert (tmp_path / "labels.png").exists()
    assert (tmp_path / "measurements.csv").exists()


def test_an_output_is_asked_for_at_once(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", str(image)]) == 2
    assert "--output DIR" in capsys.readouterr().err


def test_a_pixel_size_that_contradicts_the_file_is_told(
    slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import tifffile

    per_cm = (1e7 / 100.0,) * 2
    tifffile.imwrite(tmp_path / "a.tif", cones(90, 100).image, resolution=per_cm, resolutionunit="CENTIMETER")
    command = ["analyse", str(tmp_path / "a.tif"), "--output", str(tmp_path / "out"), "--diameter", "24"]
    assert main([*command, "--pixel-size", "2 nm"]) == 0
    assert "a.tif: The pixel size that was given, 2 nm, is used; the file says 100 nm" in capsys.readouterr().err
    assert main([*command, "--pixel-size", "2 nm"]) == 0
    assert "the file says 100 nm" in capsys.readouterr().err
    assert main([*command, "--pixel-size", "101 nm", "--overwrite"]) == 0
    assert "is used" not in capsys.readouterr().err


def test_different_ways_in_one_folder_are_told(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], cones: Callable[..., Any]
) -> None:
    cv2.imwrite(str(tmp_path / "other.png"), cones(90, 100).image)
    output = ["--output", str(tmp_path / "out"), "--diameter"]
    assert main(["analyse", str(image), *output, "24"]) == 0
    assert "different ways" not in capsys.readouterr().err
    assert main(["analyse", str(tmp_path / "other.png"), *output, "30"]) == 2
    assert "Object diameter: 24 px there, 30 px now" in capsys.readouterr().err
    assert main(["analyse", str(tmp_path / "other.png"), *output, "30", "--overwrite"]) == 0
    assert "analysed in different ways (Object diameter)" in capsys.readouterr().err


def test_all_pages_from_the_command_line(
    slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import tifffile

    stack = np.stack([cones(70, 80, seed).image for seed in range(2)])
    tifffile.imwrite(tmp_path / "s.tif", stack, photometric="minisblack")
    output = ["--output", str(tmp_path / "out"), "--diameter", "24"]
    assert main(["analyse", str(tmp_path / "s.tif"), *output, "--page", "all"]) == 0
    said = capsys.readouterr().out
    assert "s.tif, page 0: " in said
    assert "s.tif, page 1: " in said
    assert main(["analyse", str(tmp_path / "s.tif"), *output, "--page", "any"]) == 2
    assert "or all" in capsys.readouterr().err
    assert main(["analyse", str(tmp_path / "s.tif"), *output, "--page", "1-1"]) == 0
    assert "s.tif, page 1: " in capsys.readouterr().out


def test_names_never_steer_the_terminal(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, name in enumerate(("\x1b[31mred\n.png", os.fsdecode(b"\xff\xfe.png")), start=1):
        (tmp_path / name).write_bytes(image.read_bytes())
        assert main(["analyse", str(tmp_path / name), "--output", str(tmp_path / "out"), "--diameter", "24"]) == 0
        (tmp_path / name).write_bytes(b"no image")
        assert main(["analyse", str(tmp_path / name), "--output", str(tmp_path / "out"), "--diameter", "24"]) == 1
        assert main(["info", str(tmp_path / name)]) == 1
        (tmp_path / name).write_bytes(image.read_bytes())
        assert main(["info", str(tmp_path / name), "--json"]) == 0
        assert main(["scale", str(tmp_path / name), "--overlay", str(tmp_path / "marked")]) == 0
        assert len(list((tmp_path / "marked").iterdir())) == number
    said = capsys.readouterr()
    for text in (said.out, said.err):
        text.encode()
        assert not {character for character in text if not character.isprintable()} - {"\n", "\u00a0", "\u202f"}
    assert all(line.startswith(("Error: ", "Note: ", "Images: ")) for line in said.err.splitlines())


def test_a_terminal_without_our_signs_is_no_fault(sample_image: Path) -> None:
    code = f"import sys; from uniaims.cli import main; sys.exit(main(['info', {str(sample_image)!r}]))"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=environment, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"?m" in ended.stdout
