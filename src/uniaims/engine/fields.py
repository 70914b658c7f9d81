"""What a network said of images, kept as files: the tools that propose instances ask it again."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from uniaims.errors import InputError
from uniaims.segmenter import Prediction

IN_MEMORY = 4
"""So many predictions are held; each takes four bytes a working pixel."""


@dataclass
class FieldCache:
    """The predictions of a data folder.

    Attributes:
        folder: where they lie; they can be made anew.
    """

    folder: Path
    _held: "OrderedDict[tuple[Path, int], Prediction]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def path(self, sha256: str, page: int) -> Path:
        """Where the prediction for a page of a file lies: that of the model that looked at it last."""
        return self.folder / f"{sha256}_{page}.safetensors"

    def get(self, sha256: str, page: int) -> Prediction | None:
        """The prediction for a page of a file; ``None`` if there is none, or it is damaged."""
        path = self.path(sha256, page)
        try:
            key = (path, path.stat().st_mtime_ns)
        except FileNotFoundError:
            return None
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        try:
            prediction = Prediction.load(path)
        except InputError:
            return None
        with self._lock:
            self._held[key] = prediction
            while len(self._held) > IN_MEMORY:
                self._held.popitem(last=False)
        return prediction
