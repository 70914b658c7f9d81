"""ResNets and ResNeXts."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.card import NetworkSettings  # noqa: E402
from uniaims.networks.encoders.resnet import ResNetEncoder  # noqa: E402


@pytest.mark.parametrize(("name", "groups"), [("resnet50", 1), ("resnext50", 32)])
def test_strides_and_groups_sit_in_the_middle_of_a_bottleneck(name, groups):
    with torch.device("meta"):
        first = ResNetEncoder(NetworkSettings(name)).layer2[0]
    assert [convolution.stride for convolution in (first.conv1, first.conv2, first.conv3)] == [(1, 1), (2, 2), (1, 1)]
    assert (first.conv1.groups, first.conv2.groups) == (1, groups)


def test_blocks_that_change_nothing_have_no_shortcut_of_their_own():
    with torch.device("meta"):
        stage = ResNetEncoder(NetworkSettings("resnet18")).layer2
    assert isinstance(stage[1].downsample, torch.nn.Identity)
    assert not isinstance(stage[0].downsample, torch.nn.Identity)
