"""How a micrograph is segmented."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uniaims.errors import SettingsError
from uniaims.flow_settings import FlowSettings
from uniaims.settings import Device, Words, setting
from uniaims.tiling import Tiling

if TYPE_CHECKING:
    from uniaims.networks.card import ModelCard

USUAL_CONFIDENCE = 0.5
"""Objects of this confidence, before calibration, count as found."""


@dataclass(frozen=True)
class SegmenterSettings:
    """How a micrograph is segmented; command line and reports are made from these fields.

    Raises:
        SettingsError: if a number is out of its range.
    """

    model: str = setting(
        "general",
        "Name of a shipped model, or a model file or training folder.",
        there="model",
        words=Words("Model", in_methods=False, matters=False),
    )
    device: Device = setting(
        "auto", "Where the network runs.", words=Words("Network run on", in_methods=False, matters=False)
    )
    diameter_px: float | None = setting(
        None,
        "Usual diameter of the objects in pixels; found by looking if not given.",
        "--diameter",
        words=Words("Object diameter", "{} px", {None: "found by looking"}, in_methods=False),
    )
    tile_px: int = setting(
        Tiling.tile_px,
        "Longest side of a tile in pixels; larger is quicker and needs more memory.",
        words=Words("Side of a tile", "{} px"),
    )
    overlap_px: int = setting(
        Tiling.overlap_px,
        "Seam in which neighbouring tiles are blended, in pixels.",
        words=Words("Seam between tiles", "{} px"),
    )
    test_time_augmentation: bool = setting(
        False,
        "Average over four mirror images: slower, a little more accurate.",
        words=Words("Mirror images", values={False: "not used", True: "averaged over four"}, in_methods=False),
    )
    minimum_confidence: float | None = setting(
        None,
        "Objects of a lower confidence (0 to 1) are left out and counted; 0 keeps all; the model's if not given.",
        words=Words("Minimum confidence", values={None: "the model's"}, in_methods=False),
    )
    flow: FlowSettings = field(default_factory=FlowSettings)

    def __post_init__(self) -> None:
        if self.minimum_confidence is not None and not 0 <= self.minimum_confidence <= 1:
            raise SettingsError(f"minimum confidence {self.minimum_confidence}: wanted a number from 0 to 1.")
        if self.diameter_px is not None and not 0 < self.diameter_px < float("inf"):
            raise SettingsError(
                f"diameter {self.diameter_px} px: wanted a number above 0, the usual object size in pixels."
            )
        self.tiling()

    def least_confidence(self, card: "ModelCard") -> float:
        """Objects below are left out: what was asked for, else the usual."""
        return usual_confidence(card) if self.minimum_confidence is None else self.minimum_confidence

    def tiling(self) -> Tiling:
        """How the image is cut into tiles."""
        return Tiling(self.tile_px, self.overlap_px)


def usual_confidence(card: "ModelCard") -> float:
    """What a confidence of 0.5 is worth after the model's calibration."""
    import numpy as np

    return float(card.calibrated(np.array([USUAL_CONFIDENCE], np.float32))[0])
