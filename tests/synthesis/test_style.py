from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from uniaims.errors import InputError
from uniaims.synthesis.geometry import Geometry
from uniaims.synthesis.layouts import Learnt
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.style import Style

Draw = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def scene(ellipses: Callable[..., np.ndarray]) -> Scene:
    return Learnt(Geometry.learnt([ellipses(1)])).compose((200, 220), np.random.default_rng(1))


@pytest.fixture(scope="module")
def labelled(ellipses: Callable[..., np.ndarray], picture: Draw) -> Style:
    return Style.learnt([picture(ellipses(1))], [ellipses(1)])


def test_grey_levels_by_depth_are_learnt(labelled: Style, scene: Scene) -> None:
    drawn = labelled.render(scene, np.random.default_rng(0))
    assert drawn.shape == scene.labels.shape
    assert drawn.dtype == np.uint8
    on_body = scene.labels > 0
    assert drawn[~on_body].mean() == pytest.approx(60, abs=8)
    assert 140 < drawn[on_body].mean() < 182


def test_noise_is_as_strong_as_in_the_teacher(labelled: Style, scene: Scene) -> None:
    drawn = labelled.render(scene, np.random.default_rng(0)).astype(float)
    far = scene.labels == 0
    differences = np.diff(drawn, axis=1)[far[:, 1:] & far[:, :-1]]
    assert np.median(np.abs(differences)) * 1.4826 / np.sqrt(2) == pytest.approx(6, rel=0.3)


def test_one_sided_light_is_learnt(ellipses: Callable[..., np.ndarray], picture: Draw, scene: Scene) -> None:
    labels = ellipses(1)
    rows = np.indices(labels.shape)[0]
    tops = np.zeros(labels.max() + 1)
    np.add.at(tops, labels.ravel(), rows.ravel())
    middles = tops / np.bincount(labels.ravel())
    lit = np.clip(picture(labels) - 3.0 * np.where(labels > 0, rows - middles[labels], 0), 0, 255).astype(np.uint8)
    drawn = Style.learnt([lit], [labels]).render(scene, np.random.default_rng(0)).astype(float)
    seen = scene.labels
    numbers = [n for n in range(1, int(seen.max()) + 1) if (seen == n).sum() > 200]
    upper, lower = [], []
    for number in numbers:
        y, x = np.nonzero(seen == number)
        upper.append(drawn[y[y < y.mean()], x[y < y.mean()]].mean())
        lower.append(drawn[y[y >= y.mean()], x[y >= y.mean()]].mean())
    assert np.mean(upper) > np.mean(lower) + 8


def test_colours_are_learnt(ellipses: Callable[..., np.ndarray], picture: Draw, scene: Scene) -> None:
    grey = picture(ellipses(1)).astype(float)
    coloured = np.stack([grey, 0.5 * grey, 0.8 * grey], axis=-1).astype(np.uint8)
    drawn = Style.learnt([coloured], [ellipses(1)]).render(scene, np.random.default_rng(0))
    assert drawn.shape == (*scene.labels.shape, 3)
    bright = drawn[scene.labels > 0].mean(axis=0)
    assert bright[1] / bright[0] == pytest.approx(0.5, abs=0.04)
    assert bright[2] / bright[0] == pytest.approx(0.8, abs=0.04)


def test_a_grey_picture_stored_as_colours_stays_grey(picture: Draw, ellipses: Callable[..., np.ndarray]) -> None:
    grey = picture(ellipses(1))
    assert len(Style.learnt([np.dstack([grey] * 3)]).colours) == 0


def test_without_labels_grey_levels_and_noise_are_matched(picture: Draw, ellipses: Callable[..., np.ndarray]) -> None:
    style = Style.learnt([picture(ellipses(1))])
    assert not style.knows_depth
    labels = ellipses(2)
    rendered = (0.4 * picture(labels)).astype(np.uint8)
    drawn = style.match(rendered, np.random.default_rng(0))
    assert drawn[labels == 0].mean() == pytest.approx(60, abs=8)
    assert drawn[labels > 0].mean() == pytest.approx(picture(labels)[labels > 0].mean(), abs=12)
    ground = np.diff(drawn.astype(float), axis=1)[(labels[:, 1:] == 0) & (labels[:, :-1] == 0)]
    assert ground.std() / np.sqrt(2) == pytest.approx(6, rel=0.4)


def test_nothing_depends_on_chance_but_the_generator(labelled: Style, scene: Scene) -> None:
    one, other, third = (labelled.render(scene, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, other)
    assert (one != third).mean() > 0.5


def test_a_style_survives_being_saved(labelled: Style, scene: Scene, tmp_path: Path) -> None:
    labelled.save(tmp_path / "style.npz")
    again = Style.load(tmp_path / "style.npz")
    np.testing.assert_array_equal(
        again.render(scene, np.random.default_rng(1)), labelled.render(scene, np.random.default_rng(1))
    )


def test_what_cannot_be_learnt_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 images"):
        Style.learnt([])
    with pytest.raises(InputError, match="at least 64 a side"):
        Style.learnt([np.zeros((40, 100), np.uint8)])
    (tmp_path / "no.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="Learn it again with --style"):
        Style.load(tmp_path / "no.npz")
