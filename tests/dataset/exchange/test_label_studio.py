"""Label Studio's tasks."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.exchange.label_studio import encode_brush
from uniaims.errors import InputError


def region(form: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": form, "original_width": 200, "original_height": 100, "value": value}


def read(folder: Path, *results: dict[str, Any], **task: Any) -> AnnotatedImage:
    content = {"id": 4, "data": {"image": "/data/upload/3/1a2b3c4d-a.png"}, "annotations": [{"result": results}]}
    (folder / "export.json").write_text(json.dumps([content | task]))
    (entry,) = FORMATS["label-studio"].read(folder)
    return entry


def test_shapes_in_percent(tmp_path: Path) -> None:
    entry = read(
        tmp_path,
        region("polygonlabels", {"points": [[10, 10], [20, 10], [20, 30], [10, 30]], "polygonlabels": ["pore"]}),
        region("rectanglelabels", {"x": 50, "y": 20, "width": 10, "height": 10, "rectanglelabels": ["grain"]}),
        region("rectanglelabels", {"x": 50, "y": 50, "width": 10, "height": 10, "rotation": 90}),
        region("ellipselabels", {"x": 80, "y": 60, "radiusX": 5, "radiusY": 10, "ellipselabels": ["pore"]}),
    )
    boxes, areas = entry.instances.boxes.tolist(), entry.instances.areas_px.tolist()
    assert boxes[:3] == [[10, 20, 30, 40], [20, 100, 30, 120], [50, 90, 70, 100]]
    assert areas[:3] == [400, 200, 200]
    assert areas[3] == pytest.approx(np.pi * 100, rel=0.02)
    assert entry.instances.kinds == ("pore", "grain", "", "pore")


def test_the_last_annotation_that_was_not_cancelled_counts(tmp_path: Path) -> None:
    square = (10, 20, np.ones((5, 6), bool))
    brush = region("brushlabels", {"format": "rle", "rle": encode_brush(square, (100, 200)), "brushlabels": ["x"]})
    choice = {"type": "choices", "value": {"choices": ["sharp"]}}
    annotations = [{"result": []}, {"result": [brush, choice]}, {"was_cancelled": True, "result": []}]
    entry = read(tmp_path, annotations=annotations)
    assert entry.instances.boxes.tolist() == [[10, 20, 15, 26]]
    assert entry.record.image_id == "a"
    assert len(read(tmp_path, annotations=[], predictions=[{"result": [brush]}]).instances) == 1


def test_upload_marks_are_looked_through(tmp_path: Path) -> None:
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((100, 200), np.uint8))
    assert read(tmp_path, region("polygonlabels", {"points": [[0, 0], [9, 0], [9, 9]]})).image == tmp_path / "a.png"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (region("keypointlabels", {"x": 1, "y": 1}), "keypointlabels, which has no area"),
        (region("brushlabels", {"format": "rle", "rle": [0, 0, 0, 9]}), "cut short"),
        (region("brushlabels", {"rle": encode_brush((0, 0, np.ones((4, 4), bool)), (4, 4))}), "of another size"),
        (region("brushlabels", {"rle": [1000]}), "can't be read"),
    ],
)
def test_faults_are_named(result: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, result)


def test_the_interface_names_all_kinds(make_entry: Any, tmp_path: Path) -> None:
    FORMATS["label-studio"].write([make_entry()], tmp_path / "out")
    text = (tmp_path / "out" / "labeling_config.xml").read_text()
    assert [line.strip() for line in text.splitlines() if "<Label " in line] == [
        '<Label value="instance"/>',
        '<Label value="pore &amp; crack"/>',
        '<Label value="grain"/>',
    ]


@pytest.mark.parametrize(
    ("task", "state"),
    [
        ({}, ""),
        ({"annotations": []}, "unlabelled"),
        ({"annotations": [{"was_cancelled": True, "result": []}]}, "unlabelled"),
        ({"annotations": [], "predictions": [{"result": []}]}, "suggested"),
    ],
)
def test_tasks_nobody_has_annotated_are_no_images_without_an_object(tmp_path, task, state):
    Image.fromarray(np.zeros((100, 200), np.uint8)).save(tmp_path / "a.png")
    assert read(tmp_path, **task).record.review_state == state


@pytest.mark.parametrize(
    "data",
    [
        {"img": "/data/upload/3/1a2b3c4d-a.png"},
        {"sample": "A12", "img": "/data/upload/3/1a2b3c4d-a.png"},
        {"image": "A12", "scan": "/data/upload/3/1a2b3c4d-a.png"},
        {"note": "see b.png in the paper 3", "img": "upload/3/1a2b3c4d-a.png"},
        {"other": "x/b.png", "img": "x/a.png"},
        {"url": "https://host/some/a.png?X-Amz-Signature=1/2.tif"},
        {"url": "s3://bucket/path/a.png"},
        {"pic": "/data/local-files/?d=any%20folder/a.png"},
        {"pic": "/data/local-files/?d=any\\\\a.png"},
        {"x": "/tasks/7/resolve/?fileuri=" + urlsafe_b64encode(b"gs://bucket/path/a.png").decode().rstrip("=")},
        {"meta": {"a": 1}, "n": 5, "micrograph": "C:\\\\data\\\\a.png"},
    ],
)
def test_the_image_is_under_any_key(data, tmp_path):
    Image.fromarray(np.zeros((100, 200), np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(np.zeros((100, 200), np.uint8)).save(tmp_path / "b.png")
    square = region("polygonlabels", {"points": [[10, 10], [20, 10], [20, 30], [10, 30]]}) | {"to_name": "img"}
    entry = read(tmp_path, square, data=data)
    assert (entry.image, entry.record.image_id) == (tmp_path / "a.png", "a")
    assert entry.instances.areas_px.tolist() == [400]


def test_uploads_of_one_name_stay_apart(tmp_path):
    tasks = [{"id": i, "data": {"image": f"/data/upload/1/{i}a2b3c4d-a.png"}, "annotations": []} for i in (1, 2)]
    for i in (1, 2):
        Image.fromarray(np.full((10, 20), i, np.uint8)).save(tmp_path / f"{i}a2b3c4d-a.png")
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    found = [entry.record.image_id for entry in FORMATS["label-studio"].read(tmp_path)]
    assert found == ["1a2b3c4d-a", "2a2b3c4d-a"]
    (tmp_path / "export.json").write_text(json.dumps(tasks[:1]))
    assert [entry.record.image_id for entry in FORMATS["label-studio"].read(tmp_path)] == ["a"]


@pytest.mark.parametrize("data", [{}, {"n": 5}, None, [], "a.png"])
def test_a_task_without_image_is_refused(data, tmp_path):
    with pytest.raises(InputError, match="names no image"):
        read(tmp_path, data=data)


@pytest.mark.parametrize("far", [1e19, 1e300, 1e308])
def test_shapes_of_any_size_are_cut_or_refused(far, tmp_path):
    shapes = [
        {"points": [[-far, -far], [far, -far], [far, far], [-far, far]]},
        {"x": -far, "y": 0, "width": 2 * far if far < 1e308 else far, "height": 100},
        {"x": 50, "y": 50, "radiusX": far, "radiusY": far},
    ]
    for value in shapes:
        form = "polygonlabels" if "points" in value else "ellipselabels" if "radiusX" in value else "rectanglelabels"
        try:
            entry = read(tmp_path, region(form, value))
        except InputError:
            continue
        assert entry.instances.areas_px.tolist() == [20_000]
