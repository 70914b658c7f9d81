"""What every format promises beyond the pixels: nothing is lost, written over or half read."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord
from uniaims.errors import InputError, OutputError

Make = Callable[..., AnnotatedImage]
NAMES = sorted(FORMATS)


WITHOUT_OVERLAPS = [name for name in NAMES if not FORMATS[name].traits.overlaps]


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(WITHOUT_OVERLAPS)))
def test_overlaps_are_kept(name: str, tmp_path: Path) -> None:
    FORMATS[name].write([overlapping()], tmp_path / "out")
    (back,) = FORMATS[name].read(tmp_path / "out")
    assert back.instances.areas_px.tolist() == overlapping().instances.areas_px.tolist()


@pytest.mark.parametrize("name", WITHOUT_OVERLAPS)
def test_overlaps_are_refused_where_they_would_be_lost(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'pair' has instances that share pixels.*coco"):
        FORMATS[name].write([overlapping()], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", NAMES)
def test_instances_without_pixels_are_left_out(name: str, tmp_path: Path) -> None:
    masks = [(2, 2, np.ones((3, 3), bool)), (0, 0, np.zeros((1, 1), bool)), (8, 8, np.ones((2, 4), bool))]
    FORMATS[name].write([entry_of(InstanceMasks.from_masks((16, 16), masks))], tmp_path / "out")
    (back,) = FORMATS[name].read(tmp_path / "out")
    assert back.instances.areas_px.tolist() == [9, 8]


@pytest.mark.parametrize("name", NAMES)
def test_an_image_without_instances_is_kept(name: str, tmp_path: Path) -> None:
    FORMATS[name].write([entry_of(InstanceMasks.none((16, 20)))], tmp_path / "out")
    (back,) = FORMATS[name].read(tmp_path / "out")
    assert (len(back.instances), back.record.shape) == (0, (16, 20))


@pytest.mark.parametrize("name", ["coco", "folder", "cellpose", "ome-zarr", "huggingface", "voc"])
def test_more_instances_than_16_bits_are_kept_or_refused(name: str, tmp_path: Path) -> None:
    labels = np.arange(1, 66_001, dtype=np.uint32).reshape(264, 250)
    entry = entry_of(InstanceMasks.from_labels(labels))
    if FORMATS[name].traits.largest_count:
        with pytest.raises(InputError, match=r"66,000 instances, voc holds 65,535"):
            FORMATS[name].write([entry], tmp_path / "out")
        return
    FORMATS[name].write([entry], tmp_path / "out")
    (back,) = FORMATS[name].read(tmp_path / "out")
    assert np.array_equal(back.instances.labels(), labels)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_over(name: str, make_entry: Make, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("precious")
    with pytest.raises(OutputError, match="there already"):
        FORMATS[name].write([make_entry()], tmp_path / "out")
    assert (tmp_path / "out" / "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize("name", NAMES)
def test_equal_names_are_refused(name: str, make_entry: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Two images are called"):
        FORMATS[name].write([make_entry("a"), make_entry("A")], tmp_path / "out")


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_give_one_clear_error(name: str, make_entry: Make, tmp_path: Path) -> None:
    FORMATS[name].write([make_entry()], tmp_path / "out")
    pictures = {".png", ".tif"} if FORMATS[name].traits.outlines != "label image" else set()
    for path in sorted(tmp_path.glob("out/**/*")):
        if path.is_file() and path.suffix not in pictures and "images" not in path.parts:
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2] + os.urandom(7))
    try:
        list(FORMATS[name].read(tmp_path / "out"))
    except InputError as error:
        assert str(tmp_path) in str(error)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(FORMATS[name].read(tmp_path))
    with pytest.raises(InputError, match="no such"):
        FORMATS[name].read(tmp_path / "nothing")


def entry_of(instances: InstanceMasks, name: str = "pair") -> AnnotatedImage:
    """An entry with a grey picture."""
    height, width = instances.shape
    record = ImageRecord(name, f"images/{name}.png", width, height)
    return AnnotatedImage(record, instances, np.full(instances.shape, 7, np.uint8))


def overlapping() -> AnnotatedImage:
    """Two squares that share 4 px, and one with a hole."""
    ring = np.ones((7, 7), bool)
    ring[2:5, 2:5] = False
    masks = [(2, 2, np.ones((6, 6), bool)), (6, 6, np.ones((6, 6), bool)), (20, 4, ring)]
    return entry_of(InstanceMasks.from_masks((32, 32), masks))
