"""Every kind of encoder at a tiny size, under the name of a large one."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from uniaims.networks import NetworkSettings

FAMILIES = ("unet", "resnet18", "resnext50", "convnext-atto", "efficientnet-lite0", "swin-tiny", "vit-tiny")


@pytest.fixture(scope="module")
def tiny_settings() -> Iterator[Callable[..., NetworkSettings]]:
    """Settings by encoder name; while the fixture lives, one encoder of each family is tiny."""
    pytest.importorskip("torch")
    from uniaims.networks.encoders import convnext, efficientnet_lite, resnet, swin, vit

    small = resnet.ResNetDesign((2, 1, 1, 1), bottleneck=True, groups=2, group_width=32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resnet, "STEM_WIDTH", 8)
        patch.setitem(resnet.DESIGNS, "resnet18", resnet.ResNetDesign((1, 1, 1, 1), bottleneck=False))
        patch.setitem(resnet.DESIGNS, "resnext50", small)
        patch.setitem(convnext.DESIGNS, "convnext-atto", ((4, 8, 12, 16), (1, 1, 1, 1)))
        patch.setitem(efficientnet_lite.DESIGNS, "efficientnet-lite0", ((4, 4, 8, 8, 8, 8, 8), (1, 2, 1, 1, 1, 1, 1)))
        patch.setattr(efficientnet_lite, "FINE_WIDTHS", (4, 8))
        patch.setitem(swin.DESIGNS, "swin-tiny", (8, (2, 1), (1, 2)))
        patch.setitem(vit.DESIGNS, "vit-tiny", (16, 2, 2))
        patch.setattr(vit, "GLOBAL_BLOCKS", 1)
        yield partial(NetworkSettings, widths=(4, 8, 8), depths=(1, 2, 1))


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    """The name of one encoder of each family."""
    return str(request.param)
