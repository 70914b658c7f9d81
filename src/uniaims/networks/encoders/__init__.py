"""Encoders by name; ``uniaims.networks.catalogue`` says what each costs and when to take it."""

from collections.abc import Callable

from uniaims.networks.card import NetworkSettings
from uniaims.networks.catalogue import UNET, encoder_entry
from uniaims.networks.encoders import convnext, efficientnet_lite, resnet, swin, vit
from uniaims.networks.encoders.encoder import Encoder
from uniaims.networks.encoders.unet import UNetEncoder

__all__ = ["ENCODERS", "Encoder", "build_encoder"]

ENCODERS: dict[str, Callable[[NetworkSettings], Encoder]] = {
    UNET: UNetEncoder,
    **dict.fromkeys(resnet.DESIGNS, resnet.ResNetEncoder),
    **dict.fromkeys(convnext.DESIGNS, convnext.ConvNeXtEncoder),
    **dict.fromkeys(efficientnet_lite.DESIGNS, efficientnet_lite.EfficientNetLiteEncoder),
    **dict.fromkeys(swin.DESIGNS, swin.SwinEncoder),
    **dict.fromkeys(vit.DESIGNS, vit.ViTEncoder),
}


def build_encoder(settings: NetworkSettings) -> Encoder:
    """Make the encoder that the settings name, with random weights.

    Raises:
        SettingsError: if no encoder has that name.
    """
    return ENCODERS[encoder_entry(settings.encoder).name](settings)
