import json
import shutil

import cv2
import numpy as np
import pytest

from uniaims.dataset import Dataset, InstanceMasks
from uniaims.dataset.differences import COLOURS, difference
from uniaims.errors import InputError

from .conftest import labels_of


@pytest.fixture
def corrected(tmp_path, dataset):
    """The dataset with ``e`` corrected: one instance removed, one added, one grown, one renamed."""
    shutil.copytree(dataset.folder, tmp_path / "corrected")
    made = Dataset.open(tmp_path / "corrected")
    labels = labels_of(4, count=5)
    labels[labels == 1] = 0
    labels[30:40, 50:60] = 9
    labels[1, 14:16] = 2
    made.replace("e", InstanceMasks.from_labels(labels, {3: "pore"}))
    return made


def test_the_same_labels_do_not_differ(dataset):
    found = difference(dataset.folder, dataset.folder)
    assert not found.differs
    assert [image.mean_iou for image in found.images] == [1.0] * 6


def test_what_changed_is_counted(dataset, corrected):
    found = difference(dataset.folder, corrected.folder)
    (image,) = [image for image in found.images if image.differs]
    assert (image.image_id, image.before, image.after) == ("e", 5, 5)
    assert (image.added, image.removed, image.changed) == (1, 1, 2)
    size = int((labels_of(4, count=5) == 2).sum())
    assert image.mean_iou == pytest.approx((3 + size / (size + 2)) / 4)
    assert found.differs


def test_images_in_one_only_are_named(dataset, corrected):
    corrected.remove(["a"])
    assert difference(dataset.folder, corrected.folder).only_before == ("a",)
    assert difference(corrected.folder, dataset.folder).only_after == ("a",)


def test_overlays_show_what_changed(tmp_path, dataset, corrected):
    difference(dataset.folder, corrected.folder, tmp_path / "overlay")
    assert [path.name for path in (tmp_path / "overlay").iterdir()] == ["e.png"]
    picture = cv2.imread(str(tmp_path / "overlay" / "e.png"))[..., ::-1]
    assert picture.shape == (48, 64, 3)
    assert tuple(picture[30, 50]) == COLOURS["added"]
    assert tuple(picture[2, 2]) == COLOURS["removed"]
    assert tuple(picture[1, 14]) == COLOURS["after"]
    assert tuple(picture[33, 53]) not in COLOURS.values()


def test_plain_folders_are_versions_too(dataset, plain_folder):
    found = difference(plain_folder, dataset.folder)
    assert [(i.image_id, i.removed, i.added) for i in found.images] == [("a", 4, 0), ("b", 3, 0), ("c", 2, 0)]
    assert found.only_after == ("d", "e", "f")


def test_all_can_be_json(dataset, corrected):
    corrected.replace("e", InstanceMasks.none((48, 64)))
    values = json.loads(json.dumps(difference(dataset.folder, corrected.folder).as_dict(), allow_nan=False))
    assert values["images"][4]["removed"] == 5
    assert values["images"][4]["mean_iou"] is None


def test_other_sizes_are_other_images(dataset, plain_folder):
    for name in ("images", "masks"):
        cv2.imwrite(str(plain_folder / name / "a.png"), np.ones((5, 6), np.uint8))
    with pytest.raises(InputError, match="two images"):
        difference(dataset.folder, plain_folder)
