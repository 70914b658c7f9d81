"""Evaluation of a dataset: the figures of each image and of the set; what nobody labelled does not count."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from uniaims.errors import InputError
from uniaims.pipeline import evaluate_dataset
from uniaims.segmenter import Segmenter, SegmenterSettings


@pytest.fixture
def segmenter(slope_model: Any) -> Segmenter:
    return Segmenter(slope_model, SegmenterSettings(diameter_px=24.0))


def write(folder: Path, stem: str, **images: np.ndarray) -> None:
    for kind, image in images.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / kind / f"{stem}.png"), image.astype(np.uint16) if kind != "images" else image)


def test_figures_of_each_image_and_of_the_set(segmenter: Segmenter, cones: Callable[..., Any], tmp_path: Path) -> None:
    good, bad = cones(120, 120, 1), cones(120, 120, 2)
    write(tmp_path, "good", images=good.image, masks=good.labels)
    write(tmp_path, "bad", images=bad.image, masks=np.zeros_like(bad.labels))
    told: list[tuple[str, int, int]] = []
    evaluation = evaluate_dataset(tmp_path, segmenter, lambda *step: told.append(step))
    assert list(evaluation.images) == ["bad", "good"]
    assert (evaluation.images["good"].ap50, evaluation.images["bad"].ap50) == (1.0, 0.0)
    assert evaluation.whole.mean.ap50 == 0.5
    assert evaluation.whole.pooled.true_count == good.labels.max()
    assert set(evaluation.as_dict()) == {"images", "image_count", "mean", "pooled"}
    assert ("images", 2, 2) in told


def test_what_nobody_labelled_is_neither_right_nor_wrong(
    segmenter: Segmenter, cones: Callable[..., Any], tmp_path: Path
) -> None:
    truth = cones(120, 120)
    unknown = np.zeros_like(truth.labels)
    unknown[60:] = 1
    write(tmp_path, "half", images=truth.image, masks=np.where(unknown, 0, truth.labels), ignore=unknown)
    assert evaluate_dataset(tmp_path, segmenter).images["half"].ap50 == 1.0


def test_a_folder_that_is_no_dataset_is_refused(segmenter: Segmenter, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="images"):
        evaluate_dataset(tmp_path, segmenter)
