import numpy as np
import pytest

from uniaims.synthesis.scenes import Aggregates
from uniaims.synthesis.scenes.aggregates import GROWTHS, grown_cluster

SHAPE = (220, 220)


def gaps(centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    apart = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(-1)) - radii[:, None] - radii[None]
    return apart + 1e9 * np.eye(len(radii))


@pytest.mark.parametrize("growth", GROWTHS)
def test_each_ball_touches_another_and_none_overlaps(growth: str) -> None:
    rng = np.random.default_rng(3)
    radii = rng.uniform(3, 7, 80)
    found = gaps(grown_cluster(radii, growth, rng), radii)
    assert found.min() > -1e-6
    assert found.min(axis=1).max() < 1e-6


def test_diffusion_is_more_open_than_straight_flight_and_clusters_of_clusters_most() -> None:
    def extent(growth: str) -> float:
        sizes = []
        for seed in range(6):
            rng = np.random.default_rng(seed)
            sizes.append(np.sqrt((grown_cluster(np.ones(150), growth, rng) ** 2).sum(axis=1).mean()))
        return float(np.mean(sizes))

    assert extent("ballistic") < extent("diffusion") < extent("clusters")


def test_one_ball_is_a_cluster_too() -> None:
    for growth in GROWTHS:
        np.testing.assert_allclose(grown_cluster(np.array([4.0]), growth, np.random.default_rng(0)), 0)


def test_instances_are_particles_or_clusters() -> None:
    settings = {"count": (2, 2), "members": (40, 40), "diameter_px": (12, 12), "growth": ("ballistic",)}
    particles, clusters = (
        Aggregates(instances=instances, **settings).compose(SHAPE, np.random.default_rng(5))
        for instances in ("particles", "clusters")
    )
    assert particles.labels.max() > 20
    assert clusters.labels.max() <= 4
    assert len(particles.whole) == particles.labels.max(), "nothing hides anything: no pile"
    assert particles.depth is not None
    assert np.ptp(particles.depth) > 12


def test_sintered_particles_overlap() -> None:
    settings = {"count": (1, 1), "members": (60, 60), "diameter_px": (14, 14), "growth": ("clusters",)}
    loose, grown = (
        Aggregates(sintering=(share, share), **settings).compose(SHAPE, np.random.default_rng(2)).relief.labels > 0
        for share in (0.0, 0.9)
    )
    assert grown.sum() < 0.95 * loose.sum()
