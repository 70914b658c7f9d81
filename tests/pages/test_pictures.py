import base64
import io

import numpy as np
import pytest
from PIL import Image

from uniaims.pages.pictures import eight_bits, jpeg_data_uri, shrink


def decode(uri):
    head, data = uri.split(",", 1)
    assert head == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_eight_bit_pixels_stay():
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(eight_bits(image), image)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32, np.float64, ">u2"])
def test_other_pixels_are_stretched(dtype):
    image = np.linspace(100, 1100, 64 * 64).reshape(64, 64).astype(dtype)
    stretched = eight_bits(image)
    assert stretched.dtype == np.uint8
    assert stretched.min() == 0
    assert stretched.max() == 255
    assert (np.diff(stretched.ravel().astype(int)) >= 0).all()


def test_one_dead_pixel_does_not_flatten_the_picture():
    image = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (100, 1))
    image[0, 0] = 1e9
    assert np.median(eight_bits(image)) > 100


def test_missing_and_constant_pixels():
    image = np.full((8, 8), np.nan, np.float32)
    assert eight_bits(image).tolist() == np.zeros((8, 8)).tolist()
    image[:] = 7
    assert eight_bits(image).max() == 0
    image[:4] = 9
    image[0, 0], image[7, 7] = np.nan, np.inf
    stretched = eight_bits(image)
    assert stretched[0, 0] == 0
    assert stretched[7, 7] == 255
    assert eight_bits(np.eye(3, dtype=bool)).max() == 255


def test_pictures_shrink_but_never_grow():
    image = np.zeros((300, 1200, 3), np.uint8)
    assert shrink(image, 400).shape == (100, 400, 3)
    assert shrink(image, 4000) is image
    assert shrink(np.zeros((1, 5000), np.uint8), 100).shape == (1, 100)


def test_colours_keep_their_order():
    image = np.zeros((32, 32, 3), np.uint8)
    image[..., 0] = 250
    red, green, blue = decode(jpeg_data_uri(image, 64, 100_000)).mean(axis=(0, 1))
    assert red > 240
    assert green < 10
    assert blue < 10


def test_noise_fits_the_bytes_given():
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500), np.uint8)
    uri = jpeg_data_uri(noise, 2400, 300_000)
    assert len(uri) < 300_000 * 4 / 3 + 100
    assert max(decode(uri).shape) >= 500
