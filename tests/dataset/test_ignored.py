"""Regions that nobody has annotated: no truth lies there, wherever the dataset goes."""

import numpy as np
import pytest

from uniaims.dataset import Dataset, InstanceMasks, open_samples
from uniaims.dataset.census import take_census
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.ignored import mostly_ignored, trusted
from uniaims.dataset.merging import merge
from uniaims.dataset.thumbnails import thumbnail
from uniaims.dataset.transfer import ImportSettings, export, import_sources
from uniaims.errors import InputError, LabelsError

SHAPE = (48, 64)


def region() -> np.ndarray:
    mask = np.zeros(SHAPE, np.bool_)
    mask[:, :20] = True
    return mask


def two_squares() -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint32)
    labels[10:20, 14:24] = 1  # six columns of ten are ignored
    labels[10:20, 40:50] = 2
    return labels


def test_a_region_is_kept_changed_and_taken_back(dataset):
    dataset.ignore("b", region())
    again = Dataset.open(dataset.folder)
    assert np.array_equal(again.ignored("b"), region())
    assert np.array_equal(again["b"].ignored, region())
    assert again.ignored("a") is None
    again.ignore("b", ~region())
    assert np.array_equal(again.ignored("b"), ~region())
    for nothing in (None, np.zeros(SHAPE, np.bool_)):
        again.ignore("b", nothing)
        assert again.ignored("b") is None


@pytest.mark.parametrize("mask", [np.zeros((4, 4), np.bool_), np.zeros(SHAPE, np.uint8), [[True]]])
def test_what_is_no_mask_of_the_image_is_refused(dataset, mask):
    dataset.ignore("a", region())
    with pytest.raises(LabelsError, match="wanted"):
        dataset.ignore("a", mask)
    assert np.array_equal(dataset.ignored("a"), region())
    with pytest.raises(InputError, match="no image"):
        dataset.ignore("nobody", region())


def test_instances_that_lie_mostly_there_are_no_truth():
    labels, known, kinds = trusted(two_squares(), ~region(), ("pore", "grain"))
    assert np.array_equal(labels, two_squares() == 2)
    assert kinds == ("grain",)
    assert not known[10:20, 20:24].any()  # the rest of it is no background either
    assert known[30, 30]
    assert mostly_ignored(two_squares(), ~region()).tolist() == [2]


def test_crowds_are_no_truth():
    labels, known, kinds = trusted(two_squares(), np.ones(SHAPE, np.bool_), ("", "grain (crowd)"))
    assert labels.max() == 1
    assert np.array_equal(~known, two_squares() == 2)
    assert kinds == ()


def test_samples_know_it(dataset):
    dataset.replace("a", InstanceMasks.from_labels(two_squares()))
    dataset.ignore("a", region())
    sample = open_samples(dataset.folder)[0].read()
    assert np.array_equal(sample.labels, two_squares() == 2)
    assert not sample.known[:, :20].any()


@pytest.mark.parametrize("form", [name for name, form in FORMATS.items() if form.traits.ignored_in])
def test_it_goes_out_and_comes_back(dataset, tmp_path, form):
    dataset.ignore("b", region())
    export(dataset, form, tmp_path / "out", "image_id in ('a', 'b')")
    assert not import_sources([tmp_path / "out"], tmp_path / "back", ImportSettings(form)).warnings
    back = Dataset.open(tmp_path / "back")
    assert np.array_equal(back.ignored("b"), region())
    assert back.ignored("a") is None
    assert np.array_equal(back.labels("b"), dataset.labels("b"))
    assert set(back.manifest.kinds) == set(dataset.manifest.kinds)


def test_where_a_format_loses_it_the_image_is_named(dataset, tmp_path):
    dataset.ignore("b", region())
    with pytest.warns(UserWarning, match=r"geojson has no place .* 1 images \(b\)"):
        export(dataset, "geojson", tmp_path / "out")
    export(dataset, "geojson", tmp_path / "others", "image_id <> 'b'")


def test_datasets_hand_it_on(dataset, tmp_path):
    dataset.ignore("b", region())
    import_sources([dataset.folder], tmp_path / "copy", ImportSettings())
    merge([Dataset.open(tmp_path / "copy"), Dataset.create(tmp_path / "empty")], tmp_path / "merged")
    merged = Dataset.open(tmp_path / "merged")
    assert np.array_equal(merged.ignored("b"), region())
    merged.remove(["b"])
    assert not any((merged.folder / "ignore").iterdir())


def test_the_census_counts_what_is_annotated(dataset):
    dataset.replace("a", InstanceMasks.from_labels(two_squares()))
    dataset.ignore("a", region())
    census = take_census(dataset, "image_id = 'a'")
    assert census.images["ignored_px"].to_list() == [48 * 20]
    assert census.images["cover"].to_list() == [pytest.approx(100 / (48 * 44))]
    assert len(census.diameters_px) == 1
    assert take_census(dataset, "image_id = 'b'").images["ignored_px"].to_list() == [0]


def test_pictures_show_it(dataset):
    before = thumbnail(dataset, "a")
    dataset.ignore("a", region())
    assert thumbnail(dataset, "a") != before
