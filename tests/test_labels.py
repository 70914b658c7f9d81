"""Label images: what counts as one, renumbering, outlines, polygons, run lengths, files."""

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy import ndimage

from uniaims.errors import LabelsError, OutputError
from uniaims.labels import (
    RunLengths,
    check_labels,
    labels_from_run_lengths,
    objects_of,
    read_labels,
    read_objects,
    relabel,
    run_lengths,
    write_labels,
)
from uniaims.micrograph import read_image


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint8, np.int64, np.uint64, np.float32, np.float64, ">u2"])
def test_any_type_of_whole_numbers_is_welcome(kind):
    labels = check_labels(np.array([[0, 1], [1, 0]], kind))
    assert labels.dtype == np.uint32
    assert labels.tolist() == [[0, 1], [1, 0]]


def test_lists_and_extra_axes_are_welcome():
    assert check_labels([[0, 2]]).tolist() == [[0, 2]]
    assert check_labels(np.ones((1, 3, 2, 1), int)).shape == (3, 2)


def test_checked_labels_are_not_copied():
    labels = np.zeros((3, 3), np.uint32)
    assert check_labels(labels) is labels


@pytest.mark.parametrize(
    ("array", "remedy"),
    [
        ([[-1, 0]], "run from -1"),
        ([[0.5]], "threshold"),
        ([[np.nan]], "NaN"),
        ([[np.inf]], "NaN or infinity"),
        ([["a"]], "whole numbers"),
        ([[2**32]], "4294967295"),
        (np.zeros((4, 4, 3), np.uint8), "colour picture"),
        ([1, 2], "one number per pixel"),
    ],
)
def test_what_is_no_label_image_is_refused_with_a_remedy(array, remedy):
    with pytest.raises(LabelsError, match=remedy):
        check_labels(array)


@given(hnp.arrays(np.uint32, (5, 6), elements=st.sampled_from([0, 1, 5, 9, 70_000, 2**32 - 1])))
def test_relabel_closes_gaps_and_keeps_the_order(labels):
    numbered = relabel(labels)
    assert numbered.dtype == np.uint32
    values = np.unique(labels[labels > 0])
    assert np.unique(numbered[numbered > 0]).tolist() == list(range(1, len(values) + 1))
    np.testing.assert_array_equal(np.concatenate([[0], values])[numbered], labels)


def test_relabel_leaves_its_input_alone():
    labels = np.array([[1, 2]], np.uint32)
    relabel(labels)[0, 0] = 9
    assert labels.tolist() == [[1, 2]]


@given(hnp.arrays(np.uint32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0, 1, 2, 99])))
def test_run_lengths_come_back_and_fill_the_image(labels):
    runs = run_lengths(labels)
    np.testing.assert_array_equal(labels_from_run_lengths(runs), labels)
    assert runs.labels.tolist() == np.unique(labels[labels > 0]).tolist()
    for index, label in enumerate(runs.labels):
        counts = runs.counts_of(index)
        assert sum(counts) == labels.size
        assert sum(counts[1::2]) == (labels == label).sum()
        assert all(count > 0 for count in counts[1:])


def test_run_lengths_are_those_of_coco():
    labels = np.array([[0, 1, 1], [0, 1, 0]])
    assert run_lengths(labels).counts_of(0) == [2, 3, 1]
    assert run_lengths(np.ones((2, 2))).counts_of(0) == [0, 4]


def test_run_lengths_that_do_not_fit_are_refused():
    wrong = RunLengths((2, 2), np.array([1], np.uint32), np.array([0, 5]), np.array([0, 2]))
    with pytest.raises(LabelsError, match="longer"):
        labels_from_run_lengths(wrong)


def test_files_come_back(tmp_path):
    labels = np.arange(12_000 * 7, dtype=np.uint32).reshape(300, 280) * 50_000
    write_labels(tmp_path / "new folder" / "labels.tif", labels)
    np.testing.assert_array_equal(read_labels(tmp_path / "new folder" / "labels.tif"), labels)
    with tifffile.TiffFile(tmp_path / "new folder" / "labels.tif") as file:
        assert file.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["labels.tif"]


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_tiny_files_come_back(tmp_path, shape):
    write_labels(tmp_path / "tiny.tif", np.ones(shape, bool))
    assert read_labels(tmp_path / "tiny.tif").tolist() == np.ones(shape, int).tolist()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_png_of_8_and_16_bits_is_read(tmp_path, kind):
    labels = np.array([[0, 1], [200, 255 if kind is np.uint8 else 60_000]], kind)
    Image.fromarray(labels).save(tmp_path / "labels.png")
    np.testing.assert_array_equal(read_labels(tmp_path / "labels.png"), labels)


def test_palette_numbers_and_grey_colours_are_read(tmp_path):
    labels = np.array([[0, 1], [2, 1]], np.uint8)
    palette = Image.fromarray(labels).convert("P")
    palette.putdata(labels.ravel().tolist())
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    palette.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_labels(tmp_path / "palette.png"), labels)
    Image.fromarray(np.stack([labels] * 3, -1)).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_labels(tmp_path / "grey.png"), labels)


def test_npy_is_read_but_never_pickles(tmp_path):
    np.save(tmp_path / "labels.npy", np.array([[0, 70_000]]))
    assert read_labels(tmp_path / "labels.npy").tolist() == [[0, 70_000]]
    np.save(tmp_path / "objects.npy", np.array([[{}]], object), allow_pickle=True)
    with pytest.raises(LabelsError, match="allow_pickle"):
        read_labels(tmp_path / "objects.npy")


def test_bad_files_are_refused_by_name(tmp_path):
    colours = tmp_path / "colours.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (4, 4, 3)).astype(np.uint8)).save(colours)
    text = tmp_path / "text.tif"
    text.write_text("no picture")
    empty = tmp_path / "empty.png"
    empty.touch()
    odd = tmp_path / "labels.docx"
    odd.write_text("?")
    missing = tmp_path / "no.tif"
    remedies = {colours: "colour", text: "whole", empty: "whole", odd: r"\.tif", missing: "no such"}
    for path, remedy in remedies.items():
        with pytest.raises(LabelsError, match=remedy) as caught:
            read_labels(path)
        assert path.name in str(caught.value)


def test_unwritable_output_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="can't be written"):
        write_labels(tmp_path / "file" / "labels.tif", np.zeros((2, 2), int))


def test_labels_carry_both_sides_of_a_pixel(tmp_path):
    write_labels(tmp_path / "labels.tif", np.eye(4, dtype=np.uint32), (2.0, 3.0))
    size = read_image(tmp_path / "labels.tif").pixel_size
    assert (size.width_nm, size.height_nm) == pytest.approx((2, 3))


def test_labels_carry_the_pixel_size_as_resolution(tmp_path):
    write_labels(tmp_path / "a.tif", np.eye(4, dtype=np.uint32), 2.5)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].get_resolution("MICROMETER") == pytest.approx((400, 400))


def discs(value: int) -> np.ndarray:
    """A mask (96, 128) uint8 of 12 separate discs of ``value``."""
    y, x = np.mgrid[:32, :32] - 16
    return np.tile(np.where(x * x + y * y < 81, value, 0), (3, 4)).astype(np.uint8)


@pytest.mark.parametrize("value", [1, 128, 255])
def test_each_piece_of_a_mask_is_an_object_and_that_is_said(value):
    found = objects_of(discs(value))
    sizes = np.bincount(found.labels.ravel())[1:]
    assert sizes.tolist() == [int((discs(1) > 0).sum()) // 12] * 12
    assert found.labels[16, [16, 48]].tolist() == [1, 2]
    assert f"0 and {value} with 12 separate pieces" in found.warnings[0]


def test_pieces_of_a_mask_are_those_of_scipy():
    mask = np.random.default_rng(0).random((60, 90)) < 0.4
    expected, _ = ndimage.label(mask, np.ones((3, 3)))
    assert np.array_equal(objects_of(mask).labels, expected)


@pytest.mark.parametrize("kind", ["several numbers", "one piece", "nothing"])
def test_objects_that_are_told_apart_stay_as_they_are(kind):
    labels = np.zeros((20, 30), np.uint8)
    if kind != "nothing":
        labels[2:5, 2:5] = 255
    if kind == "several numbers":
        labels[10:12, 3:6], labels[10:12, 20:25] = 7, 7
    found = objects_of(labels)
    assert np.array_equal(found.labels, labels)
    assert (found.warnings, found.mask_value) == ((), 0)


def test_doubtful_numbers_are_said():
    classes = np.where(discs(1) > 0, np.arange(128) // 32 % 2 + 1, 0)
    assert "2 numbers lie in 12 separate pieces" in objects_of(classes).warnings[0]
    assert "around 12 gaps" in objects_of(255 - discs(255)).warnings[0]


def test_names_go_from_the_mask_to_its_pieces():
    assert set(objects_of(discs(255)).names({255: "pore"}).items()) == {(i, "pore") for i in range(1, 13)}
    assert objects_of(np.array([[1, 0, 2]])).names({2: "grain"}) == {2: "grain"}
    assert objects_of(discs(255)).names({}) == {}


def test_masks_of_others_are_parted_and_own_labels_are_not(tmp_path):
    labels = np.zeros((9, 9), np.uint32)
    labels[1:3, 1:3] = labels[6:8, 6:8] = 1
    write_labels(tmp_path / "own.tif", labels)
    tifffile.imwrite(tmp_path / "other.tif", labels)
    assert np.array_equal(read_objects(tmp_path / "own.tif").labels, labels)
    found = read_objects(tmp_path / "other.tif")
    assert found.labels.max() == 2
    assert str(tmp_path / "other.tif") in found.warnings[0]
