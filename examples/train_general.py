"""Train the model ``general``, export it and measure it on every validation set, in one go.

    python examples/train_general.py ../shared/data runs

lays the data out in ``runs/general-data``, trains by ``train_general.toml`` into ``runs/general`` and writes
``accuracy.json`` there. The same command goes on where it was stopped. Settings can be changed:

    python examples/train_general.py ../shared/data runs steps=20 batch=2

On several GPUs, when the data are laid out:

    torchrun --standalone --nproc-per-node 4 -m uniaims train --settings examples/train_general.toml
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from uniaims.pipeline import evaluate_dataset
from uniaims.segmenter import Segmenter
from uniaims.training.settings import TrainingSettings
from uniaims.training.settings_file import read_settings
from uniaims.training.trainer import train

HERE = Path(__file__).resolve().parent
OTHER_TASKS = {"nasa_ebc_oxide", "nasa_ebc_cracks"}
"""Validation sets that ask for films and cracks: the model is not made for them."""


def settings_of(runs: Path, changes: Sequence[str]) -> TrainingSettings:
    """The recipe, with the data laid out below ``runs``, and changes such as ``steps=20``."""
    recipe = read_settings(HERE / "train_general.toml", tomllib.loads("\n".join(changes)))
    folders = tuple(runs / "general-data" / "train" / folder.name for folder in recipe.data)
    return replace(recipe, data=folders, output=runs / recipe.name)


def accuracy(model: Path, validation: Path, sets: Sequence[str] = ()) -> dict[str, Any]:
    """Scores on each validation set; ``sets`` names those wanted, none: all."""
    segmenter = Segmenter.load(model)
    folders = [folder for folder in sorted(validation.iterdir()) if folder.name not in OTHER_TASKS]
    return {
        folder.name: evaluate_dataset(folder, segmenter).whole.as_dict()
        for folder in folders
        if not sets or folder.name in sets
    }


def tell(stage: str, done: int, total: int) -> None:
    """A line every now and then."""
    if done == total or done % 100 == 0:
        print(f"{stage}: {done} of {total}", flush=True)


def main() -> None:
    """Lay out, train, export, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Folder of the public sets.")
    parser.add_argument("runs", type=Path, help="Folder for the layout and the run.")
    parser.add_argument("changes", nargs="*", help="Lines of TOML that go before the recipe, such as steps=20.")
    parser.add_argument("--only", nargs="*", default=[], help="Names of the validation sets to measure; none: all.")
    given = parser.parse_args()
    layout = [sys.executable, str(HERE / "prepare_general_data.py"), str(given.data), str(given.runs / "general-data")]
    subprocess.run(layout, check=True)
    trained = train(settings_of(given.runs, given.changes), tell)
    print(
        f"{trained.steps} steps, {trained.seconds / 60:.1f} minutes, AP50 {trained.ap50:.3f} held out: {trained.onnx}"
    )
    scores = accuracy(trained.onnx, given.runs / "general-data" / "validation", given.only)
    (trained.onnx.parent / "accuracy.json").write_text(json.dumps(scores, indent=1), encoding="utf-8")
    for name, score in scores.items():
        print(f"{name:20} AP50 {score['mean']['ap50']:.3f}  PQ {score['mean']['panoptic_quality']:.3f}")


if __name__ == "__main__":
    main()
