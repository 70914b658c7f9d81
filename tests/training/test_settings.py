"""Settings of a training."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import SettingsError  # noqa: E402
from uniaims.training.trainer import train  # noqa: E402


@pytest.mark.parametrize(
    "change",
    [
        {"data": ()},
        {"steps": 0},
        {"crop_px": 100},
        {"shares": (1.0, 2.0)},
        {"shares": (0.0,)},
        {"shares": (-1.0,)},
        {"shares": (np.nan,)},
        {"seed": -1},
        {"seed": 2**63},
        {"patience": -1},
        {"minutes": -1.0},
        {"warmup_steps": -5},
        {"weight_decay": np.inf},
        {"learning_rate": np.nan},
        {"average_decay": 2.0},
        {"widths": (8, 0)},
        {"depths": (0, 1)},
        {"name": "last"},
        {"name": ""},
        {"name": "../other"},
    ],
    ids=str,
)
def test_settings_are_checked(settings, change):
    with pytest.raises(SettingsError, match=r"wanted|no training data"):
        replace(settings, **change)


def test_a_date_serves_as_seed(settings):
    assert train(replace(settings, steps=1, seed=20261231)).steps == 1
