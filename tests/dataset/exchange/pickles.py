"""Pickles that are written for the tests."""

from pathlib import Path
from typing import Any

import numpy as np

from uniaims.dataset.exchange import FORMATS

CELLPOSE = FORMATS["cellpose"]


def save(path: Path, content: Any) -> Path:
    np.save(path, np.array(content, object), allow_pickle=True)
    return path
