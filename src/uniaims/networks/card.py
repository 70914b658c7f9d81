"""What a model is, apart from its numbers: the card that travels inside every weights file."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import ModelError, SettingsError

CARD_KEY = "uniaims"
CARD_FORMAT = 1
RANGE_SAMPLE_PX = 4_000_000


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
    """The architecture: which encoder, how wide and how deep.

    ``widths`` and ``depths`` have one entry per resolution level; the first level works at half the
    input resolution (pixel-unshuffle by 2), each following one at half of the one before.
    """

    encoder: str = "unet"
    channels: int = 1
    widths: tuple[int, ...] = (32, 64, 128, 256, 256)
    depths: tuple[int, ...] = (1, 1, 2, 2, 1)

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.depths) or len(self.widths) < 2:
            raise SettingsError(
                f"widths {self.widths} and depths {self.depths}: wanted two or more levels, one entry each."
            )

    @property
    def stride(self) -> int:
        """Input sides must be a multiple of this many pixels."""
        return int(2 ** len(self.widths))


@dataclass(frozen=True)
class ModelCard:
    """A model's name, architecture, normalisation, working scale and provenance."""

    name: str
    network: NetworkSettings = field(default_factory=NetworkSettings)
    normalisation: Normalisation = field(default_factory=Normalisation)
    nominal_diameter_px: float = 32.0
    description: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)

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
            return cls(network=NetworkSettings(**network), normalisation=normalisation, **fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"the model card can't be read ({error}): use a model written by uniaims.") from error
