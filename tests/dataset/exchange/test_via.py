"""VIA's regions."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS, detect
from uniaims.errors import InputError

VIA = FORMATS["via"]


def region(name: str, attributes: Any = None, **form: Any) -> dict[str, Any]:
    return {"shape_attributes": {"name": name, **form}, "region_attributes": attributes or {}}


def read(folder: Path, regions: Any, *, project: bool = False) -> AnnotatedImage:
    cv2.imwrite(str(folder / "a.png"), np.zeros((30, 40), np.uint8))
    images = {"a.png123": {"filename": "a.png", "size": 123, "regions": regions, "file_attributes": {}}}
    (folder / "via.json").write_text(json.dumps({"_via_img_metadata": images} if project else images))
    assert detect(folder).name == "via"
    (entry,) = VIA.read(folder)
    return entry


@pytest.mark.parametrize("project", [False, True])
def test_regions(project: bool, tmp_path: Path) -> None:
    regions = [
        region("polygon", {"label": "pore"}, all_points_x=[2, 8, 8, 2], all_points_y=[3, 3, 9, 9]),
        region("rect", {"anything": "grain"}, x=10, y=4, width=6, height=2),
        region("circle", {"kind": {"a": True, "b": False}}, cx=25, cy=15, r=8),
        region("ellipse", cx=25, cy=15, rx=10, ry=5, theta=1.5707963),
    ]
    entry = read(tmp_path, regions, project=project)
    areas, boxes = entry.instances.areas_px.tolist(), entry.instances.boxes.tolist()
    assert areas[:2] == [36, 12]
    assert areas[2:] == pytest.approx([np.pi * 64, np.pi * 50], rel=0.04)
    assert boxes[3] == [5, 20, 25, 30]
    assert entry.instances.kinds == ("pore", "grain", "a", "")


def test_regions_of_version_1(tmp_path: Path) -> None:
    assert len(read(tmp_path, {"0": region("rect", x=1, y=1, width=2, height=2)}).instances) == 1


@pytest.mark.parametrize("name", ["polyline", "point"])
def test_what_has_no_area_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"region 0 is a {name}, which has no area"):
        read(tmp_path, [region(name, cx=1, cy=2)])


def test_unequal_lists_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read as via"):
        read(tmp_path, [region("polygon", all_points_x=[1, 2, 3], all_points_y=[1, 2])])
