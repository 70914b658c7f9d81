import os
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.dataset import AnnotatedImage, Dataset, ImageRecord, InstanceMasks, instance_shards, open_samples
from uniaims.errors import InputError, OutputError

from .conftest import labels_of, picture_of


def test_what_was_added_comes_back(dataset, entry):
    again = Dataset.open(dataset.folder)
    assert again.image_ids == tuple("abcdef")
    assert again.instance_count == 21
    for seed, name in enumerate("abcdef"):
        assert np.array_equal(again.labels(name), labels_of(seed, count=seed + 1))
        assert np.array_equal(again.image(name).pixels, picture_of(seed))
    assert again["c"].record == again.record("c")
    assert again["c"].image == again.image_path("c")


def test_replaced_instances_leave_no_trace(dataset):
    dataset.replace("b", InstanceMasks.from_labels(labels_of(9, count=3)), review_state="reviewed")
    again = Dataset.open(dataset.folder)
    assert again.instance_count == 22
    assert again.record("b").review_state == "reviewed"
    assert np.array_equal(again.labels("b"), labels_of(9, count=3))
    assert again.sql("SELECT count(*) AS n FROM instances")["n"].item() == 22
    assert again.image_ids == tuple("abcdef")


def test_replacing_is_refused_for_another_size(dataset):
    with pytest.raises(InputError, match="belong to an image"):
        dataset.replace("b", InstanceMasks.none((3, 3)))


def test_removed_images_are_gone(dataset):
    dataset.remove(["a", "d"])
    again = Dataset.open(dataset.folder)
    assert again.image_ids == tuple("bcef")
    assert again.sql("SELECT DISTINCT image_id FROM instances ORDER BY image_id")["image_id"].to_list() == list("bcef")
    assert not (dataset.folder / "images" / "a.png").exists()
    with pytest.raises(InputError):
        dataset.remove(["b", "zz"])
    assert "b" in Dataset.open(dataset.folder)


def test_described_fields_are_checked_first(dataset):
    dataset.describe({"a": {"licence": "CC0-1.0"}, "b": {"split": "test", "pixel_size_nm": 2.5}})
    again = Dataset.open(dataset.folder)
    assert (again.record("a").licence, again.record("b").split, again.record("b").pixel_size_nm) == (
        "CC0-1.0",
        "test",
        2.5,
    )
    assert again.image("b").pixel_size.nm == 2.5
    for wrong in ({"split": "tset"}, {"width_px": 3}, {"colour": "red"}):
        with pytest.raises(InputError):
            dataset.describe({"c": {"licence": "x"}, "a": wrong})
    assert Dataset.open(dataset.folder).record("c").licence == ""


def test_small_parts_are_put_together(dataset, monkeypatch):
    monkeypatch.setattr("uniaims.dataset.store.MOST_SMALL_PARTS", 3)
    for step in range(8):
        dataset.replace("abcdef"[step % 6], InstanceMasks.from_labels(labels_of(step, count=2)))
    assert len(dataset.shards) <= 4
    assert sorted(path.name for path in (dataset.folder / "instances").iterdir()) == sorted(
        instance_shards.shard_path(dataset.folder, part).name for part in dataset.shards
    )
    assert {name: len(Dataset.open(dataset.folder).instances(name)) for name in "abcdef"} == dict.fromkeys("abcdef", 2)


def test_compacting_changes_nothing_to_be_seen(dataset):
    dataset.replace("b", InstanceMasks.none((48, 64)))
    before = [(e.record, e.instances.encoded()) for e in dataset.entries()]
    dataset.compact()
    assert [(e.record, e.instances.encoded()) for e in Dataset.open(dataset.folder).entries()] == before
    assert len(list((dataset.folder / "instances").iterdir())) == 1


def test_many_parts_are_one_table(tmp_path, entry, monkeypatch):
    monkeypatch.setattr("uniaims.dataset.instance_shards.SHARD_ROWS", 4)
    dataset = Dataset.create(tmp_path / "d")
    assert dataset.add(entry(name, seed) for seed, name in enumerate("abcd")) == 4
    assert len(dataset.shards) == 4
    assert dataset.sql("SELECT count(*) AS n FROM instances")["n"].item() == 20
    assert [len(e.instances) for e in dataset.entries()] == [5] * 4


def test_kinds_are_kept(tmp_path, entry):
    dataset = Dataset.create(tmp_path / "d")
    dataset.add([entry("a", kinds={1: "pore", 3: "grain"})])
    again = Dataset.open(tmp_path / "d")
    assert again.instances("a").kinds == ("pore", "", "grain", "", "")
    assert again.manifest.kinds == ("grain", "pore")


def test_overlaps_are_kept(tmp_path):
    square = np.ones((10, 10), bool)
    instances = InstanceMasks.from_masks((48, 64), [(0, 0, square), (5, 5, square)])
    dataset = Dataset.create(tmp_path / "d")
    dataset.add([AnnotatedImage(ImageRecord("a", "any", 64, 48), instances, picture_of(0))])
    assert dataset.instances("a").areas_px.tolist() == [100, 100]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\"), min_size=1, max_size=30))
def test_any_name_that_can_be_one_is(tmp_path_factory, name):
    if name in {".", ".."} or len(name.encode()) > 200:
        return
    dataset = Dataset.create(tmp_path_factory.mktemp("names") / "d")
    labels = labels_of(0)
    dataset.add([AnnotatedImage(ImageRecord(name, "any", 64, 48), InstanceMasks.from_labels(labels), picture_of(0))])
    again = Dataset.open(dataset.folder)
    assert np.array_equal(again.labels(name), labels)
    assert again.image_path(name).parent == dataset.folder / "images"


def test_a_name_twice_is_refused_whatever_its_case(dataset, entry):
    for name in ("a", "A"):
        with pytest.raises(InputError, match="is there already"):
            dataset.add([entry(name, seed=7)])
    assert len(dataset) == 6


def test_the_same_image_again_is_passed_over(tmp_path, plain_folder):
    def entries():
        for file in open_samples(plain_folder):
            labels = file.read().labels
            yield AnnotatedImage(ImageRecord(file.stem, "any", 64, 48), InstanceMasks.from_labels(labels), file.image)

    dataset = Dataset.create(tmp_path / "d")
    assert dataset.add(entries()) == 3
    assert dataset.add(entries(), existing="skip") == 0
    cv2.imwrite(str(plain_folder / "images" / "b.png"), picture_of(8))
    with pytest.raises(InputError, match="'b' is there already"):
        dataset.add(entries(), existing="skip")
    assert dataset.add(entries(), existing="replace") == 3
    assert np.array_equal(Dataset.open(tmp_path / "d").image("b").pixels, picture_of(8))
    assert dataset.sql("SELECT count(*) AS n FROM instances")["n"].item() == 15


def test_a_bad_image_is_noted_and_the_others_go_on(tmp_path, entry):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    wrong_size = tmp_path / "small.png"
    cv2.imwrite(str(wrong_size), picture_of(3, (10, 10)))
    good = [entry("a", 1), entry("z", 2)]
    entries = [
        good[0],
        AnnotatedImage(entry("bad").record, entry("bad").instances, bad),
        AnnotatedImage(entry("small").record, entry("small").instances, wrong_size),
        AnnotatedImage(entry("none").record, entry("none").instances, None),
        AnnotatedImage(entry("gone").record, entry("gone").instances, tmp_path / "gone.png"),
        good[1],
    ]
    dataset, faults = Dataset.create(tmp_path / "d"), {}
    assert dataset.add(entries, on_fault=lambda name, error: faults.update({name: str(error)})) == 2
    assert set(faults) == {"bad", "small", "none", "gone"}
    assert Dataset.open(tmp_path / "d").image_ids == ("a", "z")
    assert {path.name for path in (tmp_path / "d" / "images").iterdir()} == {"a.png", "z.png"}


@pytest.mark.parametrize("placement", ["copy", "hard link", "reference"])
def test_images_are_copied_linked_or_referenced(tmp_path, plain_folder, placement):
    dataset, source = Dataset.create(tmp_path / "d"), plain_folder / "images" / "a.png"
    entry = AnnotatedImage(ImageRecord("a", "any", 64, 48), InstanceMasks.none((48, 64)), source)
    dataset.add([entry], placement)
    path = Dataset.open(tmp_path / "d").image_path("a")
    assert path.samefile(source) == (placement != "copy")
    assert (path == source.resolve()) == (placement == "reference")
    dataset.remove(["a"])
    assert source.exists()


def test_a_pixel_size_in_the_file_is_taken(tmp_path, sample_image):
    shape = (960, 1280)
    dataset = Dataset.create(tmp_path / "d")
    dataset.add([AnnotatedImage(ImageRecord("powder", "any", 1280, 960), InstanceMasks.none(shape), sample_image)])
    record = dataset.record("powder")
    assert record.pixel_size_nm > 0
    assert record.pixel_size_source == "metadata"
    assert record.file == "images/powder.tif"


def test_ome_zarr_folders_are_images_too(tmp_path):
    zarr = pytest.importorskip("zarr")
    root = zarr.open_group(str(tmp_path / "x.zarr"), mode="w", zarr_format=2)
    root.create_array("0", data=picture_of(2), chunks=(16, 16))
    axes = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    scales = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1.0, 1.0]}]}]
    root.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": scales}]
    dataset = Dataset.create(tmp_path / "d")
    entry = AnnotatedImage(
        ImageRecord("a", "any", 64, 48), InstanceMasks.from_labels(labels_of(1)), tmp_path / "x.zarr"
    )
    dataset.add([entry])
    assert np.array_equal(np.asarray(Dataset.open(tmp_path / "d").image("a").pixels), picture_of(2))
    dataset.remove(["a"])
    assert list((tmp_path / "d" / "images").iterdir()) == []


def test_an_interrupted_adding_keeps_what_is_done_and_goes_on(tmp_path, entry):
    dataset = Dataset.create(tmp_path / "d")

    def until_ctrl_c():
        yield entry("a", 1)
        yield entry("b", 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.add(until_ctrl_c())
    assert Dataset.open(tmp_path / "d").image_ids == ("a", "b")


KILLED = """
import os, signal, sys
from uniaims.dataset import Dataset, store
from tests_entry import entries
store.IMAGES_IN_A_STEP = 2
def dying():
    for number, one in enumerate(entries()):
        if number == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        yield one
Dataset.open_or_create(sys.argv[1]).add(dying())
"""
ENTRIES = """
import numpy as np
from uniaims.dataset import AnnotatedImage, ImageRecord, InstanceMasks
def entries():
    for seed in range(7):
        labels = np.zeros((20, 30), np.uint32)
        labels[2:5, 3 : 4 + seed] = 1
        image = np.random.default_rng(seed).integers(0, 255, (20, 30), np.uint8)
        yield AnnotatedImage(ImageRecord(f"i{seed}", "any", 30, 20), InstanceMasks.from_labels(labels), image)
"""


def test_a_killed_adding_leaves_a_dataset_that_goes_on(tmp_path):
    (tmp_path / "tests_entry.py").write_text(ENTRIES)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", KILLED, str(tmp_path / "d")]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert result.returncode == -signal.SIGKILL, result.stderr
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.image_ids == ("i0", "i1", "i2", "i3")
    (tmp_path / "d" / "instances" / "part-00099.parquet").write_bytes(b"half")
    (tmp_path / "d" / ".incoming-12345678").mkdir()
    scope: dict = {}
    exec(ENTRIES, scope)
    assert dataset.add((one for one in scope["entries"]()), existing="skip") == 3
    again = Dataset.open(tmp_path / "d")
    assert [len(again.instances(name)) for name in again.image_ids] == [1] * 7
    assert again["i6"].instances.areas_px.tolist() == [21]
    left = {path.name for path in (tmp_path / "d").iterdir()}
    assert left == {".lock", "dataset.json", "images", "images.parquet", "instances"}
    assert "part-00099.parquet" not in {path.name for path in (tmp_path / "d" / "instances").iterdir()}


def test_a_second_writer_is_told(dataset):
    other = Dataset.open(dataset.folder)
    dataset.describe({"a": {"licence": "CC0-1.0"}})
    with pytest.raises(OutputError, match="another program"):
        other.describe({"b": {"licence": "MIT"}})
    assert Dataset.open(dataset.folder).record("a").licence == "CC0-1.0"


def test_creating_over_something_is_refused(tmp_path, dataset):
    with pytest.raises(OutputError, match="there already"):
        Dataset.create(dataset.folder)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        Dataset.create(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert len(Dataset.create(tmp_path / "empty")) == 0
    assert len(Dataset.open_or_create(tmp_path / "empty")) == 0


def test_no_dataset(tmp_path):
    with pytest.raises(InputError, match="no dataset"):
        Dataset.open(tmp_path)


def test_samples_of_a_dataset(dataset):
    dataset.describe({"b": {"review_state": "rejected"}, "c": {"review_state": "unlabelled"}})
    (dataset.folder / "ignore").mkdir()
    ignore = np.zeros((48, 64), np.uint8)
    ignore[3, 4] = 1
    cv2.imwrite(str(dataset.folder / "ignore" / "a.png"), ignore)
    samples = open_samples(dataset.folder)
    assert [sample.stem for sample in samples] == list("adef")
    sample = samples[0].read()
    assert np.array_equal(sample.labels, labels_of(0, count=1))
    assert np.argwhere(~sample.known).tolist() == [[3, 4]]
    assert samples[1].read().known.all()
    dataset.describe({name: {"review_state": "rejected"} for name in "adef"})
    with pytest.raises(InputError, match="no labelled image"):
        open_samples(dataset.folder)


def test_plain_folders_need_no_tables(plain_folder):
    code = (
        "import sys; sys.modules['polars'] = None\n"
        "from uniaims.dataset import open_samples; print(len(open_samples(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(plain_folder)]
    assert subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout.strip() == "3"


def test_the_folder_is_the_same_for_the_same_entries(tmp_path, entry):
    for name in ("one", "two"):
        Dataset.create(tmp_path / name, name="same").add(entry(i, seed) for seed, i in enumerate("abc"))
    for file in ("images.parquet", "instances/part-00001.parquet", "images/b.png"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_replaced_image_keeps_what_was_known_and_loses_an_ignore_mask_of_another_size(dataset, entry):
    dataset.describe({"a": {"split": "test", "licence": "MIT", "modality": "TEM", "pixel_size_nm": 2.0}})
    dataset.ignore_path("a").parent.mkdir()
    dataset.ignore_path("a").write_bytes(b"mask")
    dataset.add([entry("a", 1, modality="SEM")], existing="replace")
    record = dataset.record("a")
    assert (record.split, record.licence, record.modality, record.pixel_size_nm) == ("test", "MIT", "SEM", 2.0)
    assert dataset.ignore_path("a").is_file()
    larger = AnnotatedImage(ImageRecord("a", "any", 70, 50), InstanceMasks.none((50, 70)), np.zeros((50, 70), np.uint8))
    dataset.add([larger], existing="replace")
    assert not dataset.ignore_path("a").exists()
