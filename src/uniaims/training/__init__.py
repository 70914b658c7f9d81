"""Training: samples in, weights out. ``settings`` is free of torch; everything else needs the ``train`` extra."""

from uniaims.training.settings import TrainingSettings

__all__ = ["TrainingSettings"]
