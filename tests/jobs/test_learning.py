"""A dataset version as a folder: parts are cut out with their labels, and a folder that is whole is taken as it is."""

from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims import guard
from uniaims.boxes import Box
from uniaims.dataset import Dataset
from uniaims.engine.blobs import FolderBlobs
from uniaims.engine.layers.ingest import write_labels
from uniaims.jobs.learning import dataset_folder, part_name


def test_parts_are_cut_out_with_labels_and_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "inside", True)  # files without a guard
    blobs = FolderBlobs(tmp_path / "blobs")
    pixels = np.random.default_rng(0).integers(0, 255, (40, 50), np.uint8)
    labels = np.zeros((40, 50), np.uint32)
    labels[2:10, 2:10], labels[20:30, 30:45] = 1, 2

    def say(rows: np.ndarray) -> None:
        rows["kind"] = [0, 7]

    shared = {
        "image": 3, "suffix": ".png", "page": 0, "sha256": blobs.put(cv2.imencode(".png", pixels)[1].tobytes()),
        "manifest": write_labels(labels, blobs, say), "kinds": {"7": "pore"}, "pixel_size_nm": 2.0,
    }  # fmt: skip
    box = Box(15, 25, 40, 50)
    parts = [shared | {"box": None, "split": "train"}, shared | {"box": asdict(box), "split": "test"}]
    assert [part_name(part) for part in parts] == ["3", "3_15_25_40_50"]
    told = list[tuple[str, int, int]]()
    made = dataset_folder(tmp_path / "v1", parts, blobs, tmp_path, lambda *each: told.append(each))
    assert told == [("images", 0, 2), ("images", 1, 2)]
    (cut,) = made.query("split = 'test'")
    np.testing.assert_array_equal(made.labels(cut.image_id) > 0, labels[box.window] > 0)
    np.testing.assert_array_equal(np.asarray(made.image(cut.image_id).pixels), pixels[box.window])
    again = dataset_folder(tmp_path / "v1", [], blobs, tmp_path, lambda *_: 1 / 0)
    assert len(again.query()) == 2
    assert isinstance(again, Dataset)
