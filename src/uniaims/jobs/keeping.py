"""A segmenter that keeps what its network says, so that instances can be asked for again without it."""

from dataclasses import dataclass
from pathlib import Path

from numpy.typing import ArrayLike

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph
from uniaims.progress import Progress
from uniaims.segmenter.prediction import Prediction
from uniaims.segmenter.segmentation import Segmenter


@dataclass(frozen=True)
class KeepingSegmenter(Segmenter):
    """The segmenter; ``path`` is where its last prediction lies."""

    path: Path = Path()

    def predict(
        self, image: Micrograph | ArrayLike | str | Path, progress: Progress | None = None, panel: Box | None = None
    ) -> Prediction:
        """Let the network see an image, and keep what it says."""
        prediction = super().predict(image, progress, panel)
        prediction.save(self.path)
        return prediction
