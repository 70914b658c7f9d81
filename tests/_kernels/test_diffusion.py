"""Heat in instances: one peak, no underflow."""

import cv2
import numpy as np
import pytest

from uniaims._kernels import diffusion
from uniaims.flows import (
    fields_from_labels,
    labels_from_fields,
)
from uniaims.matching import evaluate

from ..shapes import EXACT, SHAPES, canvas


@pytest.mark.parametrize("name", SHAPES)
def test_heat_has_one_peak_in_any_shape(name):
    """Following the largest step up the heat ends at one pixel: tested on the flow, which points up the heat."""
    labels = canvas(SHAPES[name])
    fields = fields_from_labels(labels)
    length = np.hypot(*fields.flow)
    inside = labels > 0
    assert np.all(length[~inside] == 0)
    assert np.all((np.abs(length[inside] - 1) < 1e-5) | (length[inside] == 0))
    assert (length[inside] == 0).mean() <= max(0.02, 1 / inside.sum())


def test_long_lines_do_not_underflow():
    labels = np.zeros((3, 6000), np.uint32)
    labels[1] = 1
    fields = fields_from_labels(labels)
    assert np.count_nonzero(fields.flow[1, 1] == 0) <= 1
    assert np.all(fields.flow[1, 1, :2990] == 1)
    assert np.all(fields.flow[1, 1, 3010:] == -1)
    assert labels_from_fields(fields, EXACT).max() == 1


def test_large_instance_next_to_small_ones_keeps_one_centre():
    image = np.zeros((700, 700), np.int32)
    cv2.circle(image, (350, 350), 300, 1, -1)
    for number, angle in enumerate(np.linspace(0, 2 * np.pi, 30, endpoint=False), 2):
        cv2.circle(image, (int(350 + 320 * np.cos(angle)), int(350 + 320 * np.sin(angle))), 12, number, -1)
    labels = image.astype(np.uint32)
    score = evaluate(labels, labels_from_fields(fields_from_labels(labels)))
    assert score.average_precisions[8] == 1


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_heat_solved_coarse_first_points_the_same_way(levels):
    image = canvas(SHAPES["disc"])
    weight = np.pad(image, 1) * 0.125
    plain = diffusion.dense_heat(weight, (65, 65), 0, 20_000, 0)
    quick = diffusion.dense_heat(weight, (65, 65), levels, 400, diffusion.MORE_SWEEPS)
    slopes = [
        np.array([diffusion.dense_slope(heat, y, x) for y, x in np.argwhere(weight > 0)]) for heat in (plain, quick)
    ]
    degrees = np.degrees(np.arccos(np.clip((slopes[0] * slopes[1]).sum(1), -1, 1)))
    assert np.median(degrees) < 3
    assert np.percentile(degrees, 99) < 20
