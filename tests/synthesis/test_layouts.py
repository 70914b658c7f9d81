from collections.abc import Callable

import cv2
import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.geometry import Geometry
from uniaims.synthesis.layouts import Learnt
from uniaims.synthesis.signals import SIGNALS


@pytest.fixture(scope="module")
def geometry(ellipses: Callable[..., np.ndarray]) -> Geometry:
    return Geometry.learnt([ellipses(seed) for seed in (1, 2)])


def test_a_layout_is_like_its_teacher(geometry: Geometry) -> None:
    scene = Learnt(geometry, cover_spread=0.0).compose((400, 400), np.random.default_rng(5))
    assert (scene.labels > 0).mean() == pytest.approx(geometry.covers.mean(), rel=0.15)
    again = Geometry.learnt([scene.labels])
    assert again.medians_px[0] == pytest.approx(24, rel=0.1)
    assert np.median(again.elongations) == pytest.approx(2, rel=0.12)
    assert again.orders[0] > 0.7
    assert again.touching[0] < 0.1


def test_dense_discs_are_packed_densely_and_touch() -> None:
    labels = np.zeros((300, 300), np.int32)
    number = 0
    for row, y in enumerate(range(20, 290, 21)):
        for x in range(20 + 12 * (row % 2), 290, 24):
            number += 1
            cv2.circle(labels, (x, y), 12, number, -1)
    geometry = Geometry.learnt([labels])
    assert geometry.covers[0] > 0.7
    scene = Learnt(geometry, cover_spread=0.0).compose((256, 256), np.random.default_rng(1))
    assert (scene.labels > 0).mean() > 0.6
    assert Geometry.learnt([scene.labels]).touching[0] > 0.7


def test_the_same_generator_state_gives_the_same_scene(geometry: Geometry) -> None:
    one, other = (Learnt(geometry).compose((128, 160), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.relief.height, other.relief.height)
    assert one.labels.shape == (128, 160)


def test_zoom_scales_the_bodies(geometry: Geometry) -> None:
    scene = Learnt(geometry, zoom=(2.0, 2.0)).compose((400, 400), np.random.default_rng(5))
    assert Geometry.learnt([scene.labels]).medians_px[0] == pytest.approx(48, rel=0.12)


def test_facets_flatten_the_bodies(geometry: Geometry) -> None:
    domes, facets = (
        Learnt(geometry, facets=chance, flat=(1.0, 1.0), height=(0.8, 0.8)).compose(
            (160, 160), np.random.default_rng(4)
        )
        for chance in (0.0, 1.0)
    )
    assert facets.relief.height.max() < domes.relief.height.max()
    assert np.isfinite(facets.relief.slope_y).all()


@pytest.mark.parametrize("name", sorted(SIGNALS))
def test_every_signal_can_render_a_learnt_scene(name: str, geometry: Geometry) -> None:
    rng = np.random.default_rng(2)
    scene = Learnt(geometry).compose((96, 96), rng)
    signal = SIGNALS[name].drawn(scene.diameter_px, rng).render(scene, rng)
    assert signal.shape[:2] == (96, 96)
    assert np.isfinite(signal).all()


def test_only_the_named_teachers_are_followed(ellipses: Callable[..., np.ndarray]) -> None:
    large = cv2.resize(ellipses(1), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    geometry = Geometry.learnt([ellipses(1), large])
    for seed in range(3):
        scene = Learnt(geometry, teachers=(1,)).compose((256, 256), np.random.default_rng(seed))
        assert scene.diameter_px == pytest.approx(geometry.medians_px[1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teachers": (2,)}, "teachers are"),
        ({"facets": 1.5}, "facets is 1.5"),
        ({"zoom": (0.0, 1.0)}, "zoom is 0"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object], message: str, geometry: Geometry) -> None:
    with pytest.raises(SettingsError, match=message):
        Learnt(geometry, **wrong)  # type: ignore[arg-type]
