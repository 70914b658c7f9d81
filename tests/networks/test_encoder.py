"""What an encoder has by default."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.networks import NetworkSettings  # noqa: E402
from uniaims.networks.encoders import build_encoder  # noqa: E402
from uniaims.networks.encoders.encoder import Encoder  # noqa: E402

FAMILIES = ["unet", "resnext50", "convnext-atto", "efficientnet-lite0", "swin-tiny", "vit-tiny"]


class Halves(Encoder):
    """Two maps of means."""

    widths, strides = (1, 1), (2, 4)

    def forward(self, image):
        """Means over squares."""
        return [torch.nn.functional.avg_pool2d(image, stride) for stride in self.strides]


def test_tensors_come_as_they_are_unless_an_encoder_changes_them():
    tensors = {"a.weight": torch.ones(2)}
    assert Halves().adapted(tensors) is tensors
    assert (Halves.first_kernel, Halves.unused, Halves.own) == ("", (), ())


def test_an_encoder_without_a_forward_says_so():
    with pytest.raises(NotImplementedError):
        Encoder()(torch.zeros(1, 1, 8, 8))


def test_maps_are_finest_first():
    fine, coarse = Halves()(torch.arange(32.0).reshape(1, 1, 4, 8))
    assert (fine.shape, coarse.shape) == ((1, 1, 2, 4), (1, 1, 1, 2))
    assert coarse.flatten().tolist() == [13.5, 17.5]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_encoder_names_a_kernel_that_it_has(name):
    with torch.device("meta"):
        encoder = build_encoder(NetworkSettings(name, channels=3))
    assert isinstance(encoder, Encoder)
    assert all(stride & (stride - 1) == 0 for stride in encoder.strides)
    if encoder.first_kernel:
        assert encoder.state_dict()[encoder.first_kernel].shape[1] == 3
