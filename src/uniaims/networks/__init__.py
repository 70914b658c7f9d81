"""The networks: encoders, decoder and heads that turn a normalised micrograph into fields.

Only this package defines layers. ``card`` is free of torch, so that a base install can read what a
model is; everything else here needs the ``train`` extra and is imported by whoever needs it.
"""

from uniaims.networks.card import GrayRange, ModelCard, NetworkSettings, Normalisation

__all__ = ["GrayRange", "ModelCard", "NetworkSettings", "Normalisation"]
