"""Result folders made without an analysis."""

import json
from pathlib import Path

import numpy as np
import polars
from numpy.typing import NDArray

from uniaims.pipeline.results import RESULT_FILES, SUMMARY


def write_result(
    folder: Path, sizes: NDArray[np.float64], *, image: str = "", pixel_size_nm: float | None = 2.0, **settings: object
) -> Path:
    """A finished folder of an image with objects of these diameters, none of which is cut by the border."""
    folder.mkdir(parents=True)
    for name in RESULT_FILES:
        (folder / name).touch()
    unit = "px" if pixel_size_nm is None else "nm"
    area = np.pi / 4 * sizes**2
    table = {f"equivalent_diameter_{unit}": sizes, f"area_{unit}2": area, "touches_border": np.zeros(len(sizes), bool)}
    polars.DataFrame(table).write_parquet(folder / "measurements.parquet")
    summary = {
        "image": str(folder.parent / (image or f"{folder.name}.tif")),
        "pixel_size_nm": pixel_size_nm,
        "settings": settings,
        "model": "general",
        "model_hash": "0" * 64,
        "version": "1",
    }
    (folder / SUMMARY).write_text(json.dumps(summary))
    return folder
