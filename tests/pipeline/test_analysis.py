"""One image: what is measured, what is written, and that a failure leaves nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars
import pytest
import tifffile

import uniaims
from uniaims.boxes import Box
from uniaims.errors import OutputError, PixelSizeError, SettingsError
from uniaims.micrograph import Micrograph, PixelSize
from uniaims.pipeline import Analysis, AnalysisSettings, analyse, save_measurements
from uniaims.pipeline.results import RESULT_FILES
from uniaims.segmenter import Segmenter, SegmenterSettings

SETTINGS = AnalysisSettings(SegmenterSettings(diameter_px=24.0), "2.5 nm")


@pytest.fixture(scope="module")
def analysis(slope_model: Any, cones: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    path = tmp_path_factory.mktemp("analysis") / "image.png"
    cv2.imwrite(str(path), cones(150, 180).image)
    return analyse(path, SETTINGS, Segmenter(slope_model, SETTINGS.segmenter))


def test_instances_are_measured_in_nanometres(analysis: Analysis) -> None:
    areas = np.bincount(analysis.segmentation.labels.ravel())[1:]
    np.testing.assert_allclose(analysis.measurements.values("area"), areas * 2.5**2)
    np.testing.assert_allclose(analysis.measurements.values("confidence"), analysis.segmentation.confidence)


def test_pixels_that_are_not_square(slope_model: Any, cones: Callable[..., Any], tmp_path: Path) -> None:
    image = cv2.resize(cones(240, 180).image, (180, 160), interpolation=cv2.INTER_AREA)
    settings = AnalysisSettings(SegmenterSettings(diameter_px=24.0 / 1.5**0.5), "2 x 3 nm")
    found = analyse(image, settings, Segmenter(slope_model, settings.segmenter))
    summary = found.save(tmp_path / "result")
    assert summary.pixel_size_nm == pytest.approx(6**0.5)
    assert (summary.pixel_width_nm, summary.pixel_height_nm) == pytest.approx((2, 3))
    assert np.median(found.measurements.inside().values("aspect_ratio")) < 1.1
    read = uniaims.read_image(tmp_path / "result" / "labels.tif").pixel_size
    assert (read.width_nm, read.height_nm) == pytest.approx((2, 3))
    assert "2\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}3\N{NO-BREAK SPACE}nm" in (
        tmp_path / "result" / "report.html"
    ).read_text(encoding="utf-8")


def test_of_a_figure_only_the_panel_is_analysed(slope_model: Any, cones: Callable[..., Any]) -> None:
    image, settings = cones(60, 100).image, replace(SETTINGS, panel="50,0,100,60")
    found = analyse(image, settings, Segmenter(slope_model, settings.segmenter))
    assert found.segmentation.labels.shape == (60, 100)
    assert found.segmentation.content == Box(0, 50, 60, 100)
    assert not found.segmentation.labels[:, :50].any() and len(found.measurements) > 0
    with pytest.raises(SettingsError, match="no box"):
        replace(SETTINGS, panel="90,0")


def test_all_results_are_written(analysis: Analysis, tmp_path: Path) -> None:
    analysis.save(tmp_path / "result")
    assert {path.name for path in (tmp_path / "result").iterdir()} == set(RESULT_FILES)
    labels = tifffile.imread(tmp_path / "result" / "labels.tif")
    assert labels.dtype == np.uint32
    np.testing.assert_array_equal(labels, analysis.segmentation.labels)
    table = polars.read_parquet(tmp_path / "result" / "measurements.parquet")
    assert table.height == polars.read_csv(tmp_path / "result" / "measurements.csv").height == labels.max()
    assert cv2.imread(str(tmp_path / "result" / "overlay.png")).shape == (150, 180, 3)
    assert "image.png" in (tmp_path / "result" / "report.html").read_text(encoding="utf-8")


def test_the_summary_can_be_traced(analysis: Analysis, tmp_path: Path) -> None:
    analysis.save(tmp_path / "result")
    summary = json.loads((tmp_path / "result" / "summary.json").read_text(encoding="utf-8"))
    path = analysis.micrograph.path
    assert path is not None
    assert summary["image"] == str(path.resolve())
    assert summary["image_bytes"] == path.stat().st_size
    assert summary["shape"] == [150, 180]
    assert (summary["pixel_size_nm"], summary["pixel_size_source"]) == (2.5, "given")
    assert summary["instance_count"] == len(analysis.measurements) == analysis.segmentation.labels.max()
    assert summary["border_count"] == analysis.measurements.values("touches_border").sum()
    assert summary["area_fraction"] == pytest.approx((analysis.segmentation.labels > 0).mean())
    assert (summary["model"], summary["model_hash"]) == ("slope", "5" * 64)
    assert summary["settings"]["segmenter"]["diameter_px"] == 24.0
    assert (summary["settings"]["segmenter"]["minimum_confidence"], summary["minimum_confidence"]) == (None, 0.5)
    assert summary["scale_bar"] is None
    assert summary["version"] == uniaims.__version__
    assert set(summary["seconds"]) >= {"read", "network", "instances", "measure", "write", "report"}
    assert isinstance(summary["warnings"], list)
    assert summary["content_edges"] == {"top": 0, "left": 0, "bottom": 150, "right": 180}
    assert summary["content"] == [0, 0, 150, 180]
    for old, new in (
        ("scale", "working_scale"), ("seen_well", "suited_size_fraction"), ("quality", "expected_ap50"),
    ):  # fmt: skip
        assert summary[old] == summary[new] is not None


def test_without_a_pixel_size_lengths_are_in_pixels_and_it_is_said(
    slope_model: Any, cones: Callable[..., Any], tmp_path: Path
) -> None:
    analysis = analyse(cones(100, 100).image, segmenter=Segmenter(slope_model, SETTINGS.segmenter))
    summary = analysis.save(tmp_path / "result")
    assert summary.image == "array"
    assert (summary.pixel_size_nm, summary.pixel_size_source, summary.image_bytes) == (None, None, None)
    assert any("in pixels" in warning for warning in summary.warnings)
    assert "area_px2" in analysis.measurements.table.columns


def test_the_pixel_size_given_goes_before_that_of_the_file(slope_model: Any, cones: Callable[..., Any]) -> None:
    micrograph = Micrograph(cones(100, 100).image, PixelSize(7.0, "metadata"))
    segmenter = Segmenter(slope_model, SETTINGS.segmenter)
    assert analyse(micrograph, SETTINGS, segmenter).summary.pixel_size_nm == 2.5
    from_file = analyse(micrograph, segmenter=segmenter).summary
    assert (from_file.pixel_size_nm, from_file.pixel_size_source) == (7.0, "metadata")


def test_a_failure_while_writing_leaves_what_was_there(
    analysis: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis.save(tmp_path / "result")
    before = (tmp_path / "result" / "summary.json").read_bytes()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("uniaims.pipeline.analysis.write_overlay", full)
    with pytest.raises(OutputError, match="No space left"):
        analysis.save(tmp_path / "result")
    assert (tmp_path / "result" / "summary.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_pixel_size_that_is_none_is_refused_before_any_work() -> None:
    with pytest.raises(PixelSizeError):
        AnalysisSettings(pixel_size="large")


def test_labels_of_another_program_get_tables_overlay_and_report(cones: Callable[..., Any], tmp_path: Path) -> None:
    truth = cones(90, 90)
    measurements = uniaims.measure(truth.labels, "1 nm", truth.image)
    save_measurements(tmp_path / "a", measurements, truth.labels, None, "labels")
    save_measurements(tmp_path / "b", measurements, truth.labels, Micrograph(truth.image), "labels")
    for name in "ab":
        assert {path.name for path in (tmp_path / name).iterdir()} == set(RESULT_FILES) - {"labels.tif", "summary.json"}
    alone, beside = ((tmp_path / name / "report.html").read_text(encoding="utf-8") for name in "ab")
    assert "the picture shows the labels" in alone
    assert "outlined in the label image labels" in alone
    assert "outlined in a label image of the micrograph labels" in beside


def test_a_page_of_a_stack_can_be_chosen(slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path) -> None:
    pages = [cones(90, 100, seed).image for seed in (1, 2)]
    tifffile.imwrite(tmp_path / "stack.tif", pages, photometric="minisblack")
    analysis = analyse(tmp_path / "stack.tif", AnalysisSettings(SegmenterSettings(diameter_px=24.0), page=1))
    assert (analysis.micrograph.gray() == pages[1]).all()


def test_the_scale_is_reported_with_its_reason(slope_model: Any, cones: Callable[..., Any], tmp_path: Path) -> None:
    image = cones(480, 480, diameter=72).image
    found = analyse(image, segmenter=Segmenter(slope_model))
    assert found.summary.diameter_source == "found"
    assert 36 < found.summary.diameter_px < 144
    assert found.summary.suited_size_fraction == 1.0
    found.save(tmp_path / "result")
    assert "px across, found by looking" in (tmp_path / "result" / "report.html").read_text(encoding="utf-8")
    given = analyse(image, SETTINGS, Segmenter(slope_model, SETTINGS.segmenter)).summary
    assert (given.diameter_px, given.diameter_source) == (24.0, "given")
    nothing = analyse(np.full((60, 70), 9, np.uint8), segmenter=Segmenter(slope_model)).summary
    assert (nothing.diameter_px, nothing.suited_size_fraction) == (None, None)


def test_the_method_is_told_in_sentences(slope_model: Any, cones: Callable[..., Any], tmp_path: Path) -> None:
    settings = SegmenterSettings(diameter_px=24.0, tile_px=512)
    analysis = analyse(cones(100, 100).image, AnalysisSettings(settings, "2.5 nm"), Segmenter(slope_model, settings))
    analysis.save(tmp_path / "result")
    page = (tmp_path / "result" / "report.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    for sentence in (
        "segmented one by one by a convolutional neural network and measured with Uni-AIMS",
        "particles of about 24 px (60.0 nm) across, as given by the user, had the size it knows best.",
        "Particles with a confidence below 0.5, the default of the model, were discarded.",
        "Settings other than the defaults of this version were: side of a tile 512 px.",
    ):
        assert sentence in page
    assert "Settings: " not in page
