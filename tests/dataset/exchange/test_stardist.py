"""StarDist's folders."""

from pathlib import Path

import numpy as np
import pytest

from uniaims.dataset.exchange import FORMATS, detect
from uniaims.errors import InputError

from .label_images import labels, put


def test_stardist_parts_are_splits(tmp_path: Path) -> None:
    for part in ("train", "test"):
        put(tmp_path / part / "images" / "a.tif", np.zeros((12, 10), np.uint8))
        put(tmp_path / part / "masks" / "a.tif", labels())
    assert detect(tmp_path).name == "stardist"
    found = [(entry.record.image_id, entry.record.split) for entry in FORMATS["stardist"].read(tmp_path)]
    assert found == [("train__a", "train"), ("test__a", "test")]


def test_stardist_masks_need_images(tmp_path: Path) -> None:
    put(tmp_path / "masks" / "a.tif", labels())
    with pytest.raises(InputError, match="no image of the same name"):
        list(FORMATS["stardist"].read(tmp_path))
