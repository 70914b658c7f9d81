"""Files found by names that differ from theirs in how letters are written."""

import os
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from PIL import Image

from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.exchange.pictures import find_picture
from uniaims.labels import write_labels
from uniaims.names import files_in, place_in


@pytest.mark.parametrize(
    ("on_disk", "said"),
    [
        (normalize("NFD", "Gefüge 1.png"), "Gefüge 1.png"),
        ("Gefüge 1.png", normalize("NFD", "Gefüge 1.png")),
        ("a.PNG", "a.png"),
        ("a.Tif", "a.TIF"),
        ("IMG_1.JPG", "img_1.jpg"),
        ("5 µm.png", "5 μm.png"),
        ("a[1].png", "a[1].png"),
        ("b*?.png", "b*?.png"),
    ],
)
def test_the_file_is_found(on_disk, said, tmp_path: Path):
    (tmp_path / on_disk).touch()
    (tmp_path / "other.png").touch()
    assert place_in(tmp_path, [said]) == tmp_path / on_disk
    assert find_picture(f"C:\\data\\{said}", tmp_path / "x.json") == tmp_path / on_disk


@pytest.mark.parametrize("name", ["a*.png", "[ab].png", "?.png", "..", "", "a\0b", "x" * 5000, "b.png"])
def test_names_are_no_patterns_and_the_rest_is_not_there(name, tmp_path: Path):
    (tmp_path / "a.png").touch()
    assert place_in(tmp_path, [name]) is None


def test_the_most_similar_name_counts_and_none_if_several_do(tmp_path: Path):
    for name in ("a.PNG", "A.png"):
        (tmp_path / name).touch()
    assert place_in(tmp_path, ["a.png"]) == tmp_path / "a.PNG"
    assert place_in(tmp_path, ["A.PNG"]) == tmp_path / "A.png"
    (tmp_path / "a.Png").touch()
    assert place_in(tmp_path, ["a.png"]) is None


def test_suffixes_in_any_case_and_no_hidden_files(tmp_path: Path):
    for name in ("a.json", "b.JSON", ".c.json", "d.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in files_in(tmp_path, ".json")] == ["a.json", "b.JSON"]


@pytest.mark.parametrize("form", ["folder", "stardist", "cellpose"])
def test_images_and_masks_are_paired(form, tmp_path: Path):
    labels = np.zeros((20, 30), np.uint32)
    labels[2:5, 2:6] = 1
    flat = form == "cellpose"
    for name in () if flat else ("images", "masks"):
        (tmp_path / name).mkdir()
    suffix = ".TIF" if form == "stardist" else ".PNG"
    image = tmp_path / ("" if flat else "images") / f"{normalize('NFD', 'Gefüge [1]*')}{suffix}"
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(image, format=suffix[1:].replace("TIF", "TIFF"))
    ending = "_masks" if flat else ""
    write_labels(tmp_path / ("" if flat else "masks") / f"Gefüge [1]*{ending}.TIF", labels)
    (entry,) = FORMATS[form].read(tmp_path)
    assert (entry.record.image_id, entry.instances.areas_px.tolist()) == ("Gefüge [1]*", [12])


@pytest.mark.skipif(os.name == "nt", reason="names are UTF-16 there")
def test_names_that_are_not_utf_8_stay_apart(tmp_path: Path):
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
        for stem in (b"\xff", b"\xfe"):
            path = Path(os.fsdecode(os.fsencode(tmp_path / name) + b"/" + stem + b".png"))
            Image.fromarray(np.eye(20, 30, dtype=np.uint8)).save(path, format="PNG")
    assert {entry.record.image_id for entry in FORMATS["folder"].read(tmp_path)} == {"%ff", "%fe"}


@pytest.mark.parametrize("holder", ["any", "json"])
def test_ways_up_stay_in_the_folder_that_was_given(holder, tmp_path: Path):
    file = tmp_path / "given" / holder / "a.json"
    file.parent.mkdir(parents=True)
    (tmp_path / "given" / "images").mkdir()
    inside, outside = tmp_path / "given" / "images" / "a.png", tmp_path / "secret.png"
    inside.touch()
    outside.touch()
    assert find_picture("../images/a.png", file, tmp_path / "given") == inside
    assert find_picture("../images/a.png", file, file) == (inside if holder == "json" else None)
    for name in ("../../secret.png", "../secret.png", str(outside), f"file://{outside}", "..\\..\\secret.png"):
        assert find_picture(name, file, tmp_path / "given") is None


def test_links_are_followed_as_their_owner_set_them(tmp_path: Path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "x.png").touch()
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.png").symlink_to(tmp_path / "store" / "x.png")
    assert find_picture("a.png", tmp_path / "set" / "x.json") == tmp_path / "set" / "a.png"
