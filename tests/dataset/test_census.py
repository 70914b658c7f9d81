import numpy as np
import pytest

from uniaims.dataset.census import take_census
from uniaims.errors import InputError

from .conftest import labels_of


def areas_of(seeds):
    return [np.bincount(labels_of(s, count=s + 1).ravel())[1:] for s in seeds]


def test_sizes_are_those_of_the_instances(dataset):
    dataset.describe({"a": {"pixel_size_nm": 3.0}})
    census = take_census(dataset)
    areas = areas_of(range(6))
    assert census.instance_count == 21
    assert np.allclose(np.sort(census.diameters_px), np.sort(np.sqrt(np.concatenate(areas) * 4 / np.pi)))
    assert np.allclose(census.diameters_nm, 3 * np.sqrt(areas[0] * 4 / np.pi))
    assert census.images["cover"].to_list() == pytest.approx([a.sum() / (48 * 64) for a in areas])
    assert census.images["smallest_px"].to_list() == [a.min() for a in areas]
    assert census.images["largest_px"].to_list() == [a.max() for a in areas]


def test_a_condition_chooses_images(dataset):
    census = take_census(dataset, "modality = 'SEM'")
    assert len(census.images) == 3
    assert len(census.diameters_px) == 6
    assert census.values["modality"] == {"SEM": 3}
    with pytest.raises(InputError, match="no image with"):
        take_census(dataset, "modality = 'AFM'")


def test_values_are_counted_with_the_unsaid(dataset):
    dataset.describe({"a": {"material": "gold"}, "b": {"material": "gold"}, "c": {"material": "ZnO"}})
    assert list(take_census(dataset).values["material"].items()) == [("", 3), ("gold", 2), ("ZnO", 1)]
    assert take_census(dataset).by_structure["instances"].to_list() == [21]
