"""Labels on images that are shown otherwise than they are stored."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import LabelsError
from uniaims.labels import write_labels
from uniaims.micrograph import read_image

VALUES = [1, 2, 3, 4, 5, 6, 7, 8]
TRANSPOSED = {5, 6, 7, 8}


def picture(path: Path, value: int, stored: tuple[int, int] = (64, 96)) -> np.ndarray:
    """Write a JPEG with the orientation ``value`` and one bright block; return the block as shown (H, W)."""
    pixels = np.full(stored, 40, np.uint8)
    pixels[8:24, 16:56] = 220
    exif = Image.Exif()
    exif[274] = value
    Image.fromarray(pixels).save(path, exif=exif, quality=95)
    return np.asarray(read_image(path).pixels) > 130


def polygon(block: np.ndarray) -> list[list[float]]:
    rows, columns = np.flatnonzero(block.any(axis=1)), np.flatnonzero(block.any(axis=0))
    (top, bottom), (left, right) = (rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1)
    return [[float(x), float(y)] for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]


def lies_on_the_block(entry: AnnotatedImage, block: np.ndarray) -> bool:
    return bool(np.array_equal(entry.instances.labels() > 0, block))


def coco(folder: Path, outline: list[list[float]], shape: tuple[int, int]) -> None:
    image = {"id": 1, "file_name": "a.jpg", "height": shape[0], "width": shape[1]}
    flat = [value for point in outline for value in point]
    annotations = [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [flat]}]
    (folder / "a.json").write_text(json.dumps({"images": [image], "annotations": annotations, "categories": []}))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("stored", [(64, 96), (96, 96)], ids=["oblong", "square"])
def test_labels_drawn_on_the_image_as_shown(value, stored, tmp_path: Path):
    block = picture(tmp_path / "a.jpg", value, stored)
    shape = {"label": "x", "shape_type": "polygon", "points": polygon(block)}
    content = {"version": "5", "flags": {}, "shapes": [shape], "imagePath": "a.jpg", "imageData": None}
    height, width = block.shape
    (tmp_path / "a.json").write_text(json.dumps(content | {"imageHeight": height, "imageWidth": width}))
    (entry,) = FORMATS["labelme"].read(tmp_path)
    assert lies_on_the_block(entry, block)
    assert bool(entry.warnings) == (value != 1)


@pytest.mark.parametrize("value", VALUES)
def test_labels_drawn_on_the_image_as_stored_are_turned_with_it(value, tmp_path: Path):
    block = picture(tmp_path / "a.jpg", value)
    upright = np.zeros((64, 96), np.uint8)
    upright[8:24, 16:56] = 1
    coco(tmp_path, polygon(upright if value in TRANSPOSED else block), upright.shape)
    (entry,) = FORMATS["coco"].read(tmp_path)
    assert lies_on_the_block(entry, block)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    (tmp_path / "a.jpg").rename(tmp_path / "images" / "a.jpg")
    write_labels(tmp_path / "masks" / "a.tif", upright if value in TRANSPOSED else block)
    (entry,) = FORMATS["folder"].read(tmp_path)
    assert lies_on_the_block(entry, block)


@pytest.mark.parametrize("form", ["geojson", "yolo-seg", "via"])
@pytest.mark.parametrize("value", [3, 6, 8])
def test_formats_that_say_no_size(form, value, tmp_path: Path):
    (tmp_path / "images").mkdir()
    block = picture(tmp_path / "images" / "a.jpg", value)
    stored = np.zeros((64, 96), bool)
    stored[8:24, 16:56] = True
    if form == "geojson":  # QuPath and ImageJ show images as stored
        ring = [*polygon(stored), polygon(stored)[0]]
        feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}
        (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    elif form == "yolo-seg":
        (tmp_path / "labels").mkdir()
        flat = (np.array(polygon(block)) / block.shape[::-1]).ravel()
        (tmp_path / "labels" / "a.txt").write_text("0 " + " ".join(map(str, flat)))
    else:
        points: Any = list(zip(*polygon(block), strict=True))
        region = {"name": "polygon", "all_points_x": points[0], "all_points_y": points[1]}
        regions = [{"shape_attributes": region, "region_attributes": {}}]
        (tmp_path / "via.json").write_text(json.dumps({"a.jpg1": {"filename": "a.jpg", "regions": regions}}))
    (entry,) = FORMATS[form].read(tmp_path)
    assert lies_on_the_block(entry, block)


@pytest.mark.parametrize("form", list(FORMATS))
@pytest.mark.parametrize("value", [1, 6])
def test_turned_images_go_out_and_come_back(form, value, make_entry, tmp_path: Path):
    entry = make_entry()
    path = tmp_path / "a.jpg"
    block = picture(path, value, (96, 128))
    shown = AnnotatedImage(
        entry.record.__class__("a", "a.jpg", *block.shape[::-1]), InstanceMasks.from_labels(block), path
    )
    FORMATS[form].write([shown], tmp_path / "out")
    (back,) = FORMATS[form].read(tmp_path / "out")
    assert lies_on_the_block(back, block)


def test_another_size_is_refused(tmp_path: Path):
    picture(tmp_path / "a.jpg", 6)
    with pytest.raises(LabelsError, match="labels are for 60 x 64 px, it has 64 x 96"):
        frame_of("a.jpg", tmp_path / "a.jpg", 64, 60)


def test_instances_beside_the_image_are_said():
    frame = frame_of("a.png", None, 20, 30)
    square = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])
    entry = frame.entry(InstanceMasks.from_polygons((20, 30), [[square], [square + 90]]))
    assert "1 instances have no pixel in the image of 30 x 20 px, the first is number 2" in entry.warnings[0]
