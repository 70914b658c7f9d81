from dataclasses import replace

import cv2
import numpy as np
import pytest

from uniaims.dataset import AnnotatedImage, ImageRecord, InstanceMasks
from uniaims.dataset.ingest import place_in_folder, remove_leftovers, take_in
from uniaims.errors import InputError, SettingsError
from uniaims.micrograph import read_image

from .conftest import picture_of


@pytest.mark.parametrize(
    ("pixels", "suffix"),
    [
        (picture_of(1), ".png"),
        (picture_of(1).astype(np.uint16) * 200, ".png"),
        (np.repeat(picture_of(1)[..., None], 3, axis=2), ".png"),
        (picture_of(1).astype(np.float32) / 7, ".tif"),
        (picture_of(1).astype(np.int32) * 1000, ".tif"),
    ],
)
def test_pixels_are_written_without_loss(tmp_path, entry, pixels, suffix):
    taken = take_in(replace(entry("a"), image=pixels), tmp_path)
    assert taken.record.file == f"images/a{suffix}"
    assert np.array_equal(read_image(tmp_path / taken.record.file).pixels, pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_files_stay_as_they_came(tmp_path, entry):
    source = tmp_path / "with dots.v2.JPG"
    cv2.imwrite(str(source), picture_of(1))
    taken = take_in(replace(entry("a"), image=source), tmp_path / "d")
    assert taken.record.file == "images/a.JPG"
    assert (tmp_path / "d" / "images" / "a.JPG").read_bytes() == source.read_bytes()


def test_a_failed_one_leaves_nothing(tmp_path, entry):
    wrong = AnnotatedImage(ImageRecord("a", "any", 10, 10), InstanceMasks.none((10, 10)), picture_of(1))
    with pytest.raises(InputError, match="another image"):
        take_in(wrong, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_placement_is_refused(tmp_path, entry):
    with pytest.raises(SettingsError, match="hard link"):
        take_in(entry("a"), tmp_path, "move")


def test_leftovers_go_and_nothing_else(tmp_path):
    for name in (".incoming-1", "images", ".git"):
        (tmp_path / name).mkdir()
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"images", ".git"}


def test_absolute_paths_are_references(tmp_path):
    assert place_in_folder("/data/x.png", tmp_path).as_posix() == "/data/x.png"
    assert place_in_folder("images/x.png", tmp_path) == tmp_path / "images" / "x.png"
    with pytest.raises(InputError, match="leads out"):
        place_in_folder("../x.png", tmp_path)
