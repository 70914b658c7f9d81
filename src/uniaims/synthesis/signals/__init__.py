"""Signals: what an instrument sees of a scene, one look per image, and how it is recorded.

`SIGNALS` names the kinds; a signal's `drawn(diameter_px, rng)` draws a look, its `render(scene, rng)` applies it, and
`Acquisition.drawn(rng, RECORDED_BY[kind])` records it as that kind of instrument does.
"""

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals.acquisition import RECORDERS, Acquisition, acquire
from uniaims.synthesis.signals.backscatter import Backscatter, backscattered_electrons
from uniaims.synthesis.signals.cells import Fluorescence, NerveTissue, Stained
from uniaims.synthesis.signals.haadf import DarkField
from uniaims.synthesis.signals.ion_beam import IonBeam
from uniaims.synthesis.signals.light import EtchedLight, Light
from uniaims.synthesis.signals.orientation import OrientationMap
from uniaims.synthesis.signals.secondary import Secondary, secondary_electrons
from uniaims.synthesis.signals.transmission import Transmission, transmission

__all__ = [
    "RECORDED_BY",
    "RECORDERS",
    "SIGNALS",
    "Acquisition",
    "Backscatter",
    "DarkField",
    "EtchedLight",
    "Fluorescence",
    "IonBeam",
    "Light",
    "NerveTissue",
    "OrientationMap",
    "Secondary",
    "Signal",
    "Stained",
    "Transmission",
    "acquire",
    "backscattered_electrons",
    "secondary_electrons",
    "transmission",
]


class Signal(Protocol):
    """One concrete look: a frozen dataclass of numbers, as they were drawn or as a recipe gives them."""

    @classmethod
    def drawn(cls, diameter_px: float, rng: np.random.Generator) -> Self:
        """Draw a look for objects of about `diameter_px` pixels."""
        ...

    def render(self, scene: Scene, rng: np.random.Generator) -> NDArray[np.float32]:
        """Signal (H, W), or colours (H, W, 3), of a scene."""
        ...


SIGNALS: dict[str, type[Signal]] = {
    "secondary electrons": Secondary,
    "backscattered electrons": Backscatter,
    "transmission": Transmission,
    "HAADF": DarkField,
    "ion beam": IonBeam,
    "orientation map": OrientationMap,
    "light": Light,
    "etched light": EtchedLight,
    "fluorescence": Fluorescence,
    "stained section": Stained,
    "nerve tissue": NerveTissue,
}
"""Kinds of signal by name."""

RECORDED_BY: dict[str, str] = dict.fromkeys(SIGNALS, "scan") | {
    "transmission": "camera",
    "HAADF": "transmitted scan",
    "orientation map": "map",
    "light": "light",
    "etched light": "light",
    "fluorescence": "dim light",
    "stained section": "light",
}
"""The recorder (see `RECORDERS`) that each kind of signal is usually recorded by."""
