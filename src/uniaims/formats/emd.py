"""EMD, two unlike formats in HDF5: that of Thermo Fisher Velox, and that of Berkeley (openNCEM, py4DSTEM)."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.calibration import understood
from uniaims.formats.instrument_text import kilovolts, magnification, number
from uniaims.formats.lazy import EAGER_BYTES, LazyPixels, Pixels
from uniaims.formats.lengths import length_nm, nanometres_per
from uniaims.formats.raw_image import Acquisition, Calibration, Reading, check_promise, check_size, page_place

_LARGEST_CHUNK_BYTES = 2**31
_LARGEST_METADATA_BYTES = 2**24
_VELOX_IMAGES = "Data/Image"


@dataclass(frozen=True)
class Stack:
    """A dataset of planes; `frames_last` is Velox's order (H, W, N), else the leading axes count planes."""

    group: str
    dataset: str
    shape: tuple[int, ...]
    frames_last: bool

    @property
    def count(self) -> int:
        """Number of planes."""
        return math.prod(self.shape[2:] if self.frames_last else self.shape[:-2])

    @property
    def plane_shape(self) -> tuple[int, int]:
        """(H, W)."""
        sizes = self.shape[:2] if self.frames_last else self.shape[-2:]
        return (sizes[0], sizes[1])

    def key(self, plane: int, rows: slice, columns: slice) -> tuple[Any, ...]:
        """Index of a window of plane number `plane`."""
        if self.frames_last:
            return (rows, columns, *np.unravel_index(plane, self.shape[2:]))
        return (*np.unravel_index(plane, self.shape[:-2]), rows, columns)


def read(path: Path, page: int = 0) -> Reading:
    """Read plane `page`, counted over all images of the file and the frames of each."""
    with h5py.File(path, "r", locking=False) as file:
        is_velox = isinstance(file.get(_VELOX_IMAGES), h5py.Group)
        stacks = _velox_stacks(file) if is_velox else _berkeley_stacks(file)
        counts = [stack.count for stack in stacks]
        place = page_place(page, counts)
        stack = stacks[place.stack]
        height, width = stack.plane_shape
        check_size(width, height)
        if is_velox:
            calibration = understood("Velox metadata", partial(_velox_calibration, file, stack, place.plane))
        else:
            calibration = understood("EMD axes", partial(_berkeley_calibration, file, stack))
        pixels = _pixels(path, file, stack, place.plane)
    return Reading(pixels, (calibration,), (), sum(counts))


def _pixels(path: Path, file: Any, stack: Stack, plane: int) -> Pixels:
    dataset = file[stack.dataset]
    _check_stored(file, dataset)
    height, width = stack.plane_shape
    check_promise(width, height, dataset.id.get_storage_size(), dataset.dtype.itemsize)
    if height * width * dataset.dtype.itemsize <= EAGER_BYTES:
        return np.asarray(dataset[stack.key(plane, slice(0, height), slice(0, width))])
    return LazyPixels((height, width), dataset.dtype, partial(_window, path, stack, plane))


def _check_stored(file: Any, dataset: Any) -> None:
    """Refuse a dataset that lies in other files, holds nothing, or in pieces that unpack to far more than is stored."""
    if dataset.file.id != file.id or dataset.external or dataset.is_virtual:
        raise ImageError("the file keeps its pixels in other files: give a file that holds them itself")
    stored_bytes = dataset.id.get_storage_size()
    if stored_bytes == 0:
        raise ImageError("the file declares an image but holds no pixels of it: export it again")
    chunk_bytes = math.prod(dataset.chunks or (1,)) * dataset.dtype.itemsize
    if chunk_bytes > _LARGEST_CHUNK_BYTES:
        raise ImageError(f"the pixels are stored in pieces of {chunk_bytes:,} bytes: the file is damaged")
    check_promise(1, chunk_bytes, stored_bytes)


def _window(path: Path, stack: Stack, plane: int, rows: slice, columns: slice) -> NDArray[Any]:
    with h5py.File(path, "r", locking=False) as file:
        return np.asarray(file[stack.dataset][stack.key(plane, rows, columns)])


def _velox_stacks(file: Any) -> list[Stack]:
    groups = file[_VELOX_IMAGES]
    stacks = []
    for name in sorted(groups):
        dataset = groups[name].get("Data") if isinstance(groups[name], h5py.Group) else None
        if isinstance(dataset, h5py.Dataset) and dataset.ndim >= 2 and dataset.dtype.kind in "iufc":
            group = f"{_VELOX_IMAGES}/{name}"
            stacks.append(Stack(group, f"{group}/Data", dataset.shape, frames_last=True))
    return stacks


def _velox_calibration(file: Any, stack: Stack, plane: int, source: str) -> Calibration:
    """JSON text in the columns of a byte array, one column for each plane."""
    stored = file[f"{stack.group}/Metadata"]
    _check_stored(file, stored)
    if stored.shape[0] > _LARGEST_METADATA_BYTES:
        raise ValueError(f"{stored.shape[0]:,} bytes of text")
    column = np.asarray(stored[:, min(plane, stored.shape[1] - 1)], dtype=np.uint8)
    facts = json.loads(column.tobytes().split(b"\0", 1)[0])
    result = facts.get("BinaryResult", {})
    sides = result.get("PixelSize", {})
    width = length_nm(str(sides.get("width", "")), result.get("PixelUnitX", "m"))
    height = length_nm(str(sides.get("height", "")), result.get("PixelUnitY", "m"))
    return Calibration(source, width, height, _velox_acquisition(facts))


def _velox_acquisition(facts: dict[str, Any]) -> Acquisition:
    def at(*names: str) -> Any:
        """What lies at a path of keys; None where there is nothing."""
        value: Any = facts
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    seconds = number(str(at("Acquisition", "AcquisitionStartDatetime", "DateTime") or ""))
    return Acquisition(
        instrument=at("Instrument", "InstrumentModel") or at("Instrument", "InstrumentClass"),
        detector=at("BinaryResult", "Detector"),
        voltage_kv=kilovolts(at("Optics", "AccelerationVoltage")),
        magnification=magnification(str(at("CustomProperties", "StemMagnification", "value") or "")),
        date=datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds") if seconds else None,
    )


def _berkeley_stacks(file: Any) -> list[Stack]:
    """Groups marked by ``emd_group_type``; images have two axes of more than one value."""
    stacks: list[Stack] = []

    def visit(name: str, node: Any) -> None:
        """Note a group that holds an array."""
        if not isinstance(node, h5py.Group) or _text(node.attrs.get("emd_group_type", "")) not in {"1", "array"}:
            return
        dataset = node.get("data")
        if isinstance(dataset, h5py.Dataset) and dataset.ndim >= 2 and dataset.dtype.kind in "biufc":
            stacks.append(Stack(name, f"{name}/data", dataset.shape, frames_last=False))

    file.visititems(visit)
    return stacks


def _berkeley_calibration(file: Any, stack: Stack, source: str) -> Calibration:
    """Each axis has a vector of its values, ``dim1`` (or ``dim0``, in newer files) for the first one."""
    group = file[stack.group]
    first = 0 if "dim0" in group else 1
    axes = len(stack.shape)
    sides = []
    for axis in (axes - 1, axes - 2):
        vector = group.get(f"dim{axis + first}")
        if isinstance(vector, h5py.Dataset):
            _check_stored(file, vector)
        sides.append(_step_nm(vector) if isinstance(vector, h5py.Dataset) else None)
    return Calibration(source, sides[0], sides[1], _berkeley_acquisition(file))


def _step_nm(vector: Any) -> float | None:
    """Distance of the values of an axis in nm. Units are written as ``[n_m]``."""
    factor = nanometres_per(_text(vector.attrs.get("units", "")).strip("[]").replace("_", ""))
    if factor is None or vector.ndim != 1 or len(vector) < 2:
        return None
    return abs(float(vector[-1]) - float(vector[0])) / (len(vector) - 1) * factor


def _berkeley_acquisition(file: Any) -> Acquisition:
    group = file.get("microscope")
    if not isinstance(group, h5py.Group):
        return Acquisition()
    facts = {name.lower(): _text(value) for name, value in group.attrs.items()}
    voltage, unit = facts.get("voltage") or facts.get("high tension"), facts.get("voltage_units", "V").strip("[]")
    return Acquisition(
        instrument=facts.get("microscope name") or facts.get("name") or None,
        voltage_kv=kilovolts(voltage, unit.replace("_", "")),
    )


def _text(value: Any) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
