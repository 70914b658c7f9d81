import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from uniaims.errors import ImageError
from uniaims.formats import ome_zarr, read
from uniaims.formats.lazy import LazyPixels


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_pixels_and_scale(write_zarr: Any, zarr_format: int) -> None:
    pixels = np.arange(2 * 3 * 20 * 30, dtype="u2").reshape(1, 2, 3, 20, 30)
    path = write_zarr(pixels, zarr_format)
    image = read(path, page=4)
    assert np.array_equal(image.pixels, pixels[0, 1, 1])
    assert image.page_count == 6
    assert image.pixel_size_nm == pytest.approx(2.5)


def test_micrometres(write_zarr: Any) -> None:
    assert read(write_zarr(np.eye(20), 3, 0.5, "micrometer")).pixel_size_nm == pytest.approx(500)


def test_no_unit_no_pixel_size(write_zarr: Any) -> None:
    image = read(write_zarr(np.eye(20), 3, unit=None))
    assert image.pixel_size_nm is None
    assert any("no unit" in text for text in image.warnings)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_plain_array(tmp_path: Path, zarr_format: int) -> None:
    array = zarr.create_array(str(tmp_path / "a.zarr"), shape=(8, 9), dtype="u1", zarr_format=zarr_format)
    array[...] = np.arange(72).reshape(8, 9)
    assert np.array_equal(read(tmp_path / "a.zarr").pixels, np.arange(72).reshape(8, 9))


def test_bioformats_layout(write_zarr: Any, tmp_path: Path) -> None:
    group = zarr.open_group(str(tmp_path / "outer.zarr"), mode="w", zarr_format=2)
    group.attrs["bioformats2raw.layout"] = 3
    write_zarr(np.eye(20), 2, name="outer.zarr/0")
    assert read(tmp_path / "outer.zarr").pixel_size_nm == pytest.approx(2.5)


def test_plate_is_refused(tmp_path: Path) -> None:
    zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=2).attrs["plate"] = {}
    with pytest.raises(ImageError, match="plate"):
        read(tmp_path / "a.zarr")


def test_group_without_image_is_refused(tmp_path: Path) -> None:
    zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=3)
    with pytest.raises(ImageError, match="no multiscale image"):
        read(tmp_path / "a.zarr")


def test_declared_shape_bomb(tmp_path: Path) -> None:
    zarr.create_array(str(tmp_path / "a.zarr"), shape=(100_000, 100_000), dtype="u1", chunks=(64, 64))
    with pytest.raises(ImageError, match="100000 x 100000"):
        read(tmp_path / "a.zarr")


def test_chunk_bomb(tmp_path: Path) -> None:
    zarr.create_array(str(tmp_path / "a.zarr"), shape=(1000, 1000), dtype="u1", chunks=(100_000, 100_000))
    with pytest.raises(ImageError, match="chunks of"):
        read(tmp_path / "a.zarr")


def test_pickles_are_never_loaded(write_zarr: Any, tmp_path: Path) -> None:
    path: Path = write_zarr(np.eye(20), 2)
    marker = tmp_path / "executed"
    metadata = json.loads((path / "0/.zarray").read_text())
    metadata.update(filters=[{"id": "pickle", "protocol": 2}], compressor=None)
    (path / "0/.zarray").write_text(json.dumps(metadata))
    evil = b"cpathlib\nPath\n(S'" + str(marker).encode() + b"'\ntRp0\ncos\nmkdir\n(g0\ntR."
    for chunk in (path / "0").rglob("[0-9]*"):
        if chunk.is_file():
            chunk.write_bytes(evil)
    with pytest.raises(ImageError):
        read(path)
    assert not marker.exists()


def test_pixels_outside_the_folder_are_refused(write_zarr: Any) -> None:
    path: Path = write_zarr(np.eye(20), 2)
    attributes = json.loads((path / ".zattrs").read_text())
    attributes["multiscales"][0]["datasets"][0]["path"] = "../../secret"
    (path / ".zattrs").write_text(json.dumps(attributes))
    with pytest.raises(ImageError, match="outside the folder"):
        read(path)


def test_damaged_metadata(write_zarr: Any) -> None:
    path: Path = write_zarr(np.eye(20), 2)
    attributes = json.loads((path / ".zattrs").read_text())
    attributes["multiscales"][0]["datasets"][0]["coordinateTransformations"] = [{"type": "scale", "scale": "x"}]
    (path / ".zattrs").write_text(json.dumps(attributes))
    image = read(path)
    assert image.pixel_size_nm is None
    assert any("NGFF" in text for text in image.warnings)
    (path / "0/.zarray").write_text("{")
    with pytest.raises(ImageError, match="OME-Zarr"):
        read(path)


def test_large_planes_stay_in_the_folder(write_zarr: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ome_zarr, "EAGER_BYTES", 10)
    pixels = np.arange(2 * 40 * 50, dtype="u2").reshape(2, 40, 50)
    lazy = read(write_zarr(pixels, 3), page=1).pixels
    assert isinstance(lazy, LazyPixels)
    assert np.array_equal(lazy[3:33, 45:], pixels[1, 3:33, 45:])
