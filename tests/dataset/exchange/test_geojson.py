"""QuPath's features."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS, detect
from uniaims.errors import InputError

OUTER = [[2, 2], [12, 2], [12, 12], [2, 12], [2, 2]]
HOLE = [[4, 4], [8, 4], [8, 8], [4, 8], [4, 4]]


def read(folder: Path, content: Any) -> AnnotatedImage:
    cv2.imwrite(str(folder / "a.png"), np.zeros((30, 40), np.uint8))
    (folder / "a.geojson").write_text(json.dumps(content))
    assert detect(folder).name == "geojson"
    (entry,) = FORMATS["geojson"].read(folder)
    return entry


def feature(form: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": form, "coordinates": coordinates}
    return {"type": "Feature", "id": "x", "geometry": geometry, "properties": properties}


def test_features_of_qupath(tmp_path: Path) -> None:
    far = [[[x + 20, y] for x, y in OUTER]]
    features = [
        feature("Polygon", [OUTER, HOLE], objectType="annotation", classification={"name": "pore", "color": [1, 2, 3]}),
        feature("MultiPolygon", [[OUTER], far], objectType="detection", classification={"names": ["a", "b"]}),
        feature("Polygon", [OUTER], classification="grain"),
        feature("Polygon", [OUTER]),
    ]
    entry = read(tmp_path, {"type": "FeatureCollection", "features": features})
    assert entry.instances.areas_px.tolist() == [84, 200, 100, 100]
    assert entry.instances.kinds == ("pore", "a: b", "grain", "")


def test_lists_and_single_features(tmp_path: Path) -> None:
    single = feature("Polygon", [OUTER])
    assert len(read(tmp_path, [single, single]).instances) == 2
    assert len(read(tmp_path, single).instances) == 1


@pytest.mark.parametrize("form", ["Point", "LineString", "MultiPoint", "GeometryCollection"])
def test_what_has_no_area_is_refused(form: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"feature 0 is a {form}, which has no area"):
        read(tmp_path, {"type": "FeatureCollection", "features": [feature(form, [1, 2])]})


def test_rings_are_closed(make_entry: Any, tmp_path: Path) -> None:
    FORMATS["geojson"].write([make_entry("a")], tmp_path / "out")
    content = json.loads((tmp_path / "out" / "a.geojson").read_text())
    geometries = [item["geometry"] for item in content["features"]]
    polygons = [p for g in geometries for p in ([g["coordinates"]] if g["type"] == "Polygon" else g["coordinates"])]
    assert all(ring[0] == ring[-1] and len(ring) >= 4 for polygon in polygons for ring in polygon)
