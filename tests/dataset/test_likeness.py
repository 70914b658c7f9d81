import cv2
import numpy as np
import pytest

from uniaims.dataset import likeness

from .conftest import picture_of


def pairs_of(*pictures):
    return likeness.near_pairs(likeness.vectors([likeness.perceptual_hash(picture) for picture in pictures])).tolist()


def textured(seed):
    return np.clip(picture_of(seed, (240, 320)).astype(float) * 0.8 + 20, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: cv2.imdecode(cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_GRAYSCALE),
        lambda p: cv2.resize(p, (200, 150), interpolation=cv2.INTER_AREA),
        lambda p: (255 * (p / 255) ** 0.6).astype(np.uint8),
        lambda p: p.astype(np.uint16) * 200,
        lambda p: np.clip(p + np.random.default_rng(0).normal(0, 12, p.shape), 0, 255).astype(np.uint8),
        lambda p: p[4:-4, 5:-5],
        *(lambda p, k=k: np.rot90(p, k) for k in range(4)),
        *(lambda p, k=k: np.rot90(p[:, ::-1], k) for k in range(4)),
    ],
)
def test_a_changed_copy_is_known(change):
    assert pairs_of(textured(1), textured(2), np.ascontiguousarray(change(textured(1)))) == [[0, 2]]


def test_other_pictures_are_not():
    assert pairs_of(*(textured(seed) for seed in range(60))) == []


def test_pictures_with_nothing_to_see_are_like_none():
    assert pairs_of(np.full((40, 40), 7, np.uint8), np.full((40, 40), 9, np.uint8)) == []


def test_more_pictures_than_fit_into_a_block(monkeypatch):
    monkeypatch.setattr(likeness, "_BLOCK_IMAGES", 4)
    pictures = [textured(seed) for seed in range(11)]
    assert pairs_of(*pictures, pictures[2], pictures[9]) == [[2, 11], [9, 12]]


def test_clusters_join_chains():
    found = likeness.clusters(6, np.array([[0, 2], [2, 4], [1, 1]]))
    assert found[0] == found[2] == found[4]
    assert len(set(found.tolist())) == 4
    assert likeness.clusters(3, np.zeros((0, 2), np.int64)).tolist() == [0, 1, 2]


def test_hash_of_a_folder_tells_names_and_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    first = likeness.content_hash(tmp_path / "a")
    (tmp_path / "a" / "x").rename(tmp_path / "a" / "y")
    second = likeness.content_hash(tmp_path / "a")
    (tmp_path / "a" / "y").write_text("2")
    assert len({first, second, likeness.content_hash(tmp_path / "a")}) == 3
    assert len(first) == 32


def test_real_micrographs_of_different_things_are_unlike(data_folder):
    paths = sorted((data_folder / "emps" / "images").iterdir())[:120]
    hashes = [likeness.perceptual_hash(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) for path in paths]
    assert likeness.near_pairs(likeness.vectors(hashes)).tolist() == []
