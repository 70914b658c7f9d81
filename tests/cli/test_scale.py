"""``uniaims scale``: what it prints, writes and returns."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.cli import main

FIELDS = [
    "image", "pixel_size_nm", "source", "bar_length_px", "bar_box", "text_box", "text", "value", "unit", "confidence",
    "warnings",
]  # fmt: skip


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A bar of 200 px that stands for 500 nm."""
    gray = np.clip(np.random.default_rng(0).normal(90, 8, (512, 640)), 0, 255).astype(np.uint8)
    cv2.rectangle(gray, (60, 470), (259, 477), 255, -1)
    cv2.putText(gray, "500 nm", (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    path = tmp_path / "bar.png"
    cv2.imwrite(str(path), gray)
    return path


def test_json_has_the_fields(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", str(image), "--json", "--overlay", str(tmp_path / "marked")]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert list(facts)[: len(FIELDS)] == FIELDS
    assert facts["pixel_size_nm"] == pytest.approx(2.5, rel=0.005)
    assert (facts["source"], facts["value"], facts["unit"]) == ("scale bar", 500, "nm")
    assert facts["bar_box"] == pytest.approx([60, 470, 260, 478], abs=1)
    marked = cv2.imread(str(tmp_path / "marked" / "bar.png"))
    assert (marked[:, :, 2].astype(int) - marked[:, :, 0] > 100).any()


def test_pictures_of_one_name_are_all_marked(image: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / image.name
    other.parent.mkdir()
    cv2.imwrite(str(other), np.full((80, 100), 90, np.uint8))
    assert main(["scale", str(image), str(other), "--overlay", str(tmp_path / "marked")]) == 0
    sides = {cv2.imread(str(path)).shape[:2] for path in (tmp_path / "marked").iterdir()}
    assert sides == {(512, 640), (80, 100)}


@pytest.mark.parametrize("images", ["", "bar.png", "**/*.png"])
def test_marked_pictures_never_replace_the_images(image: Path, images: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = image.read_bytes()
    folder = image.parent
    assert main(["scale", str(image), str(folder / images), "--overlay", str(folder)]) == 2
    assert "a folder of their own" in capsys.readouterr().err
    assert image.read_bytes() == before and list(folder.iterdir()) == [image]


def test_patterns_pass_over_marked_pictures(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["scale", str(image.parent / "**" / "*.png"), "--overlay", str(image.parent / "marked"), "--json"]
    for _ in range(2):
        assert main(command) == 0
        assert [row["image"] for row in json.loads(capsys.readouterr().out)] == [str(image)]


def test_a_box_that_does_not_fit_one_picture_leaves_the_others(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), np.full((80, 100), 90, np.uint8))
    given = ["--bar", "50,460,270,490", "--length", "500 nm", "--json"]
    assert main(["scale", str(small), str(image), *given]) == 1
    output = capsys.readouterr()
    first, second = json.loads(output.out)
    assert Path(first["image"]).name == "small.png" and "the box" in first["error"]
    assert Path(second["image"]).name == "bar.png" and "error" not in second
    assert "taken for all 2 images" in output.err
    assert "small.png: the box" in output.err


def test_what_can_not_be_known_is_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "bare.png"), np.full((100, 100), 90, np.uint8))
    assert main(["scale", str(tmp_path / "bare.png"), "--json"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert (facts["pixel_size_nm"], facts["source"], facts["bar_box"]) == (None, None, None)
    assert facts["warnings"]


def test_a_correction_is_measured_and_kept(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["scale", str(image), "--bar", "50,460,270,490", "--length", "10 um", "--keep", str(tmp_path / "kept")]
    assert main([*command, "--json"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert facts["pixel_size_nm"] == pytest.approx(50, rel=0.005)
    assert (tmp_path / "kept" / "bar.json").is_file()


def test_a_box_without_a_bar_is_taken_with_a_warning(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", str(image), "--bar", "100,100,101,101", "--length", "1 um", "--json"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert facts["pixel_size_nm"] == 1000
    assert "No bar stands out" in facts["warnings"][0]


def test_one_bad_image_does_not_stop_the_others(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scale", str(tmp_path / "none.png"), str(image)]) == 1
    output = capsys.readouterr()
    assert "2.49" in output.out or "2.5" in output.out
    assert "none.png" in output.err


def test_lines_say_where_the_scale_is_from(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", str(image)]) == 0
    assert "scale bar: 500 nm = 200.0 px, confidence 0." in capsys.readouterr().out
    assert main(["scale", str(image), "--bar", "50,460,270,490", "--length", "10 um"]) == 0
    assert "= 200.0 px, as given" in capsys.readouterr().out
    assert main(["scale", str(image), "--bar", "300,100,340,110", "--length", "1 um"]) == 0
    output = capsys.readouterr()
    assert f"{image}: No bar stands out in the box: its longer side, 40 px, is taken." in output.err


def test_folders_and_patterns_are_taken(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (image.parent / "notes.txt").write_text("no image", encoding="utf-8")
    assert main(["scale", str(image.parent), str(image.parent / "*.png"), str(image), "--json"]) == 0
    assert [facts["image"] for facts in json.loads(capsys.readouterr().out)] == [str(image)]


def test_a_folder_without_images_is_named(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["scale", str(tmp_path / "empty"), str(image), "--json"]) == 1
    output = capsys.readouterr()
    assert "no image files in this folder" in output.err
    assert ["error" in facts for facts in json.loads(output.out)] == [True, False]


@pytest.mark.parametrize(("given", "missing"), [(["--bar", "1,2,3,4"], "--length"), (["--length", "1 um"], "--bar"),
                                                (["--keep", "kept"], "--bar and --length")])  # fmt: skip
def test_half_a_correction_is_a_wrong_command(
    image: Path, given: list[str], missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scale", str(image), *given]) == 2
    assert f"{missing} is missing" in capsys.readouterr().err


def test_a_detector_can_be_named(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that sees nothing but the label's box: the bar is found beside it, as without a detector."""
    onnx = pytest.importorskip("onnx")
    cells = np.array([[135.0, 445, 130, 40, 0.9]], np.float32).T[None]
    picture = onnx.helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1, 3, 512, 640])
    found = onnx.helper.make_tensor_value_info("output0", onnx.TensorProto.FLOAT, cells.shape)
    value = onnx.numpy_helper.from_array(cells, "value")
    node = onnx.helper.make_node("Constant", [], ["output0"], value=value)
    model = onnx.helper.make_model(
        onnx.helper.make_graph([node], "yolo", [picture], [found]),
        opset_imports=[onnx.helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.helper.set_model_props(model, {"names": "{0: 'text'}"})
    onnx.save(model, tmp_path / "yolo.onnx")
    assert main(["scale", str(image), "--json", "--detector", str(tmp_path / "yolo.onnx")]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert facts["pixel_size_nm"] == pytest.approx(2.5, rel=0.005)
    assert facts["text_box"] == pytest.approx([70, 425, 200, 465], abs=2)


def test_a_file_that_is_no_detector_is_named(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.onnx").write_bytes(b"none")
    assert main(["scale", str(image), "--detector", str(tmp_path / "none.onnx")]) == 1
    assert "no scale bar detector" in capsys.readouterr().err


def test_a_figure_names_all_bars_and_a_panel_may_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gray = np.clip(np.random.default_rng(0).normal(90, 8, (400, 820)), 0, 255).astype(np.uint8)
    for left, label, length in ((0, "500 nm", 200), (420, "2 mm", 100)):
        gray[360:367, left + 60 : left + 60 + length] = 255
        cv2.putText(gray, label, (left + 70, 345), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    path = tmp_path / "figure.png"
    cv2.imwrite(str(path), gray)
    assert main(["scale", str(path)]) == 0
    said = capsys.readouterr()
    assert "unknown" in said.out
    assert "500 nm" in said.err and "2 mm" in said.err
    assert main(["scale", str(path), "--json", "--panel", "420,0,820,400"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert facts["pixel_size_nm"] == pytest.approx(20_000, rel=0.01)
    assert facts["bar_box"][0] == pytest.approx(480, abs=1)
    assert [bar["text"] for bar in facts["bars"]] == ["2 mm"]
    assert main(["scale", str(path), "--panel", "420,0,9820,400"]) == 1
    assert "reaches out" in capsys.readouterr().err
