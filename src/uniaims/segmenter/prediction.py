"""What a network said of a micrograph, kept: instances can be had from it again and again without the network."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from uniaims.atomic import atomic_file
from uniaims.boxes import EDGES, Box
from uniaims.errors import InputError, ModelError, SettingsError
from uniaims.flow_settings import FlowSettings
from uniaims.flows import CompactFields
from uniaims.formats.raw_image import check_size
from uniaims.labels import Labels
from uniaims.networks.card import ModelCard
from uniaims.runtime import ModelInfo
from uniaims.segmenter.instances import Found, instances_from_fields
from uniaims.segmenter.predictor import KindFields
from uniaims.segmenter.settings import SegmenterSettings
from uniaims.segmenter.view import squared_shape
from uniaims.settings import from_table
from uniaims.working_scale import WorkingScale

FORMAT = 1
DEVICES: Mapping[str, Literal["cpu", "cuda"]] = {"cpu": "cpu", "cuda": "cuda"}
KEY = "uniaims_prediction"
LARGEST_WORKING_PX = 2**28
"""More working pixels (from a small ``diameter_px`` on a large image) would need more than 4 GB of memory."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """The fields of a micrograph and all that instances follow from; four bytes for each working pixel, one per kind.

    Attributes:
        fields: of the content, at the working scale; `KindFields` where the model tells kinds apart.
        shape: (H, W) of the micrograph.
        content: the part of it that the fields are of.
        working: the scale, and the object diameter behind it.
        aspect: height / width of a pixel.
        model: the network.
        settings: what was asked for.
        notes: sentences on what was left out.
        seconds: wall time by stage.
    """

    fields: CompactFields
    shape: tuple[int, int]
    content: Box
    working: WorkingScale
    aspect: float
    model: ModelInfo
    settings: SegmenterSettings
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    _found: dict[FlowSettings, Found] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self._check_frame()
        wanted = squared_shape(self.content.shape, self.aspect, self.working.scale)
        if self.fields.probability.shape != wanted:
            raise InputError(f"fields of {self.fields.probability.shape} pixels: content and scale want {wanted}.")
        kinds = self.fields.kind_scores.shape if isinstance(self.fields, KindFields) else (0, *wanted)
        if kinds != (len(self.model.settings.kinds), *wanted):
            raise InputError(f"fields of kinds {kinds}: the model has {len(self.model.settings.kinds)} of {wanted}.")

    def _check_frame(self) -> None:
        """See that content, scale and sides are possible, before anything is computed with them."""
        if not self.content.lies_in(self.shape):
            raise InputError(f"content {self.content} is no part of an image of {self.shape} pixels (rows, columns).")
        scale = self.working.scale
        if not (math.isfinite(scale) and 0 < self.content.area * scale**2 <= LARGEST_WORKING_PX):
            raise InputError(f"scale {scale}: wanted one that makes at most {LARGEST_WORKING_PX} pixels.")
        if not (math.isfinite(self.aspect) and self.aspect > 0):
            raise InputError(f"pixels {self.aspect} times as high as wide: wanted a number above 0.")

    @property
    def byte_count(self) -> int:
        """Memory that the fields take, and about what a file of them does."""
        kinds = self.fields.kind_scores.nbytes if isinstance(self.fields, KindFields) else 0
        return self.fields.probability.nbytes + self.fields.flow.nbytes + self.fields.topography.nbytes + kinds

    def with_settings(self, settings: SegmenterSettings) -> SegmenterSettings:
        """The settings, refused where they ask for other fields; model and device are those that there were.

        Raises:
            SettingsError: where only a new prediction gives what they ask for.
        """
        used = replace(settings, model=self.settings.model, device=self.settings.device)
        if replace(used, flow=self.settings.flow, minimum_confidence=self.settings.minimum_confidence) != self.settings:
            raise SettingsError(
                "a prediction was made at one scale, with one tiling: only flow and minimum_confidence may change. "
                "Predict again."
            )
        return used

    def found(self, flow: FlowSettings) -> Found:
        """All instances of the content, sure or not; those of the settings asked for last are kept."""
        known = self._found.get(flow)
        if known is None:
            known = instances_from_fields(self.fields, self.content.shape, self.working.scale, flow, self.aspect)
            known = replace(known, confidence=self.model.card.calibrated(known.confidence))
            self._found.clear()
            self._found[flow] = known
        return known

    def window(self, box: Box, settings: SegmenterSettings | None = None) -> Labels:
        """Labels (h, w) in a window: exactly those of the whole image there, with the same numbers.

        Instances reach beyond any window, so the whole is found once; further windows, and other minimum confidences,
        take no longer than their pixels do.

        Args:
            box: a part of the image.
            settings: thresholds; those of the prediction if not given.

        Raises:
            InputError: if the box is no part of the image.
            SettingsError: if the settings ask for another prediction.
        """
        if not box.lies_in(self.shape):
            raise InputError(f"window {box} is no part of an image of {self.shape} pixels (rows, columns).")
        used = self.with_settings(settings or self.settings)
        found, labels = self.found(used.flow), np.zeros(box.shape, np.uint32)
        seen = box.moved(-self.content.top, -self.content.left).clipped(self.content.shape)
        if seen.area:
            numbers = found.numbers(used.least_confidence(self.model.card))
            place = seen.moved(self.content.top - box.top, self.content.left - box.left)
            labels[place.window] = numbers[found.labels[seen.window]]
        return labels

    def save(self, path: str | Path) -> None:
        """Write a safetensors file: the fields as tensors, all else as JSON in its metadata.

        Raises:
            OutputError: if it can't be written.
        """
        with atomic_file(Path(path)) as temporary:
            save_file(_tensors(self.fields), temporary, metadata={KEY: json.dumps(self._table())})

    def _table(self) -> dict[str, Any]:
        model = {"card": self.model.card.to_json(), "path": str(self.model.path), "hash": self.model.hash}
        return {
            "format": FORMAT,
            "shape": self.shape,
            "content": asdict(self.content),
            "working": asdict(self.working),
            "aspect": self.aspect,
            "model": {**model, "device": self.model.device},
            "settings": {name: value for name, value in asdict(self.settings).items() if value is not None},
            "notes": self.notes,
            "seconds": dict(self.seconds),
        }

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote; nothing in the file is run, and what does not fit together is refused.

        Raises:
            InputError: if the file is no prediction, or damaged.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                table = json.loads((file.metadata() or {})[KEY])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - safe_open is no mapping
            return cls(fields=_fields(tensors), **_values(table))
        except (SafetensorError, ModelError, OSError, *_DAMAGE) as error:
            raise InputError(f"{path}: no prediction ({error}). Predict again and save it.") from error


_DAMAGE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading odd values raises."""


def _tensors(fields: CompactFields) -> dict[str, NDArray[Any]]:
    kinds = {"kinds": fields.kind_scores} if isinstance(fields, KindFields) else {}
    named = {"probability": fields.probability, "flow": fields.flow, "topography": fields.topography, **kinds}
    return {name: np.ascontiguousarray(tensor) for name, tensor in named.items()}


def _fields(tensors: dict[str, NDArray[Any]]) -> CompactFields:
    others = {name: tensor for name, tensor in tensors.items() if name != "kinds"}
    if len(others) == len(tensors):
        return CompactFields(**tensors)
    scores = tensors["kinds"]
    if scores.dtype != np.uint8:
        raise InputError(f"kinds are {scores.dtype}, not uint8")
    return KindFields(**others, kind_scores=scores)


def _values(table: dict[str, Any]) -> dict[str, Any]:
    """What stands in the metadata, as `Prediction` wants it."""
    if (made := table.pop("format")) != FORMAT:
        raise InputError(f"of format {made}, wanted {FORMAT}")
    model, (height, width) = table.pop("model"), table.pop("shape")
    check_size(width, height)
    card, content, notes = ModelCard.from_json(model["card"]), table.pop("content"), table.pop("notes")
    working = from_table(WorkingScale, table.pop("working"), "working scale")
    edges = [content[edge] for edge in EDGES]
    if not all(type(number) is int for number in (height, width, *edges)) or not isinstance(notes, list):
        raise InputError("numbers of pixels that are not whole, or notes that are no list")
    if working.diameter_px is not None and not 0 < working.diameter_px < math.inf:
        raise InputError(f"a diameter of {working.diameter_px} px")
    return {
        "shape": (height, width),
        "content": Box(*edges),
        "working": working,
        "aspect": float(table.pop("aspect")),
        "model": ModelInfo(card, Path(model["path"]), str(model["hash"]), DEVICES[model["device"]]),
        "settings": from_table(SegmenterSettings, table.pop("settings"), "settings"),
        "notes": tuple(map(str, notes)),
        "seconds": {str(stage): float(value) for stage, value in table.pop("seconds").items()},
        **table,
    }
