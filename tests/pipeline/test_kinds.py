"""Kinds of objects from the network to the files: a small network with random weights and two kinds."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars
import pytest

from uniaims.dataset.exchange import FORMATS
from uniaims.networks.card import ModelCard, NetworkSettings
from uniaims.pipeline import Analysis, AnalysisSettings, analyse
from uniaims.segmenter import Segmenter, SegmenterSettings

torch = pytest.importorskip("torch")
KINDS = ("pore", "grain")
SETTINGS = AnalysisSettings(SegmenterSettings(diameter_px=24.0, minimum_confidence=0.0), scale_bar=False)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    from uniaims.networks.flownet import FlowNet
    from uniaims.networks.weights import save_weights

    torch.manual_seed(0)
    network = NetworkSettings(widths=(8, 16), depths=(1, 1), kinds=KINDS)
    folder = tmp_path_factory.mktemp("tiny")
    save_weights(folder / "tiny.safetensors", FlowNet(network), ModelCard("tiny", network, nominal_diameter_px=24.0))
    noise = np.random.default_rng(2).normal(size=(130, 160))
    image = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 5), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    cv2.imwrite(str(folder / "image.png"), image)
    settings = replace(SETTINGS, segmenter=replace(SETTINGS.segmenter, model=str(folder / "tiny.safetensors")))
    return analyse(folder / "image.png", settings)


def test_each_row_has_the_kind_of_its_instance(analysis: Analysis, tmp_path: Path) -> None:
    assert len(analysis.segmentation) > 3
    assert set(analysis.segmentation.kind_names) <= set(KINDS)
    summary = analysis.save(tmp_path / "result")
    for read, name in ((polars.read_parquet, "measurements.parquet"), (polars.read_csv, "measurements.csv")):
        table = read(tmp_path / "result" / name)
        assert tuple(table["kind"]) == analysis.segmentation.kind_names
    assert tuple(summary.kinds) == KINDS
    assert sum(each["instance_count"] for each in summary.kinds.values()) == len(analysis.segmentation)
    covered = sum(each["area_fraction"] for each in summary.kinds.values())
    assert covered == pytest.approx(summary.area_fraction)
    assert json.loads((tmp_path / "result" / "summary.json").read_text(encoding="utf-8"))["kinds"] == summary.kinds
    assert 'data-kind="1"' in (tmp_path / "result" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["coco", "labelme"])
def test_other_programs_get_the_kinds(analysis: Analysis, tmp_path: Path, name: str) -> None:
    FORMATS[name].write([analysis.entry()], tmp_path / name)
    (read,) = FORMATS[name].read(tmp_path / name)
    assert Counter(read.instances.kinds) == Counter(analysis.segmentation.kind_names)
    assert len(read.instances) == len(analysis.segmentation)


def test_a_model_without_kinds_gives_no_column(slope_model: Any, cones: Callable[..., Any], tmp_path: Path) -> None:
    analysis = analyse(cones(90, 100).image, SETTINGS, Segmenter(slope_model, SETTINGS.segmenter))
    assert "kind" not in analysis.measurements.table.columns
    assert analysis.save(tmp_path / "result").kinds == {}
    entry = analysis.entry()
    assert (len(entry.instances), entry.instances.kinds) == (len(analysis.segmentation), ())
    assert entry.record.review_state == "suggested"
