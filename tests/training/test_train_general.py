"""The recipe of the shipped model runs from the public sets to the scores, here on tiny stand-ins for a few steps."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

from uniaims.training.settings_file import read_settings

STEMS = {
    "emps": ["a", "b", "c", "d", "e", "f"],
    "dsb2018": ["a", "b", "c", "d", "e", "f"],
    "nasa_superalloy": ["train__a", "val__a"],
    "nasa_meltpool": ["Slice-1", "Slice-2"],
    "ampis_powder": ["Sc1", "Sc2"],
    "ampis_spheroidite": ["24H", "85H"],
    "axondeepseg_sem": ["rat1", "rat2"],
    "nasa_ebc_oxide": ["a"],
    "nasa_ebc_cracks": ["a"],
}


@pytest.fixture
def public_sets(tmp_path: Path) -> Path:
    for name, stems in STEMS.items():
        for stem in stems:
            labels = np.zeros((160, 160), np.uint16)
            cv2.circle(labels, (60, 70), 20, 1, -1)
            for kind, array in (("images", (labels * 90 + 20).astype(np.uint8)), ("masks", labels)):
                (tmp_path / "data" / name / kind).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(tmp_path / "data" / name / kind / f"{stem}.png"), array)
    lines = ["stem,doi,original_split", *(f"{stem},article {stem},train" for stem in STEMS["emps"])]
    (tmp_path / "data" / "emps" / "groups.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "data"


def test_the_recipe_is_complete(repository: Path) -> None:
    recipe = read_settings(repository / "examples" / "train_general.toml")
    assert {folder.name for folder in recipe.data} == set(STEMS) - {"nasa_ebc_oxide", "nasa_ebc_cracks"}
    assert recipe.minutes <= 30


def test_it_trains_exports_and_measures(repository: Path, public_sets: Path, tmp_path: Path) -> None:
    changes = [
        "steps=4", "batch=2", "widths=[8,16,16]", "depths=[1,1,1]", "synthetic=['powder']", "synthetic_count=1",
        "loader_threads=1", "device='cpu'", "validation_every=2",
    ]  # fmt: skip
    assert tomllib.loads("\n".join(changes))["steps"] == 4
    command = [
        sys.executable, str(repository / "examples" / "train_general.py"), str(public_sets), "runs", *changes,
        "--only", "ampis_powder",
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "general"
    assert set(json.loads((run / "accuracy.json").read_text())) == {"ampis_powder"}
    assert (run / "general.onnx").stat().st_size > 10_000
    assert "AP50" in done.stdout
