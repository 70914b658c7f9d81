"""Samples that crops are cut from."""

from pathlib import Path

import numpy as np

from uniaims.dataset import Sample
from uniaims.micrograph import Micrograph
from uniaims.training import TrainingSettings


def discs(side=200, radius=12, pitch=40):
    y, x = np.mgrid[:side, :side]
    cell = (y // pitch) * (side // pitch) + x // pitch + 1
    inside = np.hypot(y % pitch - pitch / 2, x % pitch - pitch / 2) < radius
    return np.where(inside, cell, 0).astype(np.uint32)


def sample_of(labels, known=None):
    gray = np.where(labels > 0, 180, 40).astype(np.uint8)
    known = np.ones(labels.shape, bool) if known is None else known
    return Sample("discs", Micrograph(gray), labels, known)


def settings(**changes):
    return TrainingSettings(data=(Path("a"),), output=Path("b"), crop_px=64, batch=3, **changes)
