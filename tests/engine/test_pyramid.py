"""Image pyramids: all that is shown of a picture, of any type of numbers."""

import io

import numpy as np
import pytest
from PIL import Image

from uniaims.engine.blobs import FolderBlobs
from uniaims.engine.pyramid import Pyramid, make_pyramid
from uniaims.errors import ImageError, NotFoundError


def _shown(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def test_tiles_of_all_levels_and_samples_come_back(tmp_path):
    blobs = FolderBlobs(tmp_path)
    pixels = np.add.outer(np.arange(600), np.arange(1030)).astype(np.uint16) * 30
    facts = make_pyramid(pixels, blobs)
    assert (facts["levels"], facts["bits"], facts["tile_px"]) == (3, 16, 512)
    pyramid = Pyramid(facts["key"], blobs)
    assert [_shown(pyramid.tile(level, 0, 0)).shape[:2] for level in range(3)] == [(512, 512), (300, 512), (150, 258)]
    assert _shown(pyramid.tile(0, 1, 2)).shape[:2] == (88, 6)
    assert max(_shown(pyramid.thumbnail()).shape) <= 512
    samples = pyramid.samples(1, 2)
    assert (samples.shape, samples.type) == ((88, 6), "u2")
    assert (np.frombuffer(samples.data, "<u2").reshape(samples.shape) == pixels[512:, 1024:]).all()
    last = _shown(pyramid.tile(2, 0, 0))[..., 0].astype(int)
    assert last[0, 0] < 15
    assert last[-1, -1] > 240
    for place in ((3, 0, 0), (0, 2, 0), (0, -1, 0)):
        with pytest.raises(NotFoundError):
            pyramid.tile(*place)


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((3, 5), np.nan), np.array([[np.inf, 1.0], [-np.inf, 0.0]]), np.ones((1, 1), bool),
        -np.arange(12).reshape(3, 4), np.zeros((4, 4, 3), np.uint8), np.arange(6, dtype=">u2").reshape(2, 3),
    ],
)  # fmt: skip
def test_pictures_of_any_numbers_are_shown(tmp_path, pixels):
    blobs = FolderBlobs(tmp_path)
    pyramid = Pyramid(make_pyramid(pixels, blobs)["key"], blobs)
    assert _shown(pyramid.tile(0, 0, 0)).shape[:2] == pixels.shape[:2]
    assert pyramid.samples(0, 0).shape == pixels.shape


@pytest.mark.parametrize("wrong", [np.zeros((0, 5)), np.zeros(5), np.zeros((4, 4, 4)), np.zeros((2, 2), complex)])
def test_what_is_no_picture_is_refused(tmp_path, wrong):
    with pytest.raises(ImageError):
        make_pyramid(wrong, FolderBlobs(tmp_path))
