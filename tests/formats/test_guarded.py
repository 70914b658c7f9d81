"""Images read in a guarded child are those that are read without it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from uniaims.errors import ImageError
from uniaims.formats import LazyPixels, guarded, lazy, read
from uniaims.micrograph import read_image


def assert_same(path: Path, page: int = 0) -> Any:
    here, there = read(path, page), guarded.read(path, page)
    assert there.pixels.dtype == here.pixels.dtype
    assert np.array_equal(np.asarray(there.pixels), np.asarray(here.pixels))
    assert np.array_equal(np.asarray(there.pixels[3:9, 2:5]), np.asarray(here.pixels[3:9, 2:5]))
    rest = ("pixel_size_nm", "acquisition", "warnings", "page_count")
    assert [getattr(there, name) for name in rest] == [getattr(here, name) for name in rest]
    return there


@pytest.mark.filterwarnings("ignore")  # of Pillow's and Zarr's writers
def test_every_format(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(repository / "benchmarks")
    from fuzzing.seeds import IMAGE, seeds

    images = [seed.path for seed in seeds(tmp_path) if seed.reader == IMAGE]
    assert len(images) > 40
    for path in images:
        assert_same(path)


def test_large_planes_stay_in_their_file(tmp_path: Path, write_ser: Any, write_mrc: Any) -> None:
    stack = np.arange(2 * 6000 * 6000, dtype=np.uint16).reshape(2, 6000, 6000)
    tifffile.imwrite(tmp_path / "plain.tif", stack[1])
    tifffile.imwrite(tmp_path / "pages.tif", stack, photometric="minisblack", byteorder=">")
    tifffile.imwrite(tmp_path / "packed.tif", stack[1], compression="zlib", tile=(512, 512))
    mapped = [
        (tmp_path / "plain.tif", 0),
        (tmp_path / "pages.tif", 1),
        (write_ser(stack, 2), 1),
        (write_mrc(stack, 6), 1),
    ]
    assert stack[0].nbytes > lazy.EAGER_BYTES
    for path, page in mapped:
        pixels = assert_same(path, page).pixels
        assert not pixels.flags.owndata
        assert not pixels.flags.writeable
    assert isinstance(assert_same(tmp_path / "packed.tif").pixels, LazyPixels)


def test_errors_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0 and nothing more")
    (tmp_path / "b.png").touch()
    for path, page in ((tmp_path / "a.tif", 0), (tmp_path / "b.png", 0), (tmp_path / "no.png", 0)):
        texts = []
        for reader in (read, guarded.read):
            with pytest.raises(ImageError) as caught:
                reader(path, page)
            texts.append(str(caught.value))
        assert texts[0] == texts[1]


def test_micrographs_are_the_same(sample_image: Path) -> None:
    here, there = read_image(sample_image), read_image(str(sample_image), guarded=True)
    assert np.array_equal(there.gray(), here.gray())
    assert (there.pixel_size, there.path, there.acquisition) == (here.pixel_size, here.path, here.acquisition)


def test_a_plane_whose_file_is_gone_is_an_error(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((9000, 9000), np.uint8), compression="zlib", tile=(512, 512))
    pixels = guarded.read(tmp_path / "a.tif").pixels
    (tmp_path / "a.tif").unlink()
    with pytest.raises(ImageError, match="rows 0 to 5"):
        pixels[:5, :5]
