"""The table of readers: recognising files by content, and what is said about files that are none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from uniaims import formats
from uniaims.errors import ImageError
from uniaims.formats import FORMATS, SUFFIXES, format_of, is_image_path, read


def test_table_is_complete() -> None:
    assert {
        ".png",
        ".jpg",
        ".jpeg",
        ".bmp",
        ".tif",
        ".tiff",
        ".dm3",
        ".dm4",
        ".ser",
        ".mrc",
        ".emd",
        ".zarr",
    } <= SUFFIXES
    for form in FORMATS:
        assert callable(form.reader())
    assert len({form.name for form in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize(("name", "expected"), [("a.TIF", True), ("b.ome.tif", True), ("c.txt", False), ("tif", False)])
def test_is_image_path(name: str, expected: bool) -> None:
    assert is_image_path(Path(name)) is expected


def test_content_decides(tmp_path: Path, ramp: NDArray[Any]) -> None:
    Image.fromarray(ramp).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.tif")
    assert format_of(tmp_path / "a.tif").name == "PNG"
    assert np.array_equal(read(tmp_path / "a.tif").pixels, ramp)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"these are notes\n", "holds text"),
        (b"GIF89a\0\0", "GIF"),
        (b"%PDF-1.4", "PDF"),
        (b"\x80\x04\x95pickle\0", "unknown kind"),
        (b"II*\0", "TIFF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"BM", "BMP"),
        (b"\0\0\0\x03", "cut short"),
        (b"II\x97\x01", "cut short"),
        (b"\x89HDF\r\n\x1a\n", "EMD"),
    ],
)
def test_no_image(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ImageError, match=message) as caught:
        read(tmp_path / "a.png")
    assert "a.png" in str(caught.value)


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="does not exist"):
        read(tmp_path / "missing.png")
    with pytest.raises(ImageError, match="is a folder"):
        read(tmp_path)


def test_unreadable(tmp_path: Path, ramp: NDArray[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(ramp).save(tmp_path / "a.png")

    def forbidden(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(ImageError, match="can't be opened: Permission denied"):
        read(tmp_path / "a.png")


def test_out_of_memory_is_said(tmp_path: Path, ramp: NDArray[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(ramp).save(tmp_path / "a.png")

    def greedy(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(formats, "sound_pixels", greedy)
    with pytest.raises(ImageError, match="memory"):
        read(tmp_path / "a.png")
