"""The command that makes samples, as a user types it."""

import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.cli import main
from uniaims.dataset import open_samples
from uniaims.labels import write_labels
from uniaims.synthesis import RECIPES


@pytest.fixture
def teachers(tmp_path: Path) -> Path:
    """A dataset of two images with round bodies."""
    folder = tmp_path / "teachers"
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        labels = np.zeros((160, 160), np.int32)
        for number in range(9):
            centre = (30 + 50 * (number % 3), 30 + 50 * (number // 3))
            cv2.circle(labels, centre, int(rng.integers(9, 14)), number + 1, -1)
        image = np.where(labels > 0, 170, 50) + rng.normal(0, 5, labels.shape)
        cv2.imwrite(str(folder / "images" / f"{name}.png"), image.astype(np.uint8))
        write_labels(folder / "masks" / f"{name}.tif", labels)
    return folder


def made(folder: Path) -> list[str]:
    return [file.stem for file in open_samples(folder)]


def test_the_list_is_names_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synthesise", "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == list(RECIPES)


def test_recipes_are_mixed_and_the_end_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["synthesise", "tem-rods", "rods", "--count", "3", "--size", "64x80", "--output", str(tmp_path / "out")]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "3 samples made" in told
    assert "instances" in told
    assert made(tmp_path / "out") == ["rods-000000", "tem-rods-000000", "tem-rods-000001"]
    assert main(command) == 0
    assert "0 samples made, 3 there before" in capsys.readouterr().out


def test_a_file_is_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n[scene]\nkind = "heap"\n', encoding="utf-8")
    out = tmp_path / "out"
    assert main(["synthesise", str(path), "--count", "1", "--size", "64", "--output", str(out)]) == 0
    assert made(out) == ["mine-000000"]


def test_all_is_every_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: RECIPES[name] for name in ("rods", "powder")}
    monkeypatch.setattr("uniaims.synthesis.RECIPES", few)
    out = tmp_path / "out"
    assert main(["synthesise", "all", "--count", "2", "--size", "64", "--output", str(out)]) == 0
    assert made(out) == ["powder-000000", "rods-000000"]


def test_like_a_dataset(teachers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["synthesise", "--like", str(teachers), "--count", "2", "--size", "128", "--output", str(out)]) == 0
    assert made(out) == ["like-01-000000", "like-02-000000"]
    sample = open_samples(out)[0].read()
    assert sample.micrograph.gray()[sample.labels > 0].mean() > sample.micrograph.gray()[sample.labels == 0].mean() + 60


@pytest.mark.parametrize("labelled", [True, False])
def test_in_the_style_of_an_image(labelled: bool, teachers: Path, tmp_path: Path) -> None:
    image = teachers / "images" / "a.png"
    if not labelled:
        image = image.rename(tmp_path / "a.png")
    out = tmp_path / "out"
    command = ["synthesise", "crystals", "--style", str(image), "--count", "1", "--size", "128", "--output", str(out)]
    assert main(command) == 0
    assert made(out) == ["crystals-style1-000000"]
    pixels = open_samples(out)[0].read().micrograph.gray()
    assert np.percentile(pixels, 5) == pytest.approx(45, abs=15)


def test_a_mask_of_another_size_is_refused(teachers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_labels(teachers / "masks" / "a.tif", np.ones((10, 10), np.uint32))
    image = str(teachers / "images" / "a.png")
    assert main(["synthesise", "rods", "--style", image, "--output", str(tmp_path / "out")]) == 2
    assert "wanted the same size" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rods"], "no --output"),
        (["--output", "out"], "no recipe"),
        (["powdr", "--output", "out"], "Did you mean powder?"),
        (["rods", "--size", "big", "--output", "out"], "'big'"),
        (["rods", "--count", "0", "--output", "out"], "at least 1 sample"),
        (["missing.toml", "--output", "out"], "missing.toml: not a readable recipe"),
    ],
)
def test_wrong_commands_are_explained(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["synthesise", *arguments]) in {1, 2}
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_is_told_once_with_the_code_of_its_signal(
    number: signal.Signals,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped(_order: object) -> str:
        os.kill(os.getpid(), number)
        time.sleep(5)
        return ""

    monkeypatch.setattr("uniaims.synthesis.production.make", stopped)
    assert main(["synthesise", "rods", "--output", str(tmp_path / "out")]) == code
    said = capsys.readouterr()
    assert said.err == "Error: stopped. What is finished stays; the same command goes on from here.\n"
    assert "0 samples made" in said.out


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int]] = []
    from contextlib import contextmanager
    from typing import Any

    @contextmanager
    def bars() -> Any:
        yield lambda *what: told.append(what)

    monkeypatch.setattr("uniaims.cli.synthesis.progress_bars", bars)
    assert main(["synthesise", "rods", "--count", "2", "--size", "64", "--output", str(tmp_path / "out")]) == 0
    assert told == [("samples", 0, 2), ("samples", 1, 2), ("samples", 2, 2)]
