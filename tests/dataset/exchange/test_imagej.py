"""ImageJ's selections, against roifile where it is installed."""

import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from uniaims.dataset.exchange import detect
from uniaims.errors import InputError

from .selections import IMAGEJ, header


def test_roifile_reads_what_is_written(make_entry: Any, tmp_path: Path) -> None:
    roifile = pytest.importorskip("roifile", reason="roifile is not installed")
    entry = make_entry()
    IMAGEJ.write([entry], tmp_path / "out")
    theirs = roifile.ImagejRoi.fromfile(str(tmp_path / "out" / "rois" / f"{entry.record.image_id}.zip"))
    assert [int(roi.name) for roi in theirs] == entry.instances.numbers.tolist()
    for i, roi in enumerate(theirs):
        found = roi.coordinates(multi=True)
        rings = found if isinstance(found, list) else [found]
        assert all(np.array_equal(a[: len(b)], b) for a, b in zip(rings, entry.instances.rings(i), strict=True))


def test_zips_and_loose_files_find_their_image(tmp_path: Path) -> None:
    for stem in ("a", "b"):
        cv2.imwrite(str(tmp_path / f"{stem}.png"), np.zeros((60, 80), np.uint8))
    with zipfile.ZipFile(tmp_path / "a_RoiSet.zip", "w") as archive:
        archive.writestr("0001.roi", header(1, (5, 10, 15, 30)))
        archive.writestr("notes.txt", "x")
    assert detect(tmp_path).name == "imagej"
    (entry,) = IMAGEJ.read(tmp_path)
    assert (entry.record.image_id, entry.instances.areas_px.tolist()) == ("a", [200])
    (tmp_path / "b.png").unlink()
    (tmp_path / "a_RoiSet.zip").unlink()
    for name in ("x", "y"):
        (tmp_path / f"{name}.roi").write_bytes(header(1, (5, 10, 15, 30)))
    (entry,) = IMAGEJ.read(tmp_path)
    assert (entry.record.image_id, len(entry.instances)) == ("a", 2)


def test_zips_that_unpack_to_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniaims.dataset.exchange.imagej._LARGEST_ZIP_BYTES", 10_000)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 80), np.uint8))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.roi", header(1, (5, 10, 15, 30)) + b"\0" * 20_000)
    with pytest.raises(InputError, match=r"20,064 bytes of selections.*zip bomb"):
        list(IMAGEJ.read(tmp_path))


def test_without_image_there_is_no_size(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.roi", header(1, (5, 10, 15, 30)))
    with pytest.raises(InputError, match="its size is not said"):
        list(IMAGEJ.read(tmp_path))
