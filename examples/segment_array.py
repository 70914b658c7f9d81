"""Segment a picture that never was a file: any NumPy array will do.

Run it as ``python examples/segment_array.py``.
"""

import numpy as np

import uniaims


def bright_discs(side: int = 512, radius: int = 24) -> np.ndarray:
    """A noisy picture (side, side) uint8 with 25 bright discs."""
    rows, columns = np.mgrid[:side, :side]
    spacing = side // 5
    row = (rows % spacing) - spacing // 2
    column = (columns % spacing) - spacing // 2
    image = np.where(row**2 + column**2 < radius**2, 160.0, 70.0)
    noise = np.random.default_rng(0).normal(0, 10, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8)


def main() -> None:
    """Segment, measure in micrometres per pixel, print the table."""
    segmentation = uniaims.Segmenter.load("general")(bright_discs())
    measurements = uniaims.measure(segmentation.labels, "0.5 µm", confidence=segmentation.confidence)
    print(measurements.to_polars())


if __name__ == "__main__":
    main()
