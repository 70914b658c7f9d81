import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from uniaims.errors import ImageError
from uniaims.formats import emd, read
from uniaims.formats.lazy import LazyPixels

FACTS = {
    "BinaryResult": {"PixelSize": {"width": "1.5e-10", "height": "1.5e-10"}, "PixelUnitX": "m", "Detector": "HAADF"},
    "Optics": {"AccelerationVoltage": "200000"},
    "Instrument": {"InstrumentModel": "Talos F200X"},
    "CustomProperties": {"StemMagnification": {"value": "225000"}},
    "Acquisition": {"AcquisitionStartDatetime": {"DateTime": "1600000000"}},
}


def test_velox(write_velox: Any) -> None:
    stack = np.arange(4 * 6 * 3, dtype="u2").reshape(4, 6, 3)
    other = np.zeros((5, 5, 1), "u2")
    path = write_velox({"a1": (stack, FACTS), "b2": (other, FACTS)})
    image = read(path, page=2)
    assert np.array_equal(image.pixels, stack[..., 2])
    assert image.page_count == 4
    assert image.pixel_size_nm == pytest.approx(0.15)
    facts = image.acquisition
    assert (facts.instrument, facts.detector) == ("Talos F200X", "HAADF")
    assert (facts.voltage_kv, facts.magnification) == (200.0, 225000.0)
    assert facts.date is not None
    assert facts.date.startswith("2020-09-13 12:26:40")
    assert read(path, page=3).pixels.shape == (5, 5)


@pytest.mark.parametrize("metadata", [b"", b"{", b"[1, 2]", b'{"BinaryResult": 3}', b"[" * 3900])
def test_damaged_velox_metadata_are_a_warning(write_velox: Any, metadata: bytes) -> None:
    image = read(write_velox({"a": (np.arange(24, dtype="u2").reshape(4, 6, 1), metadata)}))
    assert image.pixels.shape == (4, 6)
    assert image.pixel_size_nm is None
    assert any("Velox metadata" in text for text in image.warnings)


def write_berkeley(path: Path, data: Any, unit: str = "[n_m]", first: int = 1) -> Path:
    with h5py.File(path, "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group["data"] = data
        for axis, length in enumerate(data.shape):
            group[f"dim{axis + first}"] = np.arange(length) * 0.5
            group[f"dim{axis + first}"].attrs["units"] = unit
        file.create_group("microscope").attrs.update({"name": "TEAM 1", "voltage": 300.0, "voltage_units": "[k_V]"})
    return path


@pytest.mark.parametrize("first", [0, 1])
def test_berkeley(tmp_path: Path, first: int) -> None:
    stack = np.arange(3 * 4 * 6, dtype="f4").reshape(3, 4, 6)
    image = read(write_berkeley(tmp_path / "a.emd", stack, first=first), page=1)
    assert np.array_equal(image.pixels, stack[1])
    assert image.pixel_size_nm == pytest.approx(0.5)
    assert (image.acquisition.instrument, image.acquisition.voltage_kv) == ("TEAM 1", 300.0)


def test_reciprocal_axes_are_no_pixel_size(tmp_path: Path) -> None:
    assert read(write_berkeley(tmp_path / "a.emd", np.arange(24.0).reshape(4, 6), "[n_m^-1]")).pixel_size_nm is None


def test_other_hdf5_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file["table"] = np.arange(5)
    with pytest.raises(ImageError, match="no image in this file"):
        read(tmp_path / "a.emd")


def test_declared_shape_bomb(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group.create_dataset("data", (100_000, 100_000), "f8", chunks=(64, 64))
    assert (tmp_path / "a.emd").stat().st_size < 100_000
    with pytest.raises(ImageError, match="100000 x 100000"):
        read(tmp_path / "a.emd")


def test_pixels_in_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(64))
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group.create_dataset("data", (8, 8), "u1", external=[(str(tmp_path / "secret"), 0, 64)])
    with pytest.raises(ImageError, match="other files"):
        read(tmp_path / "a.emd")


def test_links_to_other_files_are_not_followed(write_velox: Any, tmp_path: Path) -> None:
    write_velox({"a": (np.arange(24, dtype="u2").reshape(4, 6, 1), FACTS)}, name="other.emd")
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file["Data/Image"] = h5py.ExternalLink("other.emd", "/Data/Image")
    with pytest.raises(ImageError, match="other files"):
        read(tmp_path / "a.emd")


def test_large_planes_stay_in_the_file(write_velox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emd, "EAGER_BYTES", 10)
    stack = np.arange(8 * 9 * 2, dtype="u2").reshape(8, 9, 2)
    pixels = read(write_velox({"a": (stack, FACTS)}), page=1).pixels
    assert isinstance(pixels, LazyPixels)
    again = pickle.loads(pickle.dumps(pixels))
    assert np.array_equal(again[2:5, ::-2], stack[2:5, ::-2, 1])
    assert np.array_equal(np.asarray(pixels), stack[..., 1])
