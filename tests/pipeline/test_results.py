"""Results on the disk: the summary comes back as it was written, old ones too."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.pipeline import Analysis, Summary, analyse
from uniaims.pipeline.results import RESULT_FILES, ResultFolder, read_results


@pytest.fixture
def analysis(slope_model_loaded: Any, cones: Any) -> Analysis:
    return analyse(cones(60, 70).image)


def test_a_summary_comes_back(analysis: Analysis) -> None:
    summary = analysis.summary
    back = Summary.from_json(summary.to_json())
    assert back.content_edges == summary.content_edges
    assert back.to_json() == summary.to_json()


def test_a_summary_of_an_older_version_is_read(analysis: Analysis) -> None:
    old = json.loads(analysis.summary.to_json())
    for name in ("image_state", "notes", "is_unsure", "content_edges", "working_scale", "contradictions"):
        del old[name]
    back = Summary.from_json(json.dumps(old | {"of another time": 1}))
    assert (back.image_state, back.notes, back.is_unsure, back.contradictions) == (None, (), None, ())
    assert back.content_edges == Box(0, 0, 60, 70)
    assert back.working_scale == analysis.summary.working_scale


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '"image"', "{"])
def test_what_is_no_summary_is_no_result(text: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "summary.json").write_text(text)
    assert ResultFolder.at(tmp_path / "a") is None
    assert read_results(tmp_path) == {}
    with pytest.raises(ValueError):
        Summary.from_json(text)


def test_a_folder_is_complete_with_all_its_files(analysis: Analysis, tmp_path: Path) -> None:
    analysis.save(tmp_path / "a")
    (found,) = read_results(tmp_path).values()
    assert found.is_complete
    assert found.name == "a"
    assert np.isclose(found.table().height, analysis.summary.instance_count)
    (tmp_path / "a" / RESULT_FILES[0]).unlink()
    assert not read_results(tmp_path)["a"].is_complete


@pytest.mark.parametrize(
    "odd", ['"content": null', '"content": [1, 2]', '"content_edges": {"top": 1}', '"settings": null']
)
def test_an_odd_summary_is_none(odd: str) -> None:
    with pytest.raises(ValueError, match="no "):
        Summary.from_json(f'{{"image": "a", {odd}}}')
