"""``uniaims dataset``: what each command does, prints and returns."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from uniaims.cli import main
from uniaims.dataset import Dataset
from uniaims.dataset.exchange import FORMATS


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A folder of eight images and masks."""
    folder = tmp_path / "plain"
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for seed in range(8):
        labels = np.zeros((40, 50), np.uint8)
        for number in range(seed + 1):
            labels[2 + 5 * (number // 8) :, :][:3, 2 + 5 * (number % 8) :][:, :3] = number + 1
        image = cv2.resize(np.random.default_rng(seed).integers(0, 255, (8, 10), np.uint8), (50, 40))
        cv2.imwrite(str(folder / "images" / f"i{seed}.png"), image)
        cv2.imwrite(str(folder / "masks" / f"i{seed}.png"), labels)
    return folder


@pytest.fixture
def folder(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The folder as a dataset."""
    target = tmp_path / "set"
    assert main(["dataset", "import", str(plain), "--output", str(target), "--set", "modality=SEM"]) == 0
    capsys.readouterr()
    return target


def run(*arguments: Any) -> int:
    return main(["dataset", *map(str, arguments)])


def test_import_says_what_it_did(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("import", plain, "--output", tmp_path / "set", "--set", "pixel_size_nm=2.5", "--set", "synthetic=true")
    assert run(*command) == 0
    assert "8 added" in capsys.readouterr().out
    record = Dataset.open(tmp_path / "set").record("i3")
    assert (record.pixel_size_nm, record.pixel_size_source, record.synthetic) == (2.5, "given", True)
    assert run(*command) == 0
    assert "8 there already" in capsys.readouterr().out


def test_a_bad_image_is_listed_and_the_others_imported(
    plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (plain / "images" / "i2.png").write_bytes(b"")
    assert run("import", plain, "--output", tmp_path / "set") == 1
    said = capsys.readouterr()
    assert "i2" in said.err
    assert "7 added" in said.out
    assert len(Dataset.open(tmp_path / "set")) == 7


def test_linked_images_stay_where_they_are(plain: Path, tmp_path: Path) -> None:
    assert run("import", plain, "--output", tmp_path / "set", "--link") == 0
    assert Dataset.open(tmp_path / "set").image_path("i1") == (plain / "images" / "i1.png").resolve()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--set", "modality"],
        ["--set", "modality=SME"],
        ["--set", "colour=red"],
        ["--set", "pixel_size_nm=wide"],
        ["--set", "synthetic=perhaps"],
        ["--format", "nonsense"],
    ],
)
def test_wrong_use_of_import(plain: Path, tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", plain, "--output", tmp_path / "set", *wrong) == 2
    assert "wanted" in capsys.readouterr().err
    assert not (tmp_path / "set").exists()


def test_query_lists_images_and_answers_selects(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("query", folder, "modality = 'SEM' and instances > 6") == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()[1:-1]] == ["i6", "i7"]
    assert "2 rows" in said
    assert run("query", folder, "instances = 4", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["image_id"], row["instances"]) == ("i3", 4)
    assert run("query", folder, "SELECT sum(area_px) AS area FROM instances", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [{"area": 36 * 9}]
    assert run("query", folder, "nonsense =") == 2
    assert "instances > 4000" in capsys.readouterr().err


def test_export_and_diff_and_merge(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", folder, "--format", "coco", "--output", tmp_path / "coco", "--where", "instances > 4") == 0
    assert "4 images" in capsys.readouterr().out
    assert run("import", tmp_path / "coco", "--output", tmp_path / "back") == 0
    assert run("diff", folder, tmp_path / "back") == 0
    said = capsys.readouterr().out
    assert "4 images in both, 0 differ" in said
    assert "only before: i0, i1, i2, i3 (4 images)" in said
    assert run("merge", folder, tmp_path / "back", "--output", tmp_path / "merged") == 0
    said = capsys.readouterr()
    assert "8 images" in said.out
    assert said.err.count("left out") == 4


def test_diff_shows_what_changed(plain: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = cv2.imread(str(plain / "masks" / "i5.png"), cv2.IMREAD_UNCHANGED)
    mask[30:35, 30:35] = 200
    cv2.imwrite(str(plain / "masks" / "i5.png"), mask)
    assert run("diff", folder, plain, "--overlay", tmp_path / "overlay") == 0
    assert "1 differ" in capsys.readouterr().out
    assert (tmp_path / "overlay" / "i5.png").is_file()
    assert run("diff", folder, plain, "--json") == 0
    (changed,) = [image for image in json.loads(capsys.readouterr().out)["images"] if image["added"]]
    assert (changed["image_id"], changed["before"], changed["after"]) == ("i5", 6, 7)


def test_validate_has_an_exit_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("validate", folder) == 0
    assert "0 errors" in capsys.readouterr().out
    (folder / "images" / "i1.png").unlink()
    assert run("validate", folder, "--quick") == 1
    assert "missing image" in capsys.readouterr().err
    assert run("validate", folder, "--json") == 1
    assert "missing image" in {fault["subject"] for fault in json.loads(capsys.readouterr().out)}


def test_split_is_kept_in_the_dataset(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("split", folder, "--fractions", ".5", ".25", ".25", "--by", "group", "--seed", "4") == 0
    assert "8 images in 8 groups" in capsys.readouterr().out
    splits = [record.split for record in Dataset.open(folder).query()]
    assert (splits.count("train"), splits.count("validation"), splits.count("test")) == (4, 2, 2)
    assert run("split", folder, "--fractions", ".5", ".5", ".5") == 2


def test_stats_writes_a_page(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("stats", folder, "--output", tmp_path / "page.html", "--where", "instances > 2") == 0
    assert "</html>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("formats") == 0
    said = capsys.readouterr().out
    assert all(name in said for name in FORMATS)
    assert run("formats", "--json") == 0
    assert [form["name"] for form in json.loads(capsys.readouterr().out)] == list(FORMATS)


def test_no_dataset_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["query", tmp_path], ["validate", tmp_path], ["stats", tmp_path, "--output", tmp_path / "x.html"]):
        assert run(*command) == 1
        assert "no dataset" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from uniaims.cli import main; main(['dataset', '--help']); "
        "sys.exit(bool({'numba', 'polars', 'torch', 'cv2', 'scipy'} & set(sys.modules)))"
    )
    environment = os.environ | {"COLUMNS": "120"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, timeout=60
    )
    assert result.returncode == 0, result.stdout
    for command in ("import", "export", "query", "validate", "stats", "split", "merge", "diff", "formats"):
        assert command in result.stdout
