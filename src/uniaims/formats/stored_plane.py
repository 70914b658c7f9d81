"""Uncompressed planes at a known place in a file: read at once, or mapped where they are large."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.lazy import EAGER_BYTES


def stored_plane(path: Path, dtype: np.dtype[Any], offset: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """Values of `dtype` that begin at byte `offset` of a file, in C order; mapped when above 64 MiB.

    Raises:
        ImageError: if the file ends before.
    """
    count = int(np.prod(shape, dtype=np.int64))
    end, available = offset + count * dtype.itemsize, path.stat().st_size
    if offset < 0 or end > available:
        raise ImageError(
            f"the file has {available:,} bytes, its pixels end at byte {end:,}: it is cut short; copy it again"
        )
    if count * dtype.itemsize > EAGER_BYTES:
        return np.memmap(path, dtype, "r", offset, shape)
    with path.open("rb") as stream:
        stream.seek(offset)
        values = np.frombuffer(stream.read(count * dtype.itemsize), dtype)
    return values.reshape(shape).astype(dtype.newbyteorder("="))
