import time
from dataclasses import fields

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.relief import Relief
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import RECORDED_BY, RECORDERS, SIGNALS, Acquisition

COLOURED = {"orientation map", "light", "etched light", "stained section"}


@pytest.mark.parametrize("kind", SIGNALS)
@pytest.mark.parametrize("seed", range(6))
def test_every_drawn_look_renders_every_scene(kind: str, seed: int, balls: Scene, tiles: Scene) -> None:
    for scene in (balls, tiles):
        look = SIGNALS[kind].drawn(scene.diameter_px, np.random.default_rng(seed))
        signal = look.render(scene, np.random.default_rng(seed))
        assert signal.dtype == np.float32
        assert signal.shape[:2] == scene.labels.shape
        assert signal.ndim == 2 or (kind in COLOURED and signal.shape[2] == 3)
        assert np.isfinite(signal).all()
        assert signal.std() > 0


@pytest.mark.parametrize("kind", SIGNALS)
@pytest.mark.parametrize("seed", range(4))
def test_an_empty_field_can_be_seen_too(kind: str, seed: int) -> None:
    flat = Relief.flat((64, 80))
    scene = Scene(flat, flat.labels.astype(np.uint32), np.zeros(0, np.int32), 20.0)
    look = SIGNALS[kind].drawn(20.0, np.random.default_rng(seed))
    assert np.isfinite(look.render(scene, np.random.default_rng(seed))).all()


@pytest.mark.parametrize("kind", SIGNALS)
def test_the_same_seed_gives_the_same_bits(kind: str, balls: Scene) -> None:
    def made(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        signal = SIGNALS[kind].drawn(40, rng).render(balls, rng)
        return Acquisition.drawn(rng, RECORDED_BY[kind]).record(signal, rng)

    np.testing.assert_array_equal(made(3), made(3))
    assert (made(3) != made(4)).any()


@pytest.mark.parametrize("kind", SIGNALS)
def test_looks_are_plain_numbers_and_names(kind: str) -> None:
    look = SIGNALS[kind].drawn(40, np.random.default_rng(1))
    for field in fields(look):  # type: ignore[arg-type]
        value = getattr(look, field.name)
        assert isinstance(value, float | int | str | bool), field.name


@pytest.mark.parametrize("kind", SIGNALS)
def test_bodies_can_be_told_from_what_is_around_them(kind: str, balls: Scene) -> None:
    """In at least nine of ten looks the mean colour of the bodies or of their rims is off by three grey levels."""
    rim = (balls.labels > 0) & (balls.relief.height < 32)
    ground = balls.labels == 0
    told = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        signal = SIGNALS[kind].drawn(40, rng).render(balls, rng)
        image = Acquisition.drawn(rng, RECORDED_BY[kind]).record(signal, rng).astype(float)
        by_body = [image[balls.labels == number].mean(axis=0) - image[ground].mean(axis=0) for number in range(1, 10)]
        by_rim = np.abs(image[rim].mean(axis=0) - image[ground].mean(axis=0))
        told += max(np.abs(by_body).mean(axis=0).max(), by_rim.max()) > 3
    assert told >= 18


def test_recorders_are_known() -> None:
    assert set(RECORDED_BY) == set(SIGNALS)
    assert set(RECORDED_BY.values()) <= set(RECORDERS)
    with pytest.raises(SettingsError, match="dim light"):
        Acquisition.drawn(np.random.default_rng(0), "film")


def test_four_images_a_second(balls: Scene) -> None:
    """Half the wanted rate at a seventh of the pixels, so that a busy machine does not fail."""
    start = time.process_time()
    for kind in SIGNALS:
        SIGNALS[kind].drawn(40, np.random.default_rng(0)).render(balls, np.random.default_rng(0))
    assert time.process_time() - start < 0.25 * len(SIGNALS)
