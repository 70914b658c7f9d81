"""Ways to find instances, trained on the same crops and judged by the same rule; `benchmarks/peers.py` runs them."""

from contenders.classical import Classical
from contenders.contender import Contender, MaskedLoss, Option
from contenders.cpnet import CPNetContender
from contenders.flownet import FlowNetContender
from contenders.mask_rcnn import MaskRCNNContender, why_not
from contenders.stardist import StarDistContender

CONTENDERS: dict[str, Contender] = {
    "classical": Classical(),
    "cpnet": CPNetContender(),
    "stardist": StarDistContender(),
    "mask_rcnn": MaskRCNNContender(),
    "flownet": FlowNetContender(),
}

__all__ = ["CONTENDERS", "Contender", "MaskedLoss", "Option", "why_not"]
