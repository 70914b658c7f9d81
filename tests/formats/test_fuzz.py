"""Damaged files of every format give an image or an ImageError, nothing else."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from uniaims.errors import ImageError
from uniaims.formats import read

flips = st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6)
cuts = st.floats(0.0, 1.0)
light = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damaged(data: bytes, changes: list[tuple[float, int]], length: float) -> bytes:
    content = bytearray(data)
    for place, value in changes:
        # Half of the changes hit the first bytes, where the headers are.
        position = int(place * len(content)) if value % 2 else int(place * min(len(content), 300))
        content[position] = value
    return bytes(content[: int(length * len(content))])


def check(path: Path) -> None:
    try:
        image = read(path)
        np.asarray(image.pixels)
    except ImageError as error:
        assert str(error)
        return
    assert image.pixels.ndim in {2, 3}
    assert image.pixel_size_nm is None or 1e-4 <= image.pixel_size_nm <= 1e6


@pytest.fixture
def good_files(
    tmp_path: Path,
    ramp: NDArray[Any],
    dm_image: Any,
    write_dm: Any,
    write_ser: Any,
    write_mrc: Any,
    write_velox: Any,
    write_tiff: Any,
) -> dict[str, Path]:
    for suffix in ("png", "jpg", "bmp"):
        Image.fromarray(ramp).save(tmp_path / f"a.{suffix}")
    words = ramp.astype("u2")
    text = "[Scan]\nPixelWidth=1e-9\nPixelHeight=1e-9\n[Image]\nResolutionX=40\nResolutionY=24\n"
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([words] * 3), photometric="minisblack", ome=True)
    return {
        "png": tmp_path / "a.png",
        "jpg": tmp_path / "a.jpg",
        "bmp": tmp_path / "a.bmp",
        "tiff": write_tiff(ramp, {34682: text, 34118: text}, name="plain.tif"),
        "tiled": write_tiff(words, name="tiled.tif", tile=(16, 16), compression="zlib"),
        "stack": tmp_path / "stack.tif",
        "dm3": write_dm([dm_image(words, 10)], 3, "a.dm3"),
        "dm4": write_dm([dm_image(words, 10)], 4, "a.dm4"),
        "ser": write_ser(np.stack([words] * 2), 2),
        "mrc": write_mrc(np.stack([words] * 2), 6),
        "emd": write_velox({"a": (words[..., None], {"BinaryResult": {"PixelSize": {"width": "1e-9"}}})}),
    }


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "tiff", "tiled", "stack", "dm3", "dm4", "ser", "mrc", "emd"])
@light
@given(changes=flips, length=cuts | st.just(1.0))
def test_damaged_files(good_files: dict[str, Path], kind: str, changes: list[tuple[float, int]], length: float) -> None:
    good = good_files[kind]
    assert read(good).pixels.shape == (24, 40)
    bad = good.with_name(f"bad{good.suffix}")
    bad.write_bytes(damaged(good.read_bytes(), changes, length))
    check(bad)


@pytest.mark.parametrize("zarr_format", [2, 3])
@light
@given(changes=flips, length=cuts | st.just(1.0), victim=st.integers(0, 10))
def test_damaged_zarr(
    write_zarr: Any, ramp: NDArray[Any], zarr_format: int, changes: list[tuple[float, int]], length: float, victim: int
) -> None:
    path: Path = write_zarr(ramp, zarr_format)
    files = sorted(place for place in path.rglob("*") if place.is_file())
    bad = files[victim % len(files)]
    bad.write_bytes(damaged(bad.read_bytes(), changes, length))
    check(path)
    shutil.rmtree(path)


@light
@given(st.binary(max_size=300), st.sampled_from(["a.tif", "a.mrc", "a.dm3", "a.emd", "a.ser", "a.png"]))
def test_noise(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    check(tmp_path / name)
