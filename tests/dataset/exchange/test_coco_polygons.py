"""COCO with polygons."""

import json

import numpy as np

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS, coco, coco_polygons
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord


def segmentations(labels, folder):
    """What is written of each instance, and the areas that come back."""
    height, width = labels.shape
    entry = AnnotatedImage(ImageRecord("a", "a.png", width, height), InstanceMasks.from_labels(labels))
    coco_polygons.write([entry], folder)
    (back,) = coco_polygons.read(folder)
    assert np.array_equal(back.instances.labels(), labels)
    content = json.loads((folder / "annotations" / "instances_default.json").read_text())
    return [item["segmentation"] for item in content["annotations"]], back.instances.areas_px.tolist()


def area_of(ring):
    x, y = np.reshape(ring, (-1, 2)).T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def test_a_ring_runs_through_the_middles_between_pixels_and_comes_back_whole(tmp_path):
    labels = np.zeros((16, 20), np.uint32)
    labels[2:8, 3:7] = 1
    ((ring,),), areas = segmentations(labels, tmp_path)
    x, y = np.reshape(ring, (-1, 2)).T
    assert (x.min(), x.max(), y.min(), y.max()) == (3, 7, 2, 8)
    assert {(3, 2.5), (3.5, 2), (6.5, 8), (7, 7.5)} <= set(zip(x.tolist(), y.tolist(), strict=True))
    assert area_of(ring) == 24 - 0.5  # an eighth at each of four corners
    assert areas == [24]


def test_pieces_are_a_ring_each(tmp_path):
    labels = np.zeros((16, 20), np.uint32)
    labels[2:4, 2:4] = labels[10:13, 10:12] = 1
    (rings,), areas = segmentations(labels, tmp_path)
    assert sorted(map(area_of, rings)) == [4 - 0.5, 6 - 0.5]
    assert areas == [10]


def test_only_instances_with_holes_are_run_lengths(tmp_path):
    labels = np.zeros((16, 20), np.uint32)
    labels[2:9, 2:9], labels[4:6, 4:6], labels[12:14, 2:9] = 1, 0, 2
    (holed, plain), areas = segmentations(labels, tmp_path)
    assert holed["size"] == [16, 20]
    assert [area_of(ring) for ring in plain] == [14 - 0.5]
    assert areas == [45, 14]


def test_it_reads_as_coco_and_only_writes_otherwise():
    assert (coco_polygons.read, coco_polygons.matches) == (coco.read, coco.matches)
    assert coco_polygons.write is coco.write_polygons
    assert {"coco", "coco-polygons"} <= FORMATS.keys()
