import pytest

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import (
    ImageRecord,
    faults_of,
    record_from,
)
from uniaims.errors import LabelsError, SettingsError


def test_a_record_comes_back_from_its_dictionary():
    record = ImageRecord("a", "images/a.png", 10, 20, modality="SEM", pixel_size_nm=2.5, synthetic=True)
    assert record_from(record.as_dict()) == record
    assert record.shape == (20, 10)


def test_a_near_miss_is_told():
    with pytest.raises(SettingsError, match="Did you mean 'particle'"):
        ImageRecord("a", "images/a.png", 10, 20, structure="particles")


def test_all_faults_are_told_at_once():
    faults = faults_of(
        {"image_id": "a/b", "file": "../a", "width_px": 0, "height_px": 3, "pixel_size_nm": -1.0, "split": "x"}
    )
    assert len(faults) == 5


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\nb", "x" * 201])
def test_a_name_can_not_leave_the_folder(name):
    with pytest.raises(SettingsError, match="image_id"):
        ImageRecord(name, "images/a.png", 1, 1)


def test_an_unknown_field_is_told_with_the_known_ones():
    with pytest.raises(SettingsError, match=r"colour.*image_id"):
        record_from({"image_id": "a", "file": "a", "width_px": 1, "height_px": 1, "colour": "red"})


def test_an_entry_wants_instances_of_the_size_of_its_image():
    with pytest.raises(LabelsError, match="resolution"):
        AnnotatedImage(ImageRecord("a", "images/a.png", 10, 20), InstanceMasks.none((10, 20)))


@pytest.mark.parametrize(
    "values",
    [
        {"pixel_size_nm": "2"},
        {"pixel_size_nm": True},
        {"material": 3},
        {"synthetic": "yes"},
        {"material": "gr\udce9n"},
        {"image_id": "粒" * 67},
    ],
)
def test_what_no_table_or_file_name_can_hold_is_refused(values):
    with pytest.raises(SettingsError, match=next(iter(values))):
        ImageRecord(**{"image_id": "a", "file": "a.png", "width_px": 1, "height_px": 1, **values})
