"""What a model is, apart from its numbers: the card that travels inside every weights file."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import ModelError, SettingsError
from uniaims.networks.catalogue import UNET, encoder_entry

CARD_KEY = "uniaims"
CARD_FORMAT = 1
RANGE_SAMPLE_PX = 4_000_000
HEADS = ("probability", "flow", "topography")
"""What can be predicted of each pixel besides its kind."""


@dataclass(frozen=True)
class GrayRange:
    """The two grey levels of one micrograph that become 0 and 1."""

    low: float
    high: float

    def apply(self, gray: NDArray[Any]) -> NDArray[np.float32]:
        """Grey levels (H, W) of any real dtype -> float32 (H, W), about 0..1, clipped to -0.5..1.5."""
        scaled = (gray.astype(np.float32) - np.float32(self.low)) * np.float32(1.0 / (self.high - self.low))
        return np.clip(scaled, -0.5, 1.5, out=scaled)


@dataclass(frozen=True)
class Normalisation:
    """How grey levels are brought to a common range: percentiles of the whole micrograph."""

    low_percentile: float = 1.0
    high_percentile: float = 99.0

    def __post_init__(self) -> None:
        if not 0 <= self.low_percentile < self.high_percentile <= 100:
            raise SettingsError(
                f"percentiles {self.low_percentile}..{self.high_percentile}: wanted 0 <= low < high <= 100."
            )

    def range_of(self, gray: NDArray[Any]) -> GrayRange:
        """One range for the whole image (H, W), so that the result doesn't depend on the tiling.

        Above 4 million pixels a regular grid of them is looked at. A flat image gets a range of 1.
        """
        step = max(1, int(np.sqrt(gray.size / RANGE_SAMPLE_PX)))
        sample = np.asarray(gray[::step, ::step], dtype=np.float32)
        low, high = (float(level) for level in np.percentile(sample, (self.low_percentile, self.high_percentile)))
        if not high > low:
            low, high = float(sample.min()), float(sample.max())
        return GrayRange(low, high if high > low else low + 1.0)


@dataclass(frozen=True)
class NetworkSettings:
    """The architecture: which encoder, what it sees, and what is predicted.

    Attributes:
        encoder: a name of `uniaims.networks.catalogue`.
        channels: image channels.
        widths: channels of each resolution level of the ``unet`` encoder. The first level works at half the input
            resolution (pixel-unshuffle by 2), each following one at half of the one before. Other encoders have
            widths of their own; for them ``widths`` and ``depths`` are ``()`` whatever was given.
        depths: blocks of each of these levels.
        heads: which of `HEADS` are trained, in that order. What a left-out head would have said is made up from
            the others where the network is run, so at least ``flow`` or ``topography`` must be there.
        kinds: names of the classes that the kind head tells apart; none: no kind head.
        position_grid: side of the position tables of the ``vit`` encoders, in patches of 16 px: the side of the
            training crops. Larger images stretch the table of places and repeat the farthest distance.

    Raises:
        SettingsError: if the encoder, a head or the levels are unknown or do not fit together.
    """

    encoder: str = UNET
    channels: int = 1
    widths: tuple[int, ...] = (32, 64, 128, 256, 256)
    depths: tuple[int, ...] = (1, 1, 2, 2, 1)
    heads: tuple[str, ...] = HEADS
    kinds: tuple[str, ...] = ()
    position_grid: int = 16

    def __post_init__(self) -> None:
        encoder_entry(self.encoder)
        if self.encoder != UNET:
            object.__setattr__(self, "widths", ())
            object.__setattr__(self, "depths", ())
        elif len(self.widths) != len(self.depths) or len(self.widths) < 2:
            raise SettingsError(
                f"widths {self.widths} and depths {self.depths}: wanted two or more levels, one entry each."
            )
        elif min(*self.widths, *self.depths) < 1:
            raise SettingsError(f"widths {self.widths} and depths {self.depths}: wanted 1 or more in each level.")
        self._check_heads()
        if min(self.channels, self.position_grid) < 1:
            raise SettingsError(f"{self.channels} channels, position grid {self.position_grid}: wanted 1 or more.")

    def _check_heads(self) -> None:
        known = tuple(head for head in HEADS if head in self.heads)
        if known != tuple(self.heads) or not {"flow", "topography"} & set(known):
            raise SettingsError(f"heads {self.heads}: wanted some of {HEADS} in that order, with flow or topography.")
        if len(set(self.kinds)) != len(self.kinds) or len(self.kinds) == 1:
            raise SettingsError(f"kinds {self.kinds}: wanted no name, or two and more different ones.")

    @property
    def stride(self) -> int:
        """Input sides that are multiples of this many pixels need no padding."""
        return int(2 ** len(self.widths)) if self.encoder == UNET else encoder_entry(self.encoder).stride


@dataclass(frozen=True)
class ModelCard:
    """A model's name, architecture, normalisation, working scale, calibration and provenance.

    ``calibration``: points (confidence, share of right objects), both rising; none: confidences stay as they are.
    """

    name: str
    network: NetworkSettings = field(default_factory=NetworkSettings)
    normalisation: Normalisation = field(default_factory=Normalisation)
    nominal_diameter_px: float = 32.0
    description: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)
    calibration: tuple[tuple[float, float], ...] = ()

    def calibrated(self, confidence: NDArray[np.float32]) -> NDArray[np.float32]:
        """Confidences (N,) as shares of right objects, by the line through the points of ``calibration``."""
        if not self.calibration:
            return confidence
        said, right = np.array(self.calibration, dtype=np.float64).T
        shares: NDArray[np.float32] = np.interp(confidence, said, right).astype(np.float32)
        return shares

    def to_json(self) -> str:
        """The card as text, as it stands in the metadata of safetensors and ONNX files."""
        return json.dumps({"format": CARD_FORMAT} | asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a card back.

        Raises:
            ModelError: if the text is no card of this format.
        """
        try:
            fields = json.loads(text)
            if fields.pop("format") != CARD_FORMAT:
                raise ModelError(f"a model card of another format than {CARD_FORMAT}: update uniaims.")
            network: dict[str, Any] = fields.pop("network")
            network |= {key: tuple(value) for key, value in network.items() if isinstance(value, list)}
            normalisation = Normalisation(**fields.pop("normalisation"))
            fields["calibration"] = tuple((float(said), float(right)) for said, right in fields.get("calibration", ()))
            return cls(network=NetworkSettings(**network), normalisation=normalisation, **fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"the model card can't be read ({error}): use a model written by uniaims.") from error
