"""What every test shares: thread settings, the hypothesis profile, and where data lies."""

import os
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
        pytest.skip(
            f"no real data: {folder} is no folder; set UNIAIMS_DATA to one of <set>/images and <set>/masks"
        )
    return folder


@pytest.fixture(scope="session")
def sample_image(repository: Path) -> Path:
    """The shipped sample micrograph."""
    return repository / "src" / "uniaims" / "samples" / "powder.tif"
