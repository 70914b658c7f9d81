from dataclasses import replace

import numpy as np

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import IonBeam

PLAIN = IonBeam(spread=0, subgrain=0, boundary=0, curtain=0, shields=0, redeposition=0, tilt=0)


def seen(scene: Scene, **change: object) -> np.ndarray:
    return replace(PLAIN, **change).render(scene, np.random.default_rng(0))  # type: ignore[arg-type]


def test_channelling_sets_grains_apart(tiles: Scene) -> None:
    signal = seen(tiles, spread=0.5)
    levels = [signal[tiles.labels == label] for label in range(1, 17)]
    assert max(np.ptp(level) for level in levels) < 1e-5
    assert np.std([level.mean() for level in levels]) > 0.2


def test_curtains_run_down(tiles: Scene) -> None:
    signal = seen(tiles, curtain=0.2, curtain_px=4.0)
    assert np.abs(np.diff(signal, axis=1)).mean() > 8 * np.abs(np.diff(signal, axis=0)).mean()


def test_curtains_lean(tiles: Scene) -> None:
    signal = seen(tiles, curtain=0.2, curtain_px=3.0, lean=0.25)
    top, rows = signal[60, 40:150], (signal[100], np.roll(signal[100], 10), np.roll(signal[100], -10))
    straight, leaning, opposite = (np.corrcoef(top, row[40:150])[0, 1] for row in rows)
    assert leaning > 0.6
    assert leaning > max(straight, opposite) + 0.2


def test_hollows_start_stripes_below_them(balls: Scene) -> None:
    change = np.abs(seen(balls, shields=0.5) - seen(balls))
    assert change[60:].mean() > 2 * change[:8].mean() + 1e-4


def test_redeposition_dims_the_top(tiles: Scene) -> None:
    signal = seen(tiles, redeposition=0.3)
    assert signal[0].mean() < 0.75
    assert signal[-1].mean() > 0.9
