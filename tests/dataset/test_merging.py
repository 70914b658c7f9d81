import cv2
import numpy as np
import pytest

from uniaims.dataset import Dataset, InstanceMasks
from uniaims.dataset.merging import merge, same_instances
from uniaims.errors import InputError

from .conftest import labels_of, picture_of


@pytest.fixture
def other(tmp_path, entry):
    """Two images called like some of ``dataset``: one the same file with other labels, one another picture."""
    made = Dataset.create(tmp_path / "other")
    made.add([entry("a", 0, 3), entry("B", 40, 2, licence="MIT"), entry("z", 5, 6)])
    return made


def test_names_are_changed_and_duplicates_left_out(tmp_path, dataset, other):
    mask = np.zeros((48, 64), np.uint8)
    mask[1, 2] = 255
    (other.folder / "ignore").mkdir()
    cv2.imwrite(str(other.folder / "ignore" / "B.png"), mask)
    merged = merge([dataset, other], tmp_path / "merged")
    assert merged.dataset.image_ids == (*"abcdef", "B-2")
    assert merged.renamed == {(other.folder, "B"): "B-2"}
    assert [(d.image_id, d.kept, d.same_labels) for d in merged.duplicates] == [("a", "a", False), ("z", "f", True)]
    again = Dataset.open(tmp_path / "merged")
    assert np.array_equal(again.image("B-2").pixels, picture_of(40))
    assert again.record("B-2").licence == "MIT"
    assert len(again.instances("a")) == 1
    assert np.argwhere(again.ignored("B-2")).tolist() == [[1, 2]]


def test_one_dataset_is_nothing_to_merge(tmp_path, dataset):
    with pytest.raises(InputError, match="two or more"):
        merge([dataset], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_same_instances_in_any_order_and_numbering():
    labels = labels_of(1, count=3)
    swapped = np.choose(labels, [0, 30, 7, 9]).astype(np.uint32)
    one, other = InstanceMasks.from_labels(labels), InstanceMasks.from_labels(swapped)
    assert same_instances(one, other)
    assert not same_instances(one, InstanceMasks.from_labels(labels, {1: "pore"}))
    assert not same_instances(one, InstanceMasks.from_labels(labels_of(2, count=3)))
