"""Figures of bodies."""

from uniaims.synthesis import shapes
from uniaims.synthesis.relief import rasterise


def area(body: shapes.Body) -> int:
    patch = rasterise(body, 0.0, 0.0)
    return int((patch.upper > -1e29).sum())
