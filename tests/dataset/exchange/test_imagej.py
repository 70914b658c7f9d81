"""ImageJ's selections, against roifile where it is installed."""

import struct
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS, detect
from uniaims.dataset.exchange.imagej_roi import Roi, decode_roi, encode_roi
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError
from uniaims.micrograph import read_image

IMAGEJ = FORMATS["imagej"]
RINGS = st.lists(
    st.lists(st.tuples(*[st.integers(-9000, 250_000).map(lambda x: x / 2)] * 2), min_size=3, max_size=9),
    min_size=1,
    max_size=4,
)


def header(form: int, box: tuple[int, int, int, int], *, points: int = 0, subtype: int = 0, options: int = 0) -> bytes:
    """64 bytes of a selection without second header; the box is top, left, bottom, right."""
    start = b"Iout" + struct.pack(">hBx4hH16x", 227, form, *box, points)
    return start + struct.pack(">hiiihhiii", 0, 0, 0, 0, subtype, options, 0, 0, 0)


def filled(code: bytes, shape: tuple[int, int] = (60, 80)) -> InstanceMasks:
    return InstanceMasks.from_polygons(shape, [decode_roi(code).rings])


@given(RINGS, st.text(st.characters(codec="utf-8"), max_size=8), st.integers(0, 255))
def test_selections_come_back(rings: list[Any], kind: str, group: int) -> None:
    roi = Roi([np.array(ring) for ring in rings], "000001", " ".join(kind.split()), group)
    back = decode_roi(encode_roi(roi))
    assert (back.name, back.kind, back.group) == ("000001", roi.kind, group)
    assert all(np.array_equal(a, b) for a, b in zip(back.rings, roi.rings, strict=True))


@given(st.binary(max_size=300))
def test_nonsense_is_no_selection(code: bytes) -> None:
    for data in (code, b"Iout\x00\xe3" + code):
        try:
            rings = decode_roi(data).rings
        except InputError:
            continue
        assert all(ring.shape[1] == 2 for ring in rings)


def test_rectangles_ovals_and_whole_numbers() -> None:
    assert filled(header(1, (5, 10, 15, 30))).boxes.tolist() == [[5, 10, 15, 30]]
    assert filled(header(1, (5, 10, 15, 30))).areas_px.tolist() == [200]
    assert filled(header(2, (10, 10, 50, 50))).areas_px[0] == pytest.approx(np.pi * 400, rel=0.02)
    triangle = np.array([[0, 0, 20], [0, 20, 0]], ">i2").tobytes()
    for form in (0, 7, 8):
        assert filled(header(form, (5, 10, 25, 30), points=3) + triangle).boxes[0, :2].tolist() == [5, 10]


def test_many_points_and_far_places() -> None:
    roifile = pytest.importorskip("roifile", reason="roifile is not installed")
    far = np.array([[40000, 10], [60000, 12], [50000, 40]])
    many = np.stack([np.arange(70_000) % 300, np.arange(70_000) // 300], axis=1)
    for points in (far, many, far.astype(np.float32) + 0.25):
        assert np.array_equal(decode_roi(roifile.ImagejRoi.frompoints(points).tobytes()).rings[0], points)


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


def test_paths_with_curves_and_long_ellipses() -> None:
    corners = [0, 10, 10, 1, 30, 10, 2, 40, 20, 30, 30, 3, 25, 35, 15, 35, 10, 30, 4]
    code = bytearray(header(1, (10, 10, 35, 40)) + np.array(corners, ">f4").tobytes())
    code[36:40] = struct.pack(">i", len(corners))
    (ring,) = decode_roi(bytes(code)).rings
    assert len(ring) == 2 + 16 + 16
    assert ring[17].tolist() == [30, 30]
    ellipse = bytearray(header(7, (10, 10, 50, 50), subtype=3))
    ellipse[18:34], ellipse[52:56] = struct.pack(">4f", 10, 30, 50, 30), struct.pack(">f", 0.5)
    assert filled(bytes(ellipse)).areas_px[0] == pytest.approx(np.pi * 20 * 10, rel=0.02)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (header(10, (0, 0, 1, 1), points=1), "point selection, which has no area"),
        (header(3, (0, 0, 9, 9)), "is a line"),
        (header(1, (0, 0, 9, 9), subtype=1), "is a text"),
        (header(0, (0, 0, 9, 9), points=4, options=1), "is a spline"),
        (header(0, (0, 0, 9, 9), points=4), "cut short"),
        (header(0, (0, 0, 9, 9), points=2), "2 points"),
        (header(33, (0, 0, 9, 9)), "unknown type 33"),
        (b"PK\x03\x04", "no ImageJ selection"),
    ],
)
def test_what_has_no_area_is_refused(code: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode_roi(code)


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


def placed(position: int = 0, place: tuple[int, int, int] = (0, 0, 0), left: int = 10) -> bytes:
    """A square of 10 x 10 px at a slice, or at a channel, slice and frame."""
    code = bytearray(header(1, (5, left, 15, left + 10)))
    code[56:60], code[60:64] = struct.pack(">i", position), struct.pack(">i", 64)
    return bytes(code) + struct.pack(">4xiii", *place) + b"\0" * 48


def stack(folder: Path, rois: list[bytes], **sizes: int) -> list[AnnotatedImage]:
    shape = tuple(sizes.get(name, 1) for name in ("frames", "slices", "channels"))
    count = int(np.prod(shape))
    pixels = np.arange(count, dtype=np.uint8)[:, None, None] * np.ones((60, 80), np.uint8)
    axes = {"metadata": {"axes": "TZCYX"}} if count > 1 else {}
    tifffile.imwrite(folder / "a.tif", pixels.reshape(*shape, 60, 80) if count > 1 else pixels[0], imagej=True, **axes)
    with zipfile.ZipFile(folder / "a.ZIP", "w") as archive:
        for number, code in enumerate(rois):
            archive.writestr(f"{number}.ROI", code)
    return list(IMAGEJ.read(folder))


def grey_and_count(entry: AnnotatedImage) -> tuple[int, int]:
    pixels = entry.image if isinstance(entry.image, np.ndarray) else read_image(entry.image).pixels
    return int(np.asarray(pixels)[0, 0]), len(entry.instances)


def test_slices_of_a_stack_are_images_of_their_own(tmp_path: Path) -> None:
    entries = stack(tmp_path, [placed(1), placed(2), placed(3), placed(3, left=40)], slices=4)
    assert [entry.record.image_id for entry in entries] == ["a", "a__slice_2", "a__slice_3"]
    assert [grey_and_count(entry) for entry in entries] == [(0, 1), (1, 1), (2, 2)]
    assert "stack of 4: slices 1, 2, 3" in entries[0].warnings[0]


@pytest.mark.parametrize(
    ("rois", "wanted"),
    [
        ([placed(), placed(left=40)], [(0, 2)]),
        ([placed(), placed(2)], [(1, 2)]),
        ([placed(2)], [(1, 1)]),
        ([placed(1), placed(9)], [(0, 1)]),
    ],
    ids=["all slices", "all and one", "one", "one that is not there"],
)
def test_selections_of_all_slices(rois: list[bytes], wanted: list[tuple[int, int]], tmp_path: Path) -> None:
    assert [grey_and_count(entry) for entry in stack(tmp_path, rois, slices=3)] == wanted


@pytest.mark.parametrize(
    ("place", "planes"),
    [((2, 3, 1), [5]), ((1, 1, 2), [6]), ((0, 2, 1), [2, 3]), ((0, 0, 0), [0]), ((2, 0, 2), [7, 9, 11])],
)
def test_places_in_a_hyperstack(place: tuple[int, int, int], planes: list[int], tmp_path: Path) -> None:
    entries = stack(tmp_path, [placed(place=place)], channels=2, slices=3, frames=2)
    assert [grey_and_count(entry) for entry in entries] == [(plane, 1) for plane in planes]


def test_one_slice_out_of_a_stack_keeps_its_selections(tmp_path: Path) -> None:
    assert [grey_and_count(entry) for entry in stack(tmp_path, [placed(7), placed(7, left=40)])] == [(0, 2)]
    (entry,) = stack(tmp_path, [placed(1), placed(2)])
    assert len(entry.instances) == 1
    assert "1 selections were left out" in entry.warnings[0]
    with pytest.raises(InputError, match="belong to slices 2, 3, the image has 1"):
        stack(tmp_path, [placed(2), placed(3)])


@pytest.mark.parametrize("far", [3e38, 1e19, float("inf"), float("nan")])
def test_far_selections_are_cut_or_refused(far: float) -> None:
    code = bytearray(header(2, (0, 0, 9, 9), options=128))
    code[18:34] = struct.pack(">4f", -far / 2, -far / 2, far, far)
    ring = np.array([[-far, far, far, -far], [-far, -far, far, far]], ">f4").tobytes()
    polygon = header(0, (0, 0, 9, 9), points=4, options=128) + b"\0" * 16 + ring
    for data in (bytes(code), polygon):
        try:
            areas = filled(data).areas_px.tolist()
        except InputError:
            assert not np.isfinite(far)
        else:
            assert areas == [4800]
