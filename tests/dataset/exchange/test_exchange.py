"""Every format: what was written is read again, and what can't be kept is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS, Format, detect
from uniaims.errors import InputError
from uniaims.micrograph import read_image

Make = Callable[..., AnnotatedImage]
NAMES = sorted(FORMATS)


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
