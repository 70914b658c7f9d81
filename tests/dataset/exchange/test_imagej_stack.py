"""Selections in stacks and hyperstacks."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.errors import InputError
from uniaims.micrograph import read_image

from .selections import IMAGEJ, header


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
