import numpy as np
import pytest
from PIL import Image

from uniaims.errors import LabelsError, OutputError
from uniaims.labels import outlines
from uniaims.pages.palette import INSTANCE_COLOURS, rgb
from uniaims.report import overlay, write_overlay


def test_only_outline_pixels_are_coloured(disc_labels):
    image = np.full(disc_labels.shape, 90, np.uint8)
    picture = overlay(image, disc_labels)
    edges = outlines(disc_labels)
    assert (picture[~edges] == 90).all()
    for label in (1, 2, 9):
        own = picture[edges & (disc_labels == label)]
        assert len(own)
        assert (own == rgb(INSTANCE_COLOURS[(label - 1) % len(INSTANCE_COLOURS)])).all()


def test_the_written_picture_is_the_drawn_one(tmp_path, disc_labels):
    image = np.random.default_rng(1).integers(0, 256, (*disc_labels.shape, 3), np.uint8)
    write_overlay(tmp_path / "deep" / "overlay.png", image, disc_labels)
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "deep" / "overlay.png")), overlay(image, disc_labels)
    )


def test_large_pictures_are_bounded_and_keep_their_objects():
    labels = np.zeros((600, 900), np.uint32)
    labels[100:500, 200:700] = 1
    picture = overlay(np.zeros(labels.shape, np.uint16), labels, longest_side_px=300)
    assert picture.shape == (200, 300, 3)
    rows, columns = np.nonzero(picture.any(axis=2))
    assert (rows.min(), rows.max()) == (33, 166)
    assert (columns.min(), columns.max()) == (67, 232)


def test_very_large_pictures_get_double_lines():
    labels = np.zeros((40, 3200), np.uint32)
    labels[10:30, 100:3000] = 1
    picture = overlay(np.zeros(labels.shape, np.uint8), labels)
    assert picture[:, 1500].any(axis=1).sum() == 4


def test_no_instance_leaves_the_image():
    image = np.arange(48, dtype=np.uint8).reshape(6, 8)
    assert (overlay(image, np.zeros((6, 8), np.uint32)) == image[..., None]).all()


def test_labels_of_another_image_are_refused():
    with pytest.raises(LabelsError, match="Give labels made from this image"):
        overlay(np.zeros((5, 5), np.uint8), np.zeros((5, 6), np.uint32))


def test_an_unwritable_place_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        write_overlay(tmp_path / "file" / "overlay.png", np.zeros((5, 5), np.uint8), np.zeros((5, 5), np.uint32))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
