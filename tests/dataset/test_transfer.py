import csv
import os
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.dataset import Dataset, open_samples
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.transfer import ImportSettings, export, import_sources
from uniaims.dataset.validation import validate
from uniaims.errors import InputError, OutputError, SettingsError

from .conftest import labels_of, picture_of


def imported(sources, target, **settings):
    return import_sources(sources, target, ImportSettings(**settings))


def test_a_plain_folder_with_a_table_and_ignored_regions(tmp_path, plain_folder):
    (plain_folder / "ignore").mkdir()
    mask = np.zeros((48, 64), np.uint8)
    mask[4, 5] = 1
    cv2.imwrite(str(plain_folder / "ignore" / "b.png"), mask)
    with (plain_folder / "samples.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["stem", "recipe", "seed", "modality", "pixel_size_nm", "synthetic"])
        rows.writerow(["a", "grains", 3, "TEM", 2.5, "true"])
    result = imported([plain_folder], tmp_path / "d", fields={"licence": "CC0-1.0"})
    assert (result.added, result.already, result.faults) == (3, 0, ())
    dataset = Dataset.open(tmp_path / "d")
    record = dataset.record("a")
    assert (record.modality, record.pixel_size_nm, record.synthetic, record.licence) == ("TEM", 2.5, True, "CC0-1.0")
    assert np.argwhere(dataset.ignored("b")).tolist() == [[4, 5]]
    assert np.array_equal(dataset.labels("c"), labels_of(2))


def test_bad_images_are_listed_and_the_rest_is_imported(tmp_path, plain_folder):
    (plain_folder / "images" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    cv2.imwrite(str(plain_folder / "masks" / "b.png"), np.ones((3, 3), np.uint8))
    result = imported([plain_folder, tmp_path / "missing"], tmp_path / "d")
    assert result.added == 1
    assert [(fault.image_id, fault.source.name) for fault in result.faults] == [
        ("a", "plain"),
        ("b", "plain"),
        ("", "missing"),
    ]
    assert Dataset.open(tmp_path / "d").image_ids == ("c",)


def test_an_image_without_a_mask_is_not_passed_over_in_silence(tmp_path, plain_folder):
    (plain_folder / "masks" / "b.png").unlink()
    result = imported([plain_folder], tmp_path / "d")
    assert result.added == 2
    assert [fault.image_id for fault in result.faults] == ["b"]


def test_importing_again_goes_on(tmp_path, plain_folder):
    imported([plain_folder], tmp_path / "d")
    cv2.imwrite(str(plain_folder / "images" / "d.png"), picture_of(7))
    cv2.imwrite(str(plain_folder / "masks" / "d.png"), labels_of(7).astype(np.uint16))
    result = imported([plain_folder], tmp_path / "d")
    assert (result.added, result.already) == (1, 3)
    assert imported([plain_folder], tmp_path / "d", existing="replace").added == 4


def test_fields_go_before_what_the_source_says(tmp_path, dataset):
    imported([dataset.folder], tmp_path / "d", fields={"modality": "OM"})
    assert {record.modality for record in Dataset.open(tmp_path / "d").query()} == {"OM"}


@pytest.mark.parametrize(
    "settings",
    [{"fields": {"modality": "SME"}}, {"fields": {"colour": "red"}}, {"fields": {"file": "x"}}, {"form": "x"}],
)
def test_settings_that_can_not_be_are_refused_before_anything_is_done(settings):
    with pytest.raises(SettingsError):
        ImportSettings(**settings)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_brings_a_dataset_back(tmp_path, dataset, form):
    assert export(dataset, form, tmp_path / "exported", "instances > 1") == 5
    result = imported([tmp_path / "exported"], tmp_path / "back", form=form)
    assert (result.added, result.faults) == (5, ())
    back = Dataset.open(tmp_path / "back")
    for name in "bcdef":
        assert np.array_equal(back.labels(name) > 0, dataset.labels(name) > 0)
        assert np.array_equal(back.image(name).gray(), dataset.image(name).gray())
    assert not [fault for fault in validate(back) if fault.severity == "error"]


def test_ignored_regions_go_with_a_plain_folder(tmp_path, dataset):
    (dataset.folder / "ignore").mkdir()
    cv2.imwrite(str(dataset.folder / "ignore" / "b.png"), np.eye(48, 64, dtype=np.uint8))
    export(dataset, "folder", tmp_path / "exported")
    samples = {file.stem: file.read() for file in open_samples(tmp_path / "exported")}
    assert int((~samples["b"].known).sum()) == 48
    assert samples["a"].known.all()
    assert np.array_equal(samples["f"].labels, labels_of(5, count=6))


def test_exporting_is_refused_for_nothing_and_over_something(tmp_path, dataset):
    with pytest.raises(InputError, match="no image with"):
        export(dataset, "coco", tmp_path / "x", "instances > 99")
    with pytest.raises(SettingsError, match="no format is called"):
        export(dataset, "cocoa", tmp_path / "x")
    export(dataset, "coco", tmp_path / "x")
    with pytest.raises(OutputError, match="there already"):
        export(dataset, "coco", tmp_path / "x")


def test_archives_are_unpacked(tmp_path, plain_folder):
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "plain")
    assert imported([tmp_path / "packed.zip"], tmp_path / "d").added == 3
    assert {path.name for path in (tmp_path / "d").iterdir()} == {
        ".lock",
        "dataset.json",
        "images",
        "images.parquet",
        "instances",
    }


def test_a_hostile_archive_is_a_fault_and_the_rest_is_imported(tmp_path, plain_folder):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as content:
        content.writestr("../../evil.txt", "x")
    result = imported([tmp_path / "bad.zip", plain_folder], tmp_path / "d")
    assert result.added == 3
    assert "leads out" in result.faults[0].message
    assert not (tmp_path / "evil.txt").exists()


def test_hostile_names_in_annotations_stay_inside(tmp_path, dataset):
    export(dataset, "coco", tmp_path / "coco")
    (path,) = (tmp_path / "coco").rglob("*.json")
    (tmp_path / "secret.png").write_bytes(dataset.image_path("a").read_bytes())
    text = path.read_text().replace("images/a.png", "../secret.png").replace('"a.png"', '"../secret.png"')
    assert "../secret.png" in text
    path.write_text(text)
    result = imported([tmp_path / "coco"], tmp_path / "d")
    assert len(result.faults) == 1
    assert result.added == 5
    assert not list(tmp_path.glob("d/**/*secret*"))


def test_names_in_another_coding_and_odd_names_come_in(tmp_path, plain_folder):
    names = ["50%25", "x?y", "t12:30:00", "a b", "粒子"]
    for name in names:
        for folder in ("images", "masks"):
            shutil.copy(plain_folder / folder / "a.png", plain_folder / folder / f"{name}.png")
    for folder in ("images", "masks"):
        try:
            shutil.copy(plain_folder / folder / "b.png", os.fsencode(plain_folder / folder) + b"/gr\xe9n.png")
        except OSError:
            pytest.skip("this file system holds only names in UTF-8")
    result = imported([plain_folder], tmp_path / "d")
    assert (result.added, result.already, result.faults) == (9, 0, ())
    dataset = Dataset.open(tmp_path / "d")
    assert {*names, "gr%e9n"} <= set(dataset.image_ids)
    export(dataset, "coco", tmp_path / "coco")
    assert imported([tmp_path / "coco"], tmp_path / "again").added == 9


def test_lonely_masks_and_images_of_one_name_are_told(tmp_path, plain_folder):
    shutil.copy(plain_folder / "masks" / "a.png", plain_folder / "masks" / "lonely.png")
    cv2.imwrite(str(plain_folder / "images" / "a.tif"), picture_of(7))
    result = imported([plain_folder], tmp_path / "d")
    assert (result.added, result.already) == (3, 0)
    assert [fault.image_id for fault in result.faults] == ["a", "lonely"]


def test_an_image_that_was_refused_leaves_the_ignored_region_of_its_namesake(tmp_path, plain_folder):
    imported([plain_folder], tmp_path / "d")
    cv2.imwrite(str(plain_folder / "images" / "a.png"), picture_of(9))
    (plain_folder / "ignore").mkdir()
    for name, shape in (("a", (48, 64)), ("b", (4, 6)), ("c", (48, 64))):
        cv2.imwrite(str(plain_folder / "ignore" / f"{name}.png"), np.ones(shape, np.uint8))
    result = imported([plain_folder], tmp_path / "d")
    assert ["there already" in fault.message or "6 x 4 px" in fault.message for fault in result.faults] == [True, True]
    dataset = Dataset.open(tmp_path / "d")
    assert [dataset.ignored(name) is not None for name in "abc"] == [False, False, True]


def test_damaged_files_of_other_formats_beside_are_passed_over(tmp_path, plain_folder):
    (plain_folder / "x.parquet").write_bytes(b"PAR1junk")
    with zipfile.ZipFile(plain_folder / "q.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    damaged = (plain_folder / "q.zip").read_bytes().replace(b"PK\x01\x02", b"XXXX")
    (plain_folder / "q.zip").write_bytes(damaged)
    assert imported([plain_folder], tmp_path / "d").added == 3
    (fault,) = imported([plain_folder / "q.zip"], tmp_path / "d").faults
    assert "can't be unpacked" in fault.message


def test_what_a_killed_program_unpacked_is_deleted(tmp_path, plain_folder):
    imported([plain_folder], tmp_path / "d")
    (tmp_path / "d" / ".archive-old").mkdir()
    imported([plain_folder], tmp_path / "d")
    assert not (tmp_path / "d" / ".archive-old").exists()


@pytest.mark.parametrize("table", [b"image_id|modality\na|SEM\n", "image_id,material\na,gr\xe9n\n".encode("latin-1")])
def test_a_table_that_can_not_be_read_is_no_empty_one(tmp_path, plain_folder, table):
    (plain_folder / "samples.csv").write_bytes(table)
    (fault,) = imported([plain_folder], tmp_path / "d").faults
    assert "samples.csv" in fault.message


def test_warnings_of_an_import_are_told_once(tmp_path, plain_folder):
    for stem in "abc":
        cv2.imwrite(str(plain_folder / "masks" / f"{stem}.png"), (labels_of(1) > 0).astype(np.uint8) * 255)
    result = imported([plain_folder, plain_folder], tmp_path / "d")
    assert [Path(text.partition(":")[0]).name for text in result.warnings] == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_tables_as_spreadsheets_write_them(tmp_path, plain_folder, between, encoding):
    rows = [["image_id", "material", "pixel_size_nm"], ["a", "Gefüge", '"2,5"' if between == "," else "2,5"]]
    text = "\r\n".join(between.join(row) for row in rows)
    (plain_folder / "samples.csv").write_bytes(text.encode(encoding))
    imported([plain_folder], tmp_path / "d")
    record = Dataset.open(tmp_path / "d").record("a")
    assert (record.material, record.pixel_size_nm) == ("Gefüge", 2.5)
