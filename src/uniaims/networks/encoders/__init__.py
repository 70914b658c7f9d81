"""Encoders by name. Each is a module that gives feature maps, finest first, each half the size of the one before."""

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from uniaims.errors import SettingsError
from uniaims.networks.card import NetworkSettings
from uniaims.networks.encoders.unet import UNetEncoder


class Encoder(Protocol):
    """What the decoder needs to know of an encoder."""

    widths: tuple[int, ...]
    """Channels of each feature map, finest first."""

    def __call__(self, image: Tensor) -> list[Tensor]:
        """Image (N, C, H, W) -> maps (N, widths[i], H / 2**(i+1), W / 2**(i+1))."""
        ...


ENCODERS: dict[str, Callable[[NetworkSettings], Encoder]] = {"unet": UNetEncoder}


def build_encoder(settings: NetworkSettings) -> Encoder:
    """Make the encoder that the settings name.

    Raises:
        SettingsError: if no encoder has that name.
    """
    if settings.encoder not in ENCODERS:
        raise SettingsError(f"encoder {settings.encoder!r}: wanted one of {', '.join(sorted(ENCODERS))}.")
    return ENCODERS[settings.encoder](settings)
