import numpy as np
import pytest

from uniaims.synthesis.scenes import Scene, Wires

SHAPE = (260, 260)


def wires(seed: int = 2, **settings: object) -> Scene:
    return Wires(**{"diameter_px": (6, 7), "layers": (1.0, 1.2)} | settings).compose(SHAPE, np.random.default_rng(seed))


def direction(scene: Scene, number: int) -> float:
    rows, columns = np.nonzero(scene.labels == number)
    spread = np.cov(np.stack([rows, columns]))
    values, vectors = np.linalg.eigh(spread)
    return float(np.arctan2(vectors[0, 1], vectors[1, 1])) if values[1] > 20 * values[0] else np.nan


def order(scene: Scene) -> float:
    """1 where all long pieces are parallel, about 0 where they lie anyhow."""
    angles = np.array([direction(scene, number) for number in range(1, int(scene.labels.max()) + 1)])
    return float(abs(np.exp(2j * angles[np.isfinite(angles)]).mean()))


def test_split_pieces_and_joined_wires_are_the_same_pixels_of_the_same_wires() -> None:
    split, joined = wires(pieces="split"), wires(pieces="joined")
    np.testing.assert_array_equal(split.relief.labels, joined.relief.labels)
    assert split.labels.max() > joined.labels.max()
    assert len(np.unique(joined.bodies)) == len(joined.bodies)
    pairs = np.unique(np.stack([split.labels.ravel(), joined.labels.ravel()]), axis=1)
    assert len(pairs[0]) == split.labels.max() + 1


def test_a_crossed_wire_has_the_crossing_in_its_whole_mask() -> None:
    scene = wires(pieces="joined")
    hidden = sum(int(whole.mask.sum()) for whole in scene.whole) - np.count_nonzero(scene.labels)
    assert hidden > 0.05 * np.count_nonzero(scene.labels)


def test_order_makes_them_parallel() -> None:
    settings = {"turn": (0.0, 0.1), "layers": (0.4, 0.5)}
    assert order(wires(order=(0.97, 0.99), **settings)) > 0.9
    assert order(wires(order=(0, 0), **settings)) < 0.5


def test_turning_wires_fill_shorter_boxes() -> None:
    def reach(turn: float) -> float:
        settings = {"aspect": (20, 20), "layers": (0.3, 0.3), "turn": (turn, turn), "order": (0, 0), "pieces": "joined"}
        return float(
            np.median([np.hypot(*whole.mask.shape) for whole in wires(4, diameter_px=(4, 4), **settings).whole])
        )

    assert reach(20.0) < 0.75 * reach(0.0)


def test_layers_are_how_much_wire_there_is() -> None:
    thin, thick = wires(layers=(0.1, 0.1)), wires(layers=(2.0, 2.0))
    assert (thin.labels > 0).mean() == pytest.approx(0.1, abs=0.06)
    assert (thick.labels > 0).mean() > 0.6
    assert thick.depth is not None
    assert thick.depth.max() > 12, "no wire lies on another"


def test_tubes_are_hollow() -> None:
    settings = {"diameter_px": (16, 16), "layers": (0.1, 0.1), "bore": (0.7, 0.7), "spread": (0, 0)}
    solid, tubes = (wires(8, tubes=chance, **settings) for chance in (0.0, 1.0))
    masses = [scene.relief.thickness[scene.labels > 0].mean() for scene in (solid, tubes)]
    assert masses[1] / masses[0] == pytest.approx(1 - 0.7**2, abs=0.12)
