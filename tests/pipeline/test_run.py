"""One image of a batch: failures become outcomes, stops do not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from uniaims.pipeline import AnalysisSettings, analyse_batch, run
from uniaims.pipeline.plan import BatchImage
from uniaims.pipeline.run import ImageRun


def importing(*_: Any, **__: Any) -> None:
    """What a library's import makes of a stop."""
    raise ImportError("initialization failed") from KeyboardInterrupt(15)


def test_a_stop_that_a_library_takes_for_another_error_stops_the_batch(
    slope_model_loaded: Any, cones: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for name in "ab":
        cv2.imwrite(str(tmp_path / "in" / f"{name}.png"), cones(90, 100).image)
    monkeypatch.setattr(run, "analyse", importing)
    result = analyse_batch([tmp_path / "in"], tmp_path / "out")
    assert (result.interrupted, result.signal) == (True, 15)
    assert result.outcomes == ()


def test_an_import_that_fails_of_itself_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ImportError("no such library")

    monkeypatch.setattr(run, "analyse", broken)
    one = ImageRun(BatchImage(tmp_path / "a.png", tmp_path / "out" / "a"), AnalysisSettings())
    outcome = one.run(None)  # type: ignore[arg-type]
    assert outcome.status == "failed"
    assert "ImportError: no such library" in outcome.message
