"""OME-Zarr images with labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from uniaims.dataset.exchange import FORMATS
from uniaims.errors import InputError

OME_ZARR = FORMATS["ome-zarr"]


def write_05(path: Path, layers: dict[str, np.ndarray[Any, Any]], names: list[str] | None = None) -> None:
    """An image of NGFF 0.5 (Zarr 3) with label images."""
    root = zarr.open_group(str(path), mode="w", zarr_format=3)
    axes = [{"name": axis, "type": "space"} for axis in "yx"]
    scale = [{"path": "s0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}]}]
    attributes = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": scale}]}
    root.create_array("s0", data=np.ones((12, 10), np.uint16))
    root.attrs["ome"] = attributes
    labels = root.create_group("labels")
    labels.attrs["ome"] = {"labels": names or list(layers)}
    for name, layer in layers.items():
        group = labels.create_group(name)
        group.create_array("s0", data=layer)
        group.attrs["ome"] = attributes


def test_several_label_images_are_kinds(tmp_path: Path) -> None:
    cells, nuclei = np.zeros((12, 10), np.int32), np.zeros((12, 10), np.uint8)
    cells[1:9, 1:9], nuclei[3:5, 3:5], nuclei[6:8, 3:5] = 4, 1, 2
    write_05(tmp_path / "a.zarr", {"cells": cells, "nuclei": nuclei})
    (entry,) = OME_ZARR.read(tmp_path / "a.zarr")
    assert entry.instances.kinds == ("cells", "nuclei", "nuclei")
    assert entry.instances.areas_px.tolist() == [64, 4, 4]


def test_labels_of_another_size_are_refused(tmp_path: Path) -> None:
    write_05(tmp_path / "a.zarr", {"cells": np.zeros((12, 11), np.uint8)})
    with pytest.raises(InputError, match="its labels are for 11 x 12 px, it has 10 x 12"):
        list(OME_ZARR.read(tmp_path))


def test_labels_outside_of_the_folder_are_refused(tmp_path: Path) -> None:
    write_05(tmp_path / "a.zarr", {"cells": np.zeros((12, 10), np.uint8)}, ["../../../secret"])
    with pytest.raises(InputError, match="outside the folder"):
        list(OME_ZARR.read(tmp_path))


def test_pixel_size_and_colours_are_written(make_entry: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    from uniaims.micrograph import read_image

    entry = replace(make_entry("a"), image=np.arange(96 * 128 * 3, dtype=np.uint16).reshape(96, 128, 3))
    OME_ZARR.write([entry], tmp_path / "out")
    size = read_image(tmp_path / "out" / "a.zarr").pixel_size
    assert size is not None
    assert size.nm == 2.5
    labels = json.loads((tmp_path / "out" / "a.zarr" / "labels" / "instances" / ".zattrs").read_text())
    assert {"label-value": 20, "class": ""} not in labels["image-label"]["properties"]
    assert {"label-value": 1, "class": "pore & crack"} in labels["image-label"]["properties"]
