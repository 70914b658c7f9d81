"""What every test shares: thread settings, the hypothesis profile, and where data lies."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Set before any test imports NumPy, Numba or ONNX Runtime: two test processes must not fight over the cores, and
# threads that wait must sleep. Two Numba threads are kept, so that thread invariance can be tested.
THREADS = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "2",
}
os.environ.update({name: os.environ.get(name, value) for name, value in THREADS.items()})

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from uniaims.networks.card import ModelCard, NetworkSettings, Normalisation  # noqa: E402
from uniaims.runtime import ModelInfo  # noqa: E402
from uniaims.scalebar import ScaleReading  # noqa: E402

# Where the tests run in the background of a shell, Ctrl-C is ignored by them and all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "uniaims",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("uniaims")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real micrographs: ``UNIAIMS_DATA``, else ``../shared/data`` beside the repository."""
    folder = Path(os.environ.get("UNIAIMS_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is no folder; set UNIAIMS_DATA to one of <set>/images and <set>/masks")
    return folder


@pytest.fixture(scope="session")
def sample_image(repository: Path) -> Path:
    """The shipped sample micrograph."""
    return repository / "src" / "uniaims" / "samples" / "powder.tif"


@dataclass(frozen=True)
class SlopeModel:
    """Stands in for a network: takes the image for the topography, and follows its slope uphill.

    It sees one pixel around each, so that tiles of any size give it the same to see.
    """

    info: ModelInfo

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `uniaims.runtime.Model.predict`."""
        return np.stack([self._fields(tile[0]) for tile in batch])

    @staticmethod
    def _fields(tile: NDArray[np.float32]) -> NDArray[np.float32]:
        slope = np.stack([cv2.Sobel(tile, cv2.CV_32F, 0, 1), cv2.Sobel(tile, cv2.CV_32F, 1, 0)])
        flow = slope / np.maximum(np.hypot(*slope), 1e-6)
        return np.concatenate([np.clip(20 * tile, 0, 1)[None], flow, np.clip(tile, 0, 1)[None]]).astype(np.float32)


@dataclass(frozen=True)
class Cones:
    """An image (H, W) uint8 of bright cones and its true labels uint32."""

    image: NDArray[np.uint8]
    labels: NDArray[np.uint32]


@pytest.fixture(scope="session")
def slope_model() -> SlopeModel:
    """A stand-in for a network, that finds cones (see ``cones``) without weights."""
    card = ModelCard("slope", NetworkSettings(widths=(8, 16, 16), depths=(1, 1, 1)), Normalisation(0, 100), 24.0)
    return SlopeModel(ModelInfo(card, Path("slope.onnx"), "5" * 64, "cpu"))


@pytest.fixture
def slope_model_loaded(slope_model: SlopeModel, monkeypatch: pytest.MonkeyPatch) -> SlopeModel:
    """The stand-in, which ``Segmenter.load`` then gives for every name; its cones have no scale bar to look for."""
    monkeypatch.setattr("uniaims.segmenter.segmentation.load_model", lambda *_: slope_model)
    monkeypatch.setattr("uniaims.pipeline.analysis.scan_scale", lambda *_: ScaleReading(None))
    return slope_model


@pytest.fixture(scope="session")
def cones() -> Callable[..., Cones]:
    """Makes images of cones: ``cones(height, width, seed=0, diameter=24)``."""

    def make(height: int, width: int, seed: int = 0, diameter: int = 24) -> Cones:
        rng = np.random.default_rng(seed)
        labels = np.zeros((height, width), np.int32)
        step = diameter * 5 // 4
        for label, (row, column) in enumerate(np.ndindex(height // step, width // step), start=1):
            centre = (column * step + step // 2, row * step + step // 2)
            cv2.circle(labels, centre, int(rng.integers(diameter * 2 // 5, diameter * 3 // 5)), label, -1)
        depth = cv2.distanceTransform((labels > 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return Cones((depth * (240 / max(depth.max(), 1))).astype(np.uint8), labels.astype(np.uint32))

    return make
