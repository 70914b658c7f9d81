"""Detectors of other programs: an ONNX file as Ultralytics exports it, made here with the same layout."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import uniaims
from uniaims.boxes import Box
from uniaims.errors import ModelError
from uniaims.micrograph import Micrograph
from uniaims.scalebar import (
    read_scale,
)
from uniaims.scalebar.detector import SHIPPED, Layout, detector_at, layout_of, load_detector

from .pictures import picture

onnx = pytest.importorskip("onnx")
NAMES = {0: "text", 1: "bar", 2: "logo"}


def exported(path: Path, cells: np.ndarray, names: Any = NAMES, size: tuple[int, int] | None = None) -> Path:
    """A file that always gives `cells` (4 + K, A): input images (1, 3, H, W), metadata as Ultralytics writes it."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    width, height = size or ("width", "height")
    picture = helper.make_tensor_value_info("images", kind, ["batch" if size is None else 1, 3, height, width])
    output = helper.make_tensor_value_info("output0", kind, [1, cells.shape[0], cells.shape[1]])
    constant = onnx.numpy_helper.from_array(cells[None].astype(np.float32), "cells")
    mean = [
        helper.make_node("ReduceMean", ["images"], ["level"], keepdims=0),
        helper.make_node("Mul", ["level", "nothing"], ["none"]),
        helper.make_node("Add", ["cells", "none"], ["output0"]),
    ]
    nothing = onnx.numpy_helper.from_array(np.zeros((), np.float32), "nothing")
    graph = helper.make_graph(mean, "yolo", [picture], [output], [constant, nothing])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    metadata = {"description": "Ultralytics YOLOv8m model", "names": str(names), "stride": "32", "task": "detect"}
    helper.set_model_props(model, metadata if names else {"stride": "32"})
    onnx.save(model, path)
    return path


CELLS = np.array([[100, 102, 30], [60, 60, 20], [80, 80, 20], [10, 10, 10], [0, 0, 0.7], [0.9, 0.8, 0], [0, 0, 0.95]])


def test_boxes_are_found_where_the_file_says_them(tmp_path: Path) -> None:
    found = load_detector(exported(tmp_path / "a.onnx", CELLS))(np.zeros((100, 160), np.uint8), 2.0)
    assert [(each.kind, each.box) for each in found] == [("bar", Box(27, 30, 33, 70)), ("text", Box(7, 10, 13, 20))]
    assert [each.score for each in found] == pytest.approx([0.9, 0.7])


def test_a_file_of_fixed_size_gets_the_picture_fitted_in(tmp_path: Path) -> None:
    detector = load_detector(exported(tmp_path / "b.onnx", CELLS, size=(320, 320)))
    assert detector.layout.fixed_size == (320, 320)
    assert detector.layout.seen_size((160, 100), 5.0) == (320, 200)
    assert detector(np.zeros((100, 160), np.uint8), 5.0)[0].box == Box(27, 30, 33, 70)
    batch = detector.layout.batch(np.zeros((100, 160), np.uint8), (320, 200))
    assert batch.shape == (1, 3, 320, 320)
    assert batch[0, 0, 250, 0] == pytest.approx(114 / 255)


def test_boxes_in_the_filling_are_left_out(tmp_path: Path) -> None:
    below = np.array([[100, 100], [210, 196], [80, 80], [12, 12], [0, 0], [0.9, 0.8], [0, 0]])
    found = load_detector(exported(tmp_path / "c.onnx", below, size=(320, 320)))(np.zeros((100, 160), np.uint8), 1.0)
    assert [each.score for each in found] == pytest.approx([0.8])
    assert found[0].box.bottom == 100


@pytest.mark.parametrize(
    ("names", "cells", "said"),
    [
        ({0: "cat", 1: "dog", 2: "cow"}, CELLS, "its classes are cat, dog, cow"),
        (NAMES, np.zeros((300, 6)), "export without nms"),
        (None, CELLS, "name no classes"),
        ("not a python value", CELLS, "no scale bar detector"),
    ],
)
def test_files_that_can_not_be_used_say_why(tmp_path: Path, names: Any, cells: np.ndarray, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        load_detector(exported(tmp_path / "d.onnx", cells, names))


def test_cells_that_no_picture_has_are_left_out(tmp_path: Path) -> None:
    cells = CELLS.copy()
    cells[0, 0], cells[5] = np.nan, (0.9, 99.0, 0)
    cells[:4, 2] = 3e38
    found = load_detector(exported(tmp_path / "g.onnx", cells))(np.zeros((100, 160), np.uint8), 2.0)
    assert [(each.kind, each.score) for each in found] == [("bar", 1.0)]


def test_a_file_that_gives_too_little_is_refused_when_it_is_used(tmp_path: Path) -> None:
    names = {0: "text", 1: "bar", 7: "banner"}
    detector = load_detector(exported(tmp_path / "h.onnx", CELLS, names))
    with pytest.raises(ModelError, match="wanted boxes with the scores of 8 classes"):
        detector(np.zeros((100, 160), np.uint8), 1.0)


def test_a_file_that_can_not_be_run_is_named_as_the_cause(tmp_path: Path) -> None:
    detector = load_detector(exported(tmp_path / "i.onnx", CELLS, size=(320, 320)))
    other = replace(detector, layout=replace(detector.layout, fixed_size=(64, 64)))
    with pytest.raises(ModelError, match="can't be run"):
        other(np.zeros((100, 160), np.uint8), 1.0)


def test_a_model_that_finds_objects_is_no_detector() -> None:
    with pytest.raises(ModelError, match="finds objects, not scale bars"):
        load_detector(next(Path(uniaims.__file__).parent.glob("weights/*.onnx")))


def test_names_may_be_a_list(tmp_path: Path) -> None:
    path = exported(tmp_path / "e.onnx", CELLS, ["text", "bar", "logo"])
    assert layout_of(onnxruntime.InferenceSession(str(path))).kinds == ("text", "bar")


def test_our_own_cells_are_rows_of_corners() -> None:
    boxes, scores = Layout(("bar", "text"), (1, 0)).boxes_and_scores(np.array([[1, 2, 3, 4, 0.5, 0.6]], np.float32))
    np.testing.assert_allclose(boxes, [[1, 2, 3, 4]])
    np.testing.assert_allclose(scores, [[0.6, 0.5]])


def test_no_file_means_the_detector_that_needs_no_training(tmp_path: Path) -> None:
    assert detector_at(None) is None
    path = exported(tmp_path / "f.onnx", CELLS)
    assert detector_at(str(path)) is load_detector(path)


def test_a_detector_that_was_replaced_is_loaded_anew(tmp_path: Path) -> None:
    place = tmp_path / "bars.onnx"
    place.write_bytes(SHIPPED.read_bytes())
    first = load_detector(place)
    assert load_detector(place) is first
    os.utime(place, (1, 1))
    assert load_detector(place) is not first


def test_the_shipped_detector_sees_bar_and_label() -> None:
    bar = read_scale(Micrograph.from_array(picture()), load_detector(SHIPPED))
    assert bar is not None
    assert bar.pixel_size_nm == pytest.approx(2.5, rel=0.005)
