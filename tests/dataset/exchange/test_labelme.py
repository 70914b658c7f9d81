"""LabelMe's shapes."""

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from imagecodecs import png_encode

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS
from uniaims.errors import InputError


def read(folder: Path, shapes: list[dict[str, Any]], **more: Any) -> AnnotatedImage:
    content = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": "a.png", "imageData": None}
    (folder / "a.json").write_text(json.dumps(content | {"imageHeight": 30, "imageWidth": 40} | more))
    (entry,) = FORMATS["labelme"].read(folder)
    return entry


def shape(form: str, points: list[list[float]], label: str = "pore", group: int | None = None) -> dict[str, Any]:
    return {"label": label, "points": points, "shape_type": form, "group_id": group, "flags": {}}


def test_shapes(tmp_path: Path) -> None:
    mask = np.array([[1, 0], [1, 1], [0, 1]], np.uint8)
    own = shape("mask", [[4, 5], [5, 7]]) | {"mask": b64encode(png_encode(mask)).decode()}
    shapes = [shape("rectangle", [[8, 9], [2, 3]]), shape("circle", [[20, 15], [20, 25]]), own]
    entry = read(tmp_path, [*shapes, shape("polygon", [[30, 2], [36, 2], [36, 8], [30, 8]])])
    areas = entry.instances.areas_px.tolist()
    assert [areas[0], areas[2], areas[3]] == [36, 4, 36]
    assert areas[1] == pytest.approx(314, rel=0.02)
    assert entry.instances.boxes[2].tolist() == [5, 4, 8, 6]


def test_shapes_of_a_group_are_one_instance(tmp_path: Path) -> None:
    squares = [[[x, 2], [x + 4, 2], [x + 4, 6], [x, 6]] for x in (0, 10, 20, 30)]
    groups = [(squares[0], "pore", 1), (squares[1], "pore", None), (squares[2], "pore", 1), (squares[3], "grain", 1)]
    entry = read(tmp_path, [shape("polygon", points, label, group) for points, label, group in groups])
    assert entry.instances.areas_px.tolist() == [32, 16, 16]
    assert entry.instances.kinds == ("pore", "pore", "grain")


def test_image_inside_of_the_file(tmp_path: Path) -> None:
    pixels = np.arange(30 * 40, dtype=np.uint16).reshape(30, 40)
    code = b64encode(png_encode(pixels)).decode()
    assert np.array_equal(read(tmp_path, [], imageData=code).image, pixels)
    with pytest.raises(InputError, match="imageHeight and imageWidth are 31 x 40"):
        read(tmp_path, [], imageData=code, imageHeight=31)
    with pytest.raises(InputError, match="no PNG, JPEG or TIFF"):
        read(tmp_path, [], imageData=b64encode(b"GIF89a").decode())


@pytest.mark.parametrize("form", ["point", "line", "linestrip", "points"])
def test_shapes_without_area_are_refused(form: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"shape 0 is a {form}, which has no area"):
        read(tmp_path, [shape(form, [[1, 2], [3, 4]])])


def test_a_mask_that_claims_a_huge_picture_is_refused(tmp_path: Path) -> None:
    code = bytearray(png_encode(np.zeros((4, 4), np.uint8)))
    code[16:24] = (2**17).to_bytes(4, "big") * 2
    bomb = shape("mask", [[0, 0], [3, 3]]) | {"mask": b64encode(bytes(code)).decode()}
    with pytest.raises(InputError):
        read(tmp_path, [bomb])


@pytest.mark.parametrize("far", [2.0**63, 1e19, 1e150, 1e300, 1e308])
@pytest.mark.parametrize("form", ["circle", "rectangle", "polygon"])
def test_shapes_of_any_size_are_cut_or_refused(far: float, form: str, tmp_path: Path) -> None:
    points = {"circle": [[20, 15], [far, 15]], "rectangle": [[-far, -far], [far, far]]}
    square = [[-far, -far], [far, -far], [far, far], [-far, far]]
    try:
        entry = read(tmp_path, [shape(form, points.get(form, square))])
    except InputError:
        assert far > 1e300
        return
    assert entry.instances.areas_px.tolist() == [1200]


@pytest.mark.parametrize(
    "data", ["!", "AAAA", b64encode(b"II*\0\x08\0\0\0").decode(), b64encode(b"\x89PNG1234").decode(), 5]
)
def test_broken_pictures_inside_are_damaged(data: object, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.json: imageData.*(damaged|no PNG)"):
        read(tmp_path, [], imageData=data)


def test_a_circle_of_directories_inside_ends(tmp_path: Path) -> None:
    stream = BytesIO()
    tifffile.imwrite(stream, np.zeros((30, 40), np.uint8))
    code = bytearray(stream.getvalue())
    place = int.from_bytes(code[4:8], "little")
    count = int.from_bytes(code[place : place + 2], "little")
    code[place + 2 + 12 * count : place + 6 + 12 * count] = len(code).to_bytes(4, "little")
    code += b"\0\0" + len(code).to_bytes(4, "little")
    try:
        entry = read(tmp_path, [], imageData=b64encode(bytes(code)).decode())
    except InputError as error:
        assert "damaged" in str(error)
    else:
        assert entry.record.shape == (30, 40)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_encodings_of_the_file(encoding: str, tmp_path: Path) -> None:
    read(tmp_path, [shape("rectangle", [[8, 9], [2, 3]], "颗粒")])
    text = json.dumps(json.loads((tmp_path / "a.json").read_text()), ensure_ascii=False)
    (tmp_path / "a.json").write_bytes(text.encode(encoding))
    (entry,) = FORMATS["labelme"].read(tmp_path)
    assert entry.instances.kinds == ("颗粒",)
    assert ["GB 18030" in warning for warning in entry.warnings] == [True] * (encoding == "gb18030")
