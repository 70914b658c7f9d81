from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import EtchedLight, Light

PLAIN = Light(tint=0, lens=0, edge=0, spread=0, mottling=0, halo=0, defocus_px=0.4)
ETCHED = EtchedLight(boundary=0, boundary_spread=0, spread=0, facets=0)


def seen(scene: Scene, look: Light | EtchedLight, **change: object) -> np.ndarray:
    return replace(look, **change).render(scene, np.random.default_rng(0))  # type: ignore[arg-type]


def test_transmitted_light_is_absorbed(balls: Scene) -> None:
    image = seen(balls, PLAIN, absorption=1.0)
    middle = balls.relief.thickness > 39
    assert image[middle].mean() == pytest.approx(np.exp(-1), abs=0.03)
    assert np.median(image[balls.labels == 0]) == pytest.approx(1, abs=0.01)


def test_reflected_light_shines_where_bodies_are_level(balls: Scene) -> None:
    image = seen(balls, PLAIN, reflected=True, shine=0.3)
    middle, rim = balls.relief.height > 39, (balls.labels > 0) & (balls.relief.height < 30)
    assert image[middle].mean() > 3 * image[rim].mean()


def test_a_tint_colours_bodies_and_leaves_the_ground_white(balls: Scene) -> None:
    image = seen(balls, PLAIN, tint=0.8)
    assert np.ptp(image[balls.relief.thickness > 30].mean(axis=0)) > 0.05
    assert np.ptp(np.median(image[balls.labels == 0], axis=0)) < 0.01


@pytest.mark.parametrize("look", [PLAIN, ETCHED])
def test_a_cast_colours_everything_and_grey_has_none(balls: Scene, look: Light | EtchedLight) -> None:
    image = seen(balls, look, cast="yellow")
    assert image[..., 2].mean() < 0.8 * image[..., 0].mean()
    assert seen(balls, look, grey=True).ndim == 2
    with pytest.raises(SettingsError, match="copper"):
        replace(look, cast="mauve")


def test_etched_boundaries_are_dark(tiles: Scene) -> None:
    image = seen(tiles, ETCHED, boundary=0.8, boundary_px=1.5)
    border = np.mod(tiles.relief.v, 48) == 47
    border[-1] = False
    assert image[:-1][border[:-1]].mean() < 0.4 * image[20:28, 20:28].mean()


def test_broken_boundaries_are_seen_along_a_part_of_their_length(tiles: Scene) -> None:
    plain, whole = seen(tiles, ETCHED), seen(tiles, ETCHED, boundary=0.8, boundary_px=1.5)
    border = whole.mean(axis=2) < 0.6 * plain.mean(axis=2)
    broken = seen(tiles, ETCHED, boundary=0.8, boundary_px=1.5, broken=0.5)
    left_out = broken.mean(axis=2) > 0.95 * plain.mean(axis=2)
    assert 0.2 < left_out[border].mean() < 0.6
    assert np.allclose(broken[~border & ~left_out], whole[~border & ~left_out], atol=0.3)


def test_a_tint_etch_gives_grains_their_own_colours(tiles: Scene) -> None:
    image = seen(tiles, ETCHED, tint=0.8)
    colours = [image[tiles.labels == label].mean(axis=0) for label in range(1, 17)]
    assert len({tuple((colour / colour.mean()).round(2)) for colour in colours}) > 10
