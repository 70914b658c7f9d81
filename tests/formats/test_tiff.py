import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats import read, tiff
from uniaims.formats.lazy import LazyPixels


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16), "compression": "lzw"}])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_gray(write_tiff: Any, ramp: NDArray[Any], dtype: str, options: dict[str, Any], byteorder: str) -> None:
    pixels = ramp.astype(dtype)
    image = read(write_tiff(pixels, byteorder=byteorder, **options))
    assert np.array_equal(image.pixels, pixels)
    assert image.pixels.dtype == np.dtype(dtype)
    assert (image.pixel_size_nm, image.warnings, image.page_count) == (None, (), 1)


def test_bigtiff(write_tiff: Any, ramp: NDArray[Any]) -> None:
    assert np.array_equal(read(write_tiff(ramp, bigtiff=True)).pixels, ramp)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_rgb(write_tiff: Any, ramp: NDArray[Any], planar: str) -> None:
    colours = np.stack([ramp, ramp + 1, ramp + 2], axis=-1)
    stored = colours if planar == "contig" else np.moveaxis(colours, -1, 0)
    path = write_tiff(stored, photometric="rgb", planarconfig=planar)
    assert np.array_equal(read(path).pixels, colours)


def test_opaque_alpha_is_dropped(write_tiff: Any, ramp: NDArray[Any]) -> None:
    pixels = np.stack([ramp, ramp, ramp, np.full_like(ramp, 255)], axis=-1)
    image = read(write_tiff(pixels, photometric="rgb", extrasamples=["unassalpha"]))
    assert np.array_equal(image.pixels, pixels[..., :3])
    assert image.warnings == ()


def test_transparency_is_laid_on_white(write_tiff: Any, ramp: NDArray[Any]) -> None:
    alpha = np.full_like(ramp, 255)
    alpha[:12] = 0
    image = read(
        write_tiff(np.stack([ramp, ramp, ramp, alpha], axis=-1), photometric="rgb", extrasamples=["unassalpha"])
    )
    assert (np.asarray(image.pixels)[:12] == 255).all()
    assert np.array_equal(np.asarray(image.pixels)[12:, :, 0], ramp[12:])
    assert any("50 %" in text for text in image.warnings)


def test_palette(write_tiff: Any, ramp: NDArray[Any]) -> None:
    colours = np.stack([np.arange(256), np.arange(256)[::-1], np.full(256, 9)]).astype("u2") * 257
    image = read(write_tiff(ramp, photometric="palette", colormap=colours))
    assert np.array_equal(image.pixels, np.stack([ramp, 255 - ramp, np.full_like(ramp, 9)], axis=-1))


def test_palette_of_grays_is_gray(write_tiff: Any, ramp: NDArray[Any]) -> None:
    grays = np.stack([np.arange(256)[::-1]] * 3).astype("u2") * 257
    assert np.array_equal(read(write_tiff(ramp, photometric="palette", colormap=grays)).pixels, 255 - ramp)


def test_white_is_zero(write_tiff: Any, ramp: NDArray[Any]) -> None:
    assert np.array_equal(read(write_tiff(ramp, photometric="miniswhite")).pixels, 255 - ramp)
    bits = ramp > 90
    assert np.array_equal(read(write_tiff(bits, photometric="miniswhite")).pixels, np.where(bits, 0, 255))
    assert np.array_equal(read(write_tiff(bits, photometric="minisblack")).pixels, np.where(bits, 255, 0))


@pytest.mark.filterwarnings("ignore:.*photometric:DeprecationWarning")
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite", "rgb", None])
def test_three_planes_of_one_page_are_no_stack_without_a_word(
    write_tiff: Any, ramp: NDArray[Any], photometric: str | None
) -> None:
    """Without a photometric interpretation, tifffile takes three images of 8 bits for one of colours."""
    options = {"photometric": photometric, "planarconfig": "separate"} if photometric else {}
    image = read(write_tiff(np.stack([ramp, ramp + 1, ramp + 2]), **options))
    assert image.page_count == 1
    if photometric in {"minisblack", "miniswhite"}:
        assert np.array_equal(image.pixels, ramp if photometric == "minisblack" else 255 - ramp)
        assert any("3 channels: the first is read" in text for text in image.warnings)
    else:
        assert image.pixels.shape == (*ramp.shape, 3)
        assert any("save each as a page" in text for text in image.warnings)


def test_colours_beside_other_channels(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(np.stack([ramp] * 5, axis=-1), photometric="rgb", planarconfig="contig"))
    assert image.pixels.shape == (*ramp.shape, 3)
    assert any("5 channels: red, green and blue are read" in text for text in image.warnings)


def test_many_channels(write_tiff: Any, ramp: NDArray[Any]) -> None:
    pixels = np.stack([ramp, ramp + 1, ramp + 2, ramp + 3, ramp + 4], axis=-1)
    image = read(write_tiff(pixels, photometric="minisblack", planarconfig="contig"))
    assert np.array_equal(image.pixels, ramp)
    assert any("5 channels" in text for text in image.warnings)


@pytest.mark.parametrize("options", [{}, {"imagej": True}, {"ome": True}, {"compression": "zlib"}])
def test_stack(tmp_path: Path, ramp: NDArray[Any], options: dict[str, Any]) -> None:
    stack = np.stack([ramp, ramp + 1, ramp + 2]).astype("u2")
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack", **options)
    image = read(tmp_path / "a.tif", page=2)
    assert np.array_equal(image.pixels, stack[2])
    assert image.page_count == 3
    assert not any("3 images" in text for text in image.warnings), "a page was chosen"
    assert any("3 images" in text for text in read(tmp_path / "a.tif").warnings)
    with pytest.raises(ImageError, match="pages 0 to 2"):
        read(tmp_path / "a.tif", page=3)


def test_imagej_stack_in_one_directory(tmp_path: Path, ramp: NDArray[Any]) -> None:
    """ImageJ writes stacks above 4 GB with the directory of the first image alone."""
    stack = np.stack([ramp, ramp + 1, ramp + 2]).astype(">u2")
    description = "ImageJ=1.53t\nimages=3\nslices=3\nunit=nm\n"
    with tifffile.TiffWriter(tmp_path / "a.tif", byteorder=">") as writer:
        writer.write(stack[0], description=description, metadata=None, resolution=(0.5, 0.5), resolutionunit="NONE")
    with (tmp_path / "a.tif").open("ab") as stream:
        stream.write(stack[1:].tobytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert len(tif.pages) == 1
        end = tif.pages.first.dataoffsets[0] + stack[0].nbytes
        assert end + stack[1:].nbytes == (tmp_path / "a.tif").stat().st_size
    image = read(tmp_path / "a.tif", page=2)
    assert np.array_equal(image.pixels, stack[2])
    assert image.page_count == 3
    assert image.pixel_size_nm == pytest.approx(2)


def test_pages_of_different_size_and_thumbnails(tmp_path: Path, ramp: NDArray[Any]) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(ramp[:8, :8], subfiletype=1, metadata=None)
        writer.write(ramp, metadata=None)
        writer.write(ramp[:, ::2], metadata=None)
    image = read(tmp_path / "a.tif")
    assert image.page_count == 2
    assert np.array_equal(image.pixels, ramp)
    assert np.array_equal(read(tmp_path / "a.tif", page=1).pixels, ramp[:, ::2])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zlib", "rowsperstrip": 5},
        {"tile": (16, 16)},
        {"tile": (16, 16), "compression": "zlib", "photometric": "miniswhite"},
    ],
)
def test_large_planes_stay_in_the_file(
    write_tiff: Any, ramp: NDArray[Any], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tiff(ramp, **options)
    eager = np.asarray(read(path).pixels)
    monkeypatch.setattr(tiff, "EAGER_BYTES", 10)
    pixels = read(path).pixels
    assert isinstance(pixels, LazyPixels | np.memmap)
    assert np.array_equal(pixels[3:20, 5:37:2], eager[3:20, 5:37:2])
    assert np.array_equal(np.asarray(pickle.loads(pickle.dumps(pixels))), eager)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_large_colours_stay_in_the_file(
    write_tiff: Any, ramp: NDArray[Any], planar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    colours = np.stack([ramp, ramp + 1, ramp + 2], axis=-1)
    stored = colours if planar == "contig" else np.moveaxis(colours, -1, 0)
    path = write_tiff(stored, photometric="rgb", planarconfig=planar, tile=(16, 16), compression="zlib")
    monkeypatch.setattr(tiff, "EAGER_BYTES", 10)
    pixels = read(path).pixels
    assert isinstance(pixels, LazyPixels)
    assert np.array_equal(pixels[7:18, 3:30], colours[7:18, 3:30])


def test_cut_short(write_tiff: Any, ramp: NDArray[Any]) -> None:
    for options in ({}, {"compression": "zlib"}, {"tile": (16, 16), "compression": "zlib"}):
        path: Path = write_tiff(ramp, **options)
        data = path.read_bytes()
        for share in (0.01, 0.3, 0.6, 0.99):
            path.write_bytes(data[: int(share * len(data))])
            with pytest.raises(ImageError):
                read(path)


def test_cut_pixels_are_named(write_tiff: Any, ramp: NDArray[Any]) -> None:
    path: Path = write_tiff(ramp)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ImageError, match="cut short"):
        read(path)


def test_damaged_tags_are_told(write_tiff: Any, ramp: NDArray[Any], capfd: pytest.CaptureFixture[str]) -> None:
    path: Path = write_tiff(ramp, description="a description that is long enough to stand elsewhere")
    with tifffile.TiffFile(path) as tif:
        place = tif.pages.first.tags[270].offset + 8
    data = bytearray(path.read_bytes())
    data[place : place + 4] = b"\xff\xff\xff\x7f"
    path.write_bytes(data)
    image = read(path)
    assert np.array_equal(image.pixels, ramp)
    assert any("damaged in 1 place" in text and "270" in text for text in image.warnings)
    assert capfd.readouterr().err == ""


def test_header_bomb(write_tiff: Any, ramp: NDArray[Any]) -> None:
    path: Path = write_tiff(ramp)
    with tifffile.TiffFile(path, mode="r+") as tif:
        tif.pages.first.tags[256].overwrite(100_000)
        tif.pages.first.tags[257].overwrite(100_000)
    with pytest.raises(ImageError, match="100000 x 100000"):
        read(path)


@pytest.mark.parametrize("marker", ["<!DOCTYPE lolz [<!ENTITY lol 'lol'>]>", "<!entity x 'y'>"])
def test_xml_bomb(write_tiff: Any, ramp: NDArray[Any], marker: str) -> None:
    path = write_tiff(ramp, description=f'<?xml version="1.0"?>{marker}<OME xmlns="http://x/OME"></OME>')
    with pytest.raises(ImageError, match="document type"):
        read(path)


def test_cmyk_is_refused(write_tiff: Any, ramp: NDArray[Any]) -> None:
    path = write_tiff(np.stack([ramp] * 4, axis=-1), photometric="separated")
    with pytest.raises(ImageError, match="gray or RGB"):
        read(path)
