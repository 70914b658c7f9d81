"""The shipped sample: made by our code, true to its labels, banner and metadata."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import tifffile
from scipy.ndimage import find_objects, label

from uniaims.labels import read_labels
from uniaims.micrograph import read_image
from uniaims.scalebar import read_scale

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "src" / "uniaims" / "samples"
BANNER_TOP = 888


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "examples" / "make_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return read_labels(SAMPLES / "powder_labels.tif")


def test_the_example_makes_the_shipped_files(example: ModuleType, tmp_path: Path, labels: np.ndarray) -> None:
    """Equal here; another processor may round a sum otherwise, so one grey level in a few pixels is let pass."""
    example.make_sample(tmp_path)
    made, shipped = (tifffile.imread(folder / "powder.tif").astype(int) for folder in (tmp_path, SAMPLES))
    assert np.abs(made - shipped).max() <= 1
    assert (made != shipped).mean() < 1e-4
    assert (read_labels(tmp_path / "powder_labels.tif") != labels).mean() < 1e-5


def test_each_particle_is_one_connected_piece_of_visible_size(labels: np.ndarray) -> None:
    assert labels.shape == (960, 1280)
    assert labels.max() > 300
    for number, box in enumerate(find_objects(labels.astype(np.int32)), start=1):
        mask = labels[box] == number
        assert mask.sum() >= 12
        assert label(mask)[1] == 1


def test_the_banner_holds_no_particle(labels: np.ndarray) -> None:
    assert not labels[BANNER_TOP:].any()
    assert labels[BANNER_TOP - 1].any()


def test_metadata_banner_and_field_width_agree(example: ModuleType) -> None:
    micrograph = read_image(SAMPLES / "powder.tif")
    assert micrograph.pixel_size is not None
    assert micrograph.pixel_size.source == "metadata"
    pixel_size_nm = micrograph.pixel_size.nm
    assert pixel_size_nm * 1280 == pytest.approx(example.FIELD_WIDTH_NM, rel=1e-6)
    assert micrograph.acquisition.magnification == pytest.approx(1000)
    bar = read_scale(micrograph)
    assert bar is not None
    assert (bar.value, bar.unit) == (30.0, "µm")
    assert bar.length_px * pixel_size_nm == pytest.approx(30_000, abs=0.5 * pixel_size_nm)


def test_the_file_says_that_it_is_synthetic_and_is_small() -> None:
    with tifffile.TiffFile(SAMPLES / "powder.tif") as tif:
        assert "Synthetic" in tif.pages.first.description
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 1.5e6


def test_particles_are_brighter_than_the_ground(labels: np.ndarray) -> None:
    image = tifffile.imread(SAMPLES / "powder.tif")[:BANNER_TOP]
    on_particle = labels[:BANNER_TOP] > 0
    assert image[on_particle].mean() > image[~on_particle].mean() + 30
    assert image.dtype == np.uint8
    assert np.ptp(image) > 200
