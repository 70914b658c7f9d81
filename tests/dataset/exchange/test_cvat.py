"""CVAT's XML."""

from pathlib import Path

import numpy as np
import pytest

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS
from uniaims.errors import InputError

CVAT = FORMATS["cvat"]


def read(folder: Path, shapes: str, head: str = "") -> AnnotatedImage:
    image = f'<image id="0" name="set/a.png" width="40" height="30">{shapes}</image>'
    text = f'<?xml version="1.0"?>{head}<annotations><version>1.1</version>{image}</annotations>'
    (folder / "annotations.xml").write_text(text)
    (entry,) = CVAT.read(folder)
    return entry


def test_shapes(tmp_path: Path) -> None:
    entry = read(
        tmp_path,
        '<polygon label="pore" points="2.00,3.00;8.00,3.00;8.00,9.00;2.00,9.00" z_order="0"/>'
        '<box label="grain" xtl="10" ytl="4" xbr="16" ybr="6"/>'
        '<box label="grain" xtl="10" ytl="4" xbr="16" ybr="6" rotation="90.0"/>'
        '<ellipse label="pore" cx="25" cy="15" rx="10.0" ry="5"/>'
        '<mask label="pore" rle="1, 2, 3, 1" left="30" top="20" width="3" height="3"/>'
        '<tag label="sharp"/>',
    )
    boxes, areas = entry.instances.boxes.tolist(), entry.instances.areas_px.tolist()
    assert boxes[:3] == [[3, 2, 9, 8], [4, 10, 6, 16], [2, 12, 8, 14]]
    assert areas[3] == pytest.approx(np.pi * 50, rel=0.04)
    assert boxes[4] == [20, 30, 23, 33]
    assert entry.instances.mask(4).tolist() == [[False, True, True], [False, False, False], [True, False, False]]
    assert entry.instances.kinds == ("pore", "grain", "grain", "pore", "pore")
    assert entry.record.image_id == "set__a"


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ('<polyline label="x" points="1,1;2,2;3,3"/>', "polyline 0 has no area"),
        ('<points label="x" points="1,1"/>', "points 0 has no area"),
        ('<polygon label="x" points="1,1;2,2"/>', "wanted three or more"),
        ('<polygon label="x" points="1,1;2;3,3"/>', "no pairs of numbers"),
        ('<polygon label="x" points="nan,1;2,2;3,3"/>', "wanted three or more"),
        ('<box label="x" xtl="a" ytl="1" xbr="2" ybr="2"/>', "xtl is 'a'"),
        ('<mask label="x" rle="0, 99999999999" left="0" top="0" width="3" height="3"/>', "run lengths don't fit"),
        ('<mask label="x" rle="0, 5" left="0" top="0" width="99999999" height="99999999"/>', "run lengths don't fit"),
        ('<mask label="x" rle="-1, 5" left="0" top="0" width="3" height="3"/>', "run lengths don't fit"),
        ('<cloud label="x"/>', "unknown type"),
    ],
)
def test_faults_are_named(shape: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, shape)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!doctype x [<!entity a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entities_are_refused(head: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="declares a document type or entities"):
        read(tmp_path, "", head)


def test_entities_in_utf_16_are_refused(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "ha">]><annotations>&a;</annotations>'
    (tmp_path / "a.xml").write_bytes(text.encode("utf-16"))
    with pytest.raises(InputError, match="declares"):
        list(CVAT.read(tmp_path / "a.xml"))


def test_videos_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<annotations><track id="0" label="x"/></annotations>')
    with pytest.raises(InputError, match="tracks of a video"):
        list(CVAT.read(tmp_path))


@pytest.mark.parametrize("far", ["9.3e18", "1e19", "1e300"])
def test_shapes_of_any_size_are_cut_to_the_image(far: str, tmp_path: Path) -> None:
    entry = read(
        tmp_path,
        f'<polygon label="a" points="-{far},-{far};{far},-{far};{far},{far};-{far},{far}"/>'
        f'<box label="a" xtl="-{far}" ytl="10" xbr="{far}" ybr="{far}"/>'
        f'<ellipse label="a" cx="20" cy="15" rx="{far}" ry="{far}"/>'
        f'<mask label="a" rle="0,4" left="{far}" top="-{far}" width="2" height="2"/>',
    )
    assert entry.instances.areas_px.tolist() == [1200, 800, 1200, 0]
    assert "1 instances have no pixel" in entry.warnings[0]


@pytest.mark.parametrize(
    "shape",
    [
        '<ellipse label="a" cx="nan" cy="15" rx="1" ry="1"/>',
        '<box label="a" xtl="inf" ytl="10" xbr="1" ybr="1"/>',
        '<mask label="a" rle="0,99999999999999999999" left="0" top="0" width="2" height="2"/>',
        '<mask label="a" rle="0,4" left="0" top="0" width="-2" height="2"/>',
        '<mask label="a" rle="0,4" left="0" top="0" width="1e300" height="2"/>',
    ],
)
def test_numbers_that_lie_are_refused(shape: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"finite|don't fit"):
        read(tmp_path, shape)
