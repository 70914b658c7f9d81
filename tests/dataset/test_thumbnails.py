import base64

import cv2
import numpy as np

from uniaims.dataset import AnnotatedImage, Dataset, ImageRecord, InstanceMasks
from uniaims.dataset.thumbnails import HEIGHT_PX, WIDTH_PX, thumbnail


def pixels_of(picture):
    data = base64.b64decode(picture.address.partition(",")[2])
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_a_picture_has_its_size_and_its_colours(dataset):
    pixels = pixels_of(thumbnail(dataset, "f"))
    assert pixels.shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert np.ptp(pixels.astype(int), axis=2).max() > 60


def test_an_instance_stands_in_the_middle_of_its_surroundings(tmp_path):
    labels = np.zeros((600, 900), np.uint32)
    labels[400:430, 600:640] = 1
    image = np.full((600, 900), 40, np.uint8)
    image[labels > 0] = 220
    dataset = Dataset.create(tmp_path / "d")
    dataset.add([AnnotatedImage(ImageRecord("a", "any", 900, 600), InstanceMasks.from_labels(labels), image)])
    gray = cv2.cvtColor(pixels_of(thumbnail(dataset, "a", 0)), cv2.COLOR_BGR2GRAY)
    rows, columns = np.nonzero(gray > 150)
    assert abs(rows.mean() - HEIGHT_PX / 2) < 8
    assert abs(columns.mean() - WIDTH_PX / 2) < 8
    assert len(rows) > 0.08 * gray.size


def test_an_image_that_is_gone_says_so(dataset):
    dataset.image_path("a").unlink()
    picture = thumbnail(dataset, "a")
    assert not picture.address
    assert "does not exist" in picture.missing
