from pathlib import Path

import numpy as np
import pytest

from uniaims.errors import ImageError
from uniaims.formats import stored_plane as module
from uniaims.formats.stored_plane import stored_plane

VALUES = np.arange(24, dtype=">u2").reshape(4, 6)


@pytest.mark.parametrize("eager_bytes", [0, 1000])
def test_read_or_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eager_bytes: int) -> None:
    monkeypatch.setattr(module, "EAGER_BYTES", eager_bytes)
    (tmp_path / "a").write_bytes(b"header" + VALUES.tobytes())
    plane = stored_plane(tmp_path / "a", VALUES.dtype, 6, (4, 6))
    assert np.array_equal(plane, VALUES)
    assert isinstance(plane, np.memmap) is (eager_bytes == 0)


@pytest.mark.parametrize("offset", [-1, 7, 10**12])
def test_outside_the_file(tmp_path: Path, offset: int) -> None:
    (tmp_path / "a").write_bytes(b"header" + VALUES.tobytes())
    with pytest.raises(ImageError, match="cut short"):
        stored_plane(tmp_path / "a", VALUES.dtype, offset, (4, 6))
