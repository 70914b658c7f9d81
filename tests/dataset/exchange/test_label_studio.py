"""Label Studio's tasks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from uniaims.dataset.entry import Entry
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.exchange.label_studio import encode_brush
from uniaims.errors import InputError


def region(form: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": form, "original_width": 200, "original_height": 100, "value": value}


def read(folder: Path, *results: dict[str, Any], **task: Any) -> Entry:
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
    assert boxes[:3] == [[20, 10, 40, 30], [100, 20, 120, 30], [90, 50, 100, 70]]
    assert areas[:3] == [400, 200, 200]
    assert areas[3] == pytest.approx(np.pi * 100, rel=0.02)
    assert entry.instances.kinds == ("pore", "grain", "", "pore")


def test_the_last_annotation_that_was_not_cancelled_counts(tmp_path: Path) -> None:
    square = (10, 20, np.ones((5, 6), bool))
    brush = region("brushlabels", {"format": "rle", "rle": encode_brush(square, (100, 200)), "brushlabels": ["x"]})
    choice = {"type": "choices", "value": {"choices": ["sharp"]}}
    annotations = [{"result": []}, {"result": [brush, choice]}, {"was_cancelled": True, "result": []}]
    entry = read(tmp_path, annotations=annotations)
    assert entry.instances.boxes.tolist() == [[20, 10, 26, 15]]
    assert entry.record.image_id == "1a2b3c4d-a"
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
