"""Single selections of ImageJ: what they are and what is none."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.dataset.exchange.imagej_roi import Roi, decode_roi, encode_roi
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError

from .selections import header

RINGS = st.lists(
    st.lists(st.tuples(*[st.integers(-9000, 250_000).map(lambda x: x / 2)] * 2), min_size=3, max_size=9),
    min_size=1,
    max_size=4,
)


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
