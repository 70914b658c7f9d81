"""Cellpose's files, which are pickles."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from uniaims.dataset.exchange import detect
from uniaims.errors import InputError

from .pickles import CELLPOSE, save


@pytest.mark.parametrize("content", [np.zeros((3, 4)), {"outlines": 1}, {"masks": np.zeros((2, 3, 4, 5), int)}, [1]])
def test_what_is_no_segmentation_is_refused(content: Any, tmp_path: Path) -> None:
    path = tmp_path / "a_seg.npy"
    np.save(path, content, allow_pickle=True)
    with pytest.raises(InputError):
        list(CELLPOSE.read(path))


def test_masks_alone_and_old_numbers(tmp_path: Path) -> None:
    labels = np.zeros((8, 9), np.uint16)
    labels[2:4, 3:6] = 5
    for stem in ("a", "b", "c"):
        cv2.imwrite(str(tmp_path / f"{stem}.png"), np.zeros((8, 9), np.uint8))
    cv2.imwrite(str(tmp_path / "a_masks.png"), labels)
    cv2.imwrite(str(tmp_path / "b_cp_masks.tif"), labels)
    save(tmp_path / "c_seg.npy", {"masks": (labels > 0).astype(np.int32) - 1, "filename": "D:\\elsewhere\\c.png"})
    assert detect(tmp_path).name == "cellpose"
    found = {entry.record.image_id: entry for entry in CELLPOSE.read(tmp_path)}
    assert {name: entry.instances.numbers.tolist() for name, entry in found.items()} == {"a": [5], "b": [5], "c": [1]}
    assert found["c"].image == tmp_path / "c.png"


def test_an_image_inside_of_the_file(tmp_path: Path) -> None:
    pixels = np.arange(72, dtype=np.float32).reshape(8, 9)
    save(tmp_path / "a_seg.npy", {"masks": np.ones((8, 9), np.uint16), "img": pixels, "filename": "gone.png"})
    (entry,) = CELLPOSE.read(tmp_path)
    assert np.array_equal(entry.image, pixels)


def test_a_label_image_that_can_not_be_read_stops_no_other(tmp_path):
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((8, 9), np.uint8))
        cv2.imwrite(str(tmp_path / f"{name}_cp_masks.png"), np.ones((8, 9), np.uint16))
    (tmp_path / "a_cp_masks.png").write_bytes(b"junk")
    faults: list[str] = []
    assert [entry.record.image_id for entry in CELLPOSE.read(tmp_path, lambda name, _: faults.append(name))] == ["b"]
    assert faults == ["a"]
