"""What is there to be detected."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.training.detection.assignment import Truth  # noqa: E402


def truth(*boxes, classes=None):
    chosen = torch.tensor([boxes], dtype=torch.float32)
    names = torch.tensor([classes or [0] * len(boxes)])
    return Truth(chosen, names, torch.ones(1, len(boxes), dtype=torch.bool))
