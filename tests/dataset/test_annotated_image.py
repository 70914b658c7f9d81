"""An annotated image fits together, or is refused."""

import numpy as np
import pytest

from uniaims.dataset import AnnotatedImage, ImageRecord, InstanceMasks
from uniaims.errors import LabelsError

RECORD = ImageRecord("a", "a.png", width_px=6, height_px=4)


def test_all_is_of_one_size():
    ignored = np.zeros((4, 6), np.bool_)
    assert AnnotatedImage(RECORD, InstanceMasks.none((4, 6)), ignored=ignored).ignored is ignored
    with pytest.raises(LabelsError, match=r"'a': its instances belong to an image of \(6, 4\)"):
        AnnotatedImage(RECORD, InstanceMasks.none((6, 4)))
    with pytest.raises(LabelsError, match=r"'a': its ignored region has \(6, 4\) pixels"):
        AnnotatedImage(RECORD, InstanceMasks.none((4, 6)), ignored=ignored.T)
