import json

import cv2
import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars import held_out_styles, training_styles
from uniaims.training.detection.sampling import CLASSES, Regions
from uniaims.training.detection.yolo import YoloExport, validation_styles, write_yolo, yolo_lines


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "backgrounds").mkdir()
    cv2.imwrite(str(tmp_path / "backgrounds" / "a.png"), np.full((150, 180), 90, np.uint8))
    return YoloExport(tmp_path / "backgrounds", tmp_path / "yolo", count=3, side_px=256)


def test_lines_are_class_middle_and_size_as_fractions():
    regions = Regions(np.array([[10, 20, 30, 24], [-4, 90, 220, 104]], np.float32), np.array([1, 3]))
    first, second = yolo_lines(regions, (200, 100)).splitlines()
    assert first == "1 0.100000 0.220000 0.100000 0.040000"
    assert second == "3 0.500000 0.950000 1.000000 0.100000"


def test_a_folder_is_filled_and_a_broken_off_one_goes_on(settings):
    description = write_yolo(settings)
    assert "val: images/val" in description.read_text()
    assert [f"{number}: {name}" in description.read_text() for number, name in enumerate(CLASSES)] == [True] * 4
    root = settings.output
    assert {path.relative_to(root).as_posix() for path in root.rglob("0*")} == {
        *(f"images/{place}.jpg" for place in ("val/000000", "train/000001", "train/000002")),
        *(f"labels/{place}.txt" for place in ("val/000000", "train/000001", "train/000002")),
    }
    second, kept = root / "images/train/000002.jpg", root / "images/train/000001.jpg"
    assert max(cv2.imread(str(second)).shape) == 256
    before, untouched = second.read_bytes(), kept.stat().st_mtime_ns
    second.unlink()
    (root / "labels/train/000002.txt").unlink()
    write_yolo(settings)
    assert second.read_bytes() == before
    assert kept.stat().st_mtime_ns == untouched


def test_another_seed_in_the_same_folder_is_refused(settings):
    write_yolo(settings)
    assert json.loads((settings.output / "settings.json").read_text()) == {"seed": 0, "side_px": 256}
    with pytest.raises(SettingsError, match="was begun with"):
        write_yolo(YoloExport(settings.backgrounds, settings.output, seed=1, side_px=256))
    with pytest.raises(SettingsError, match="count = 0"):
        YoloExport(settings.backgrounds, settings.output, count=0)


def test_styles_to_validate_on_are_neither_trained_on_nor_held_out():
    kept = set(validation_styles())
    assert 4 < len(kept) < len(training_styles()) / 4
    assert kept < set(training_styles())
    assert not kept & set(held_out_styles())
