import shutil

import cv2
import numpy as np
import polars as pl
import pytest

from uniaims.dataset import AnnotatedImage, Dataset, ImageRecord, InstanceMasks
from uniaims.dataset.validation import validate

from .conftest import labels_of, picture_of


@pytest.fixture
def sound(dataset):
    """The dataset with nothing to complain about."""
    dataset.describe({name: {"licence": "CC0-1.0", "pixel_size_nm": 2.0} for name in dataset.image_ids})
    return dataset


def subjects(dataset, **options):
    return {fault.subject for fault in validate(Dataset.open(dataset.folder), **options)}


def test_a_sound_dataset_has_no_faults(sound):
    assert validate(sound) == ()


def test_what_is_not_known_is_one_fault_each(dataset):
    faults = {fault.subject: fault for fault in validate(dataset)}
    assert faults["missing licence"].severity == "warning"
    assert faults["no pixel size"].severity == "note"
    assert len(faults["missing licence"].files) == 6


def edit(dataset, **columns):
    path = dataset.folder / "images.parquet"
    table = pl.read_parquet(path)
    table.with_columns(**{name: value.cast(table[name].dtype) for name, value in columns.items()}).write_parquet(path)


def of(name, value, column):
    return pl.when(pl.col("image_id") == name).then(pl.lit(value)).otherwise(pl.col(column))


def rewrite_instances(dataset, change):
    path = next((dataset.folder / "instances").iterdir())
    change(pl.read_parquet(path)).write_parquet(path)


BREAK = {
    "missing image": lambda d: d.image_path("a").unlink(),
    "unreadable image": lambda d: d.image_path("a").write_bytes(b"\x89PNG\r\n\x1a\n"),
    "size differs": lambda d: cv2.imwrite(str(d.image_path("a")), picture_of(0, (20, 20))),
    "image changed": lambda d: cv2.imwrite(str(d.image_path("a")), picture_of(77)),
    "extra file": lambda d: (d.folder / "images" / "stray.png").write_text("x"),
    "wrong value": lambda d: edit(d, modality=of("a", "SME", "modality")),
    "path": lambda d: (d.image_path("a").unlink(), d.image_path("a").symlink_to(__file__)),
    "instances lost": lambda d: shutil.rmtree(d.folder / "instances"),
    "instances outside": lambda d: rewrite_instances(d, lambda t: t.with_columns(x1=pl.col("x1") + 60)),
    "instances damaged": lambda d: rewrite_instances(d, lambda t: t.with_columns(x1=pl.col("x0") + 1)),
    "areas": lambda d: rewrite_instances(d, lambda t: t.with_columns(area_px=pl.col("area_px") + 1)),
    "numbers of instances": lambda d: rewrite_instances(d, lambda t: t.with_columns(number=pl.lit(1, pl.UInt32))),
    "ignore mask": lambda d: (
        (d.folder / "ignore").mkdir(),
        cv2.imwrite(str(d.folder / "ignore" / "a.png"), np.zeros((5, 5), np.uint8)),
    ),
}


@pytest.mark.parametrize("subject", BREAK)
def test_what_is_broken_is_found_with_its_file_and_a_remedy(sound, subject):
    BREAK[subject](sound)
    found = [fault for fault in validate(Dataset.open(sound.folder)) if fault.subject == subject]
    assert found
    assert found[0].files
    assert found[0].message
    assert found[0].remedy


def test_all_is_found_at_once(sound):
    for subject in ("missing image", "extra file", "wrong value"):
        BREAK[subject](sound)
    assert {"missing image", "extra file", "wrong value"} <= subjects(sound)


def test_a_quick_look_reads_no_image(sound):
    BREAK["unreadable image"](sound)
    assert subjects(sound, read_images=False) == set()
    BREAK["missing image"](sound)
    assert subjects(sound, read_images=False) == {"missing image"}


def test_what_a_killed_program_left_is_said_so(sound):
    (sound.folder / ".incoming-01234567").mkdir()
    (sound.folder / "images" / ".x.0.partial.png").write_text("")
    found = [fault for fault in validate(sound) if fault.subject == "extra file"]
    assert len(found) == 2
    assert all("stopped" in fault.message for fault in found)


def add(dataset, name, instances, seed=50):
    record = ImageRecord(name, "any", 64, 48, licence="CC0-1.0", pixel_size_nm=1.0)
    dataset.add([AnnotatedImage(record, instances, picture_of(seed))])


def test_pieces_overlaps_and_empty_instances(sound):
    two = labels_of(1, count=3)
    two[two == 2] = 1
    add(sound, "pieces", InstanceMasks.from_labels(two), 51)
    square = np.ones((6, 6), bool)
    apart = np.zeros((9, 9), bool)
    apart[0, 0] = apart[8, 8] = True
    add(sound, "overlap", InstanceMasks.from_masks((48, 64), [(0, 0, square), (3, 3, square), (20, 20, apart)]), 52)
    add(sound, "empty", InstanceMasks.from_masks((48, 64), [(0, 0, square), (0, 0, square & False)]), 53)
    faults = {(fault.subject, fault.files[0]): fault for fault in validate(sound)}
    assert set(faults) == {
        ("disconnected instances", "pieces"),
        ("disconnected instances", "overlap"),
        ("overlaps", "overlap"),
        ("empty instances", "empty"),
    }
    assert "(1)" in faults["disconnected instances", "pieces"].message
    assert "(3)" in faults["disconnected instances", "overlap"].message
    assert "9 px" in faults["overlaps", "overlap"].message


def test_labelled_without_an_instance(sound):
    add(sound, "bare", InstanceMasks.none((48, 64)))
    assert subjects(sound) == set()
    sound.describe({"bare": {"review_state": "labelled"}})
    assert subjects(sound) == {"no instances"}


def test_duplicates_and_leaks(sound, entry):
    sound.add([entry("copy", 1, 2, licence="CC0-1.0", pixel_size_nm=1.0, split="test")])
    assert subjects(sound) == {"duplicated image"}
    sound.describe({"b": {"split": "train"}})
    leaks = [fault for fault in validate(sound) if fault.subject == "split leakage"]
    assert [fault.files for fault in leaks] == [("b", "copy")]
    assert leaks[0].severity == "error"
    sound.describe({"a": {"split": "validation"}})
    messages = [fault.message for fault in validate(sound) if fault.subject == "split leakage"]
    assert any("'g0' is in train and validation" in message for message in messages)
