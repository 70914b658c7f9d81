"""What the tests of scenes share."""

import numpy as np

from uniaims.synthesis.scenes import (
    Scene,
    SceneKind,
)

SHAPE = (240, 260)


def scene_of(kind: SceneKind, seed: int = 1) -> Scene:
    return kind.compose(SHAPE, np.random.default_rng(seed))
