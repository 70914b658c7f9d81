"""How good the network is on samples that it does not learn from, while it is trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from uniaims.dataset import Sample
from uniaims.labels import Labels
from uniaims.matching import Evaluation, evaluate, without_unknown
from uniaims.networks.card import ModelCard
from uniaims.networks.flownet import FieldsNet, FlowNet
from uniaims.progress import Progress
from uniaims.runtime import Model, ModelInfo, TorchModel
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.training.distributed import ALONE, Team
from uniaims.training.samples import AnySampleFile
from uniaims.working_scale import characteristic_diameter_px

OnSample = Callable[[Sample, Labels], None]
"""Told of a sample and of the labels (H, W) that the network found in it."""


@dataclass(frozen=True)
class Validator:
    """Segments held-out samples and compares with their truth; the processes of a team share them.

    The object size is given to the segmenter instead of found by looking: what is judged is the network.
    """

    files: Sequence[AnySampleFile]
    card: ModelCard
    device: torch.device
    team: Team = ALONE
    progress: Progress | None = None

    def __call__(self, network: FlowNet, on_sample: OnSample | None = None) -> float:
        """Mean AP50 over the images; NaN if there are none."""
        model = self.model_of(network)
        own = self.files[self.team.rank :: self.team.processes]
        scores = []
        for done, file in enumerate(own, start=1):
            sample = file.read()
            found, evaluation = judged(model, sample)
            scores.append(evaluation.ap50)
            if on_sample:
                on_sample(sample, found)
            if self.progress and self.team.leads:
                self.progress("validating", done, len(own))
        scores = self.team.gathered(scores)
        return sum(scores) / len(scores) if scores else float("nan")

    def model_of(self, network: FlowNet) -> TorchModel:
        """The network, on the validator's device, as the segmenter takes it."""
        where: Literal["cpu", "cuda"] = "cuda" if self.device.type == "cuda" else "cpu"
        return TorchModel(ModelInfo(self.card, Path(self.card.name), "", where), FieldsNet(network).eval())


def judged(model: Model, sample: Sample) -> tuple[Labels, Evaluation]:
    """What a model finds in a sample, its object size given: labels (H, W), and how well they agree with the truth."""
    diameter = characteristic_diameter_px(sample.labels) or model.info.nominal_diameter_px
    found = Segmenter(model, SegmenterSettings(diameter_px=diameter))(sample.micrograph).labels
    return found, evaluate(sample.labels, without_unknown(found, sample.known))


def ap50(model: Model, sample: Sample) -> float:
    """AP50 of the model on one sample, its object size given."""
    return judged(model, sample)[1].ap50
