"""Label images: checked, renumbered, outlined, written and read.

Labels are an integer image: 0 is background, 1..N are the instances, held as uint32 because a large image can hold
more than 65,535 of them.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

from uniaims.atomic import atomic_file
from uniaims.errors import LabelsError

Labels = npt.NDArray[np.uint32]

LARGEST_LABEL = 2**32 - 1


def check_labels(array: npt.ArrayLike) -> Labels:
    """Return ``array`` as a contiguous uint32 label image (H, W).

    Args:
        array: (H, W) booleans (True becomes instance 1), integers of any type, or floats that hold whole numbers;
            axes of length 1 in front or behind are dropped.

    Raises:
        LabelsError: if the array is no label image; the message says what to do.
    """
    labels = np.asarray(array)
    if labels.dtype == np.uint32 and labels.ndim == 2:
        return np.ascontiguousarray(labels)
    if labels.dtype.kind not in "biuf":
        raise LabelsError(f"labels have the type {labels.dtype}; give whole numbers, 0 for the background.")
    while labels.ndim > 2 and 1 in (labels.shape[0], labels.shape[-1]):
        labels = labels[0] if labels.shape[0] == 1 else labels[..., 0]
    if labels.ndim != 2:
        raise LabelsError(
            f"labels have the shape {labels.shape}; give one number per pixel, (height, width). "
            "A colour picture of a mask has to be turned into numbers first."
        )
    _check_values(labels)
    return np.ascontiguousarray(labels, dtype=np.uint32)


def _check_values(labels: npt.NDArray[np.generic]) -> None:
    """Refuse values that are no label: negative, fractional, not finite, or above 2**32 - 1."""
    if labels.size == 0 or labels.dtype.kind == "b":
        return
    low, high = labels.min(), labels.max()
    if labels.dtype.kind == "f" and not (np.isfinite(low) and np.isfinite(high)):
        raise LabelsError("labels hold NaN or infinity; give whole numbers, 0 for the background.")
    if low < 0 or high > LARGEST_LABEL:
        raise LabelsError(f"labels run from {low} to {high}; give numbers from 0 (background) to {LARGEST_LABEL}.")
    if labels.dtype.kind == "f" and not np.array_equal(labels, np.floor(labels)):  # type: ignore[arg-type]
        raise LabelsError("labels hold fractions; give whole numbers (is this a probability map? threshold it first).")


def relabel(labels: npt.ArrayLike) -> Labels:
    """Return the labels renumbered 1..N without gaps, in their old order."""
    checked = check_labels(labels)
    values, index = np.unique(checked, return_inverse=True)
    offset = 0 if values.size and values[0] == 0 else 1
    return (index.reshape(checked.shape) + offset).astype(np.uint32)


def write_labels(path: str | Path, labels: npt.ArrayLike) -> None:
    """Write labels (H, W) as a compressed TIFF of uint32 (BigTIFF above 2 GB)."""
    checked = check_labels(labels)
    with atomic_file(Path(path)) as temporary:
        tifffile.imwrite(temporary, checked, compression="zlib", predictor=True, bigtiff=checked.nbytes > 2**31)
