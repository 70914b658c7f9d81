"""Every format: what was written is read again, and what can't be kept is refused."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS, Format, detect
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord
from uniaims.errors import InputError, OutputError
from uniaims.micrograph import read_image

Make = Callable[..., AnnotatedImage]
NAMES = sorted(FORMATS)
WITHOUT_OVERLAPS = [name for name in NAMES if not FORMATS[name].traits.overlaps]
READ_AS = {"coco-polygons": "coco", "stardist": "folder"}
"""Formats whose files can't be told from another's, which reads them as well."""


@pytest.mark.parametrize("name", NAMES)
def test_round_trip_keeps_pixels_kinds_and_record(name: str, make_entry: Make, tmp_path: Path) -> None:
    entries = [make_entry("Al2O3 no.1"), make_entry("b", seed=1, kinds=False), make_entry("c", seed=2, suffix=".tif")]
    FORMATS[name].write(entries, tmp_path / "out")
    found = {entry.record.image_id: entry for entry in FORMATS[name].read(tmp_path / "out")}
    assert sorted(found) == sorted(entry.record.image_id for entry in entries)
    for entry in entries:
        back = found[entry.record.image_id]
        assert np.array_equal(np.sort(back.instances.areas_px), np.sort(entry.instances.areas_px))
        assert len(back.instances) == len(entry.instances)
        for i in range(len(entry.instances)):
            assert back.instances.boxes[i].tolist() == entry.instances.boxes[i].tolist()
            assert np.array_equal(back.instances.mask(i), entry.instances.mask(i))
            assert back.instances.kind(i) == entry.instances.kind(i)
        assert replace(back.record, file="x") == replace(entry.record, file="x")


@pytest.mark.parametrize("name", NAMES)
def test_images_come_along(name: str, make_entry: Make, tmp_path: Path) -> None:
    entry = make_entry()
    FORMATS[name].write([entry], tmp_path / "out")
    (back,) = FORMATS[name].read(tmp_path / "out")
    pixels = back.image if isinstance(back.image, np.ndarray) else read_image(back.image).gray()
    assert np.array_equal(pixels, cv2.imread(str(entry.image), cv2.IMREAD_UNCHANGED))


@pytest.mark.parametrize("name", NAMES)
def test_images_may_be_arrays(name: str, make_entry: Make, tmp_path: Path) -> None:
    entry = replace(make_entry(), image=np.random.default_rng(0).integers(0, 60000, (96, 128)).astype(np.uint16))
    FORMATS[name].write([entry], tmp_path / "out")
    (back,) = FORMATS[name].read(tmp_path / "out")
    pixels = back.image if isinstance(back.image, np.ndarray) else np.asarray(read_image(back.image).pixels)
    assert np.array_equal(pixels, entry.image)


@pytest.mark.parametrize("name", NAMES)
def test_format_is_recognised(name: str, make_entry: Make, tmp_path: Path) -> None:
    FORMATS[name].write([make_entry(suffix=".tif" if name == "stardist" else ".png")], tmp_path / "out")
    assert detect(tmp_path / "out").name == READ_AS.get(name, name)


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


def test_unknown_formats_are_said(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match="--format: coco"):
        detect(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_output_is_the_same_each_time(name: str, make_entry: Make, tmp_path: Path) -> None:
    for target in ("a", "b"):
        FORMATS[name].write([make_entry()], tmp_path / target)
    first, second = ({p.relative_to(tmp_path / t): p for p in (tmp_path / t).rglob("*") if p.is_file()} for t in "ab")
    assert first.keys() == second.keys()
    assert [str(path) for path in first if first[path].read_bytes() != second[path].read_bytes()] == []


def test_the_page_shows_the_table(repository: Path) -> None:
    page = (repository / "docs" / "exchange.md").read_text(encoding="utf-8").splitlines()
    assert [form.name for form in FORMATS.values() if row_of(form) not in page] == []


def row_of(form: Format) -> str:
    """The row of a format in the table of the page."""
    traits = form.traits
    cells = [f"`{form.name}`", traits.outlines, traits.holes, "yes" if traits.overlaps else "refused"]
    return f"| {' | '.join([*cells, str(traits.largest_count or 'any'), traits.kinds_in, traits.record_in])} |"


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
