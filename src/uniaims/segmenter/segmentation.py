"""The segmenter, its settings and its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from uniaims.errors import SettingsError
from uniaims.flows import CompactFields, FlowSettings, flow_errors, labels_from_fields
from uniaims.labels import Labels, relabel
from uniaims.micrograph import Micrograph, read_image
from uniaims.runtime import Device, Model, ModelInfo, load_model
from uniaims.scalebar import Box
from uniaims.segmenter.prediction import KindFields, predict_fields
from uniaims.segmenter.stopwatch import Stopwatch
from uniaims.segmenter.view import STRIP_ROWS, View, view_of
from uniaims.tiles import Progress, Tiling
from uniaims.working_scale import WorkingScale, characteristic_diameter_px, find_scale, scale_of_diameter

PROBE_PX = 1_500_000
"""What is looked at to find the working scale: the middle of the content, at most this many working pixels."""
LARGEST_WORKING_PX = 2**28
"""More working pixels (from a small ``diameter_px`` on a large image) would need more than 4 GB of memory."""


MOSTLY_DRAWN = 0.5
"""Objects with more than this part in boxes of drawn things are drawn themselves."""
ALL_LETTERS = 0.8
"""Objects with more than this part in boxes of letters are letters."""


def _knob(default: Any, text: str, flag: str = "") -> Any:
    return field(default=default, metadata={"help": text, "flag": flag})


@dataclass(frozen=True)
class SegmenterSettings:
    """How a micrograph is segmented; command line and reports are made from these fields.

    Raises:
        SettingsError: if a number is out of its range.
    """

    model: str = _knob("general", "Name of a shipped model, or a model file or training folder.")
    device: Device = field(default="auto", metadata={"help": "Where the network runs."})
    diameter_px: float | None = _knob(
        None, "Usual diameter of the objects in pixels; found by looking if not given.", "--diameter"
    )
    tile_px: int = _knob(Tiling.tile_px, "Longest side of a tile in pixels; larger is quicker and needs more memory.")
    overlap_px: int = _knob(Tiling.overlap_px, "Seam in which neighbouring tiles are blended, in pixels.")
    test_time_augmentation: bool = _knob(False, "Average over four mirror images: slower, a little more accurate.")
    minimum_confidence: float = _knob(
        0.5, "Objects of a lower confidence (0 to 1) are left out and their number is reported; 0 keeps all."
    )
    flow: FlowSettings = field(default_factory=FlowSettings)

    def __post_init__(self) -> None:
        if not 0 <= self.minimum_confidence <= 1:
            raise SettingsError(f"minimum confidence {self.minimum_confidence}: wanted a number from 0 to 1.")
        if self.diameter_px is not None and not 0 < self.diameter_px < float("inf"):
            raise SettingsError(
                f"diameter {self.diameter_px} px: wanted a number above 0, the usual object size in pixels."
            )
        self.tiling()

    def tiling(self) -> Tiling:
        """How the image is cut into tiles."""
        return Tiling(self.tile_px, self.overlap_px)


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The instances of a micrograph and how they were found.

    Attributes:
        labels: (H, W) uint32; 0 = background, 1..N = instances; 0 outside of ``content``.
        confidence: (N,) float32, 0..1, in the order of the labels; ``uniaims.segmenter`` has the formula.
        quality: how good the whole is likely to be, 0..1; NaN if nothing was found. See `expected_quality`.
        settings: what was asked for.
        model: the network that made the fields.
        scale: working pixels per image pixel at which the network saw the image.
        content: the part of the image that was segmented, without banner and empty strips.
        warnings: sentences for the reader.
        seconds: wall time by stage.
        kinds: (N, K) float32, 0..1, how sure the network is of each kind in ``model.settings.kinds``, in the order of
            the labels: mean over the instance's pixels; empty where the model tells no kinds apart.
    """

    labels: Labels
    confidence: NDArray[np.float32]
    settings: SegmenterSettings
    model: ModelInfo
    scale: float
    content: Box
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    quality: float = float("nan")
    kinds: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def kind_names(self) -> tuple[str, ...]:
        """The likeliest kind of each instance; empty where the model tells no kinds apart."""
        return tuple(self.model.settings.kinds[kind] for kind in self.kinds.argmax(axis=1)) if self.kinds.size else ()

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self.confidence)

    def without(self, boxes: Sequence[Box], letters: Sequence[Box] = ()) -> Self:
        """The segmentation without the instances that lie mostly in boxes of what was drawn into the picture.

        Of instances that only reach into a box, the pixels in it are taken away. Those that lie in boxes of `letters`
        are left out too; others keep all of their pixels, because letters stand on the sample.
        """
        drawn, written = self._covered(boxes), self._covered(letters)
        if not self.labels[drawn | written].any():
            return self
        areas = np.bincount(self.labels.ravel(), minlength=len(self) + 1)
        inside = np.bincount(self.labels[drawn], minlength=len(self) + 1)
        within = np.bincount(self.labels[drawn | written], minlength=len(self) + 1)
        gone = (inside > MOSTLY_DRAWN * areas) | (within > ALL_LETTERS * areas)
        gone[0] = False
        labels = np.where(drawn | gone[self.labels], 0, self.labels).astype(np.uint32)
        left_out = f"Left out: {int(gone.sum()):,} objects that are writing or a scale bar." if gone.any() else ""
        warnings = (*self.warnings, left_out) if left_out else self.warnings
        kept = ~gone[1:]
        kinds = self.kinds[kept] if self.kinds.size else self.kinds
        return replace(
            self, labels=relabel(labels), confidence=self.confidence[kept], kinds=kinds, warnings=warnings
        )  # fmt: skip

    def _covered(self, boxes: Sequence[Box]) -> NDArray[np.bool_]:
        """(H, W): what lies in boxes."""
        covered = np.zeros(self.labels.shape, bool)
        for box in boxes:
            covered[box.window] = True
        return covered


@dataclass(frozen=True)
class Segmenter:
    """A model and the settings to use it with; call it with a micrograph, an array or a path."""

    model: Model
    settings: SegmenterSettings = field(default_factory=SegmenterSettings)

    @classmethod
    def load(cls, name: str | Path | None = None, settings: SegmenterSettings = SegmenterSettings()) -> Self:
        """Load a model by name or path; ``None``: the one that the settings name.

        Raises:
            ModelError: if there is no such model.
            SettingsError: if the device is not there.
            MissingDependencyError: if the device needs a library that is not installed.
        """
        wanted = settings if name is None else replace(settings, model=str(name))
        return cls(load_model(wanted.model, wanted.device), wanted)

    def __call__(self, image: Micrograph | ArrayLike | str | Path, progress: Progress | None = None) -> Segmentation:
        """Find the instances.

        Args:
            image: a micrograph; or an array (H, W) or (H, W, 3); or the path of an image file.
            progress: told ``(stage, done, total)``.

        Raises:
            ImageError: if the image can't be read, or an array is no image.
            ModelError: if the network gives no usable numbers.
            SettingsError: if the diameter would enlarge the image beyond what fits into memory.
        """
        clock = Stopwatch()
        with clock("content"):
            view = view_of(as_micrograph(image), self.model.info.normalisation)
        with clock("network"):
            look = self._look(view, progress)
            fields = look.fields or self._fields(view, look.scale, progress=progress)
        with clock("instances"):
            _tell(progress, "instances", 0)
            found = _instances(fields, view.content.shape, look.scale, self.settings.flow)
            found = replace(found, confidence=self.model.info.card.calibrated(found.confidence))
            kept = found.of_at_least(self.settings.minimum_confidence)
            labels = _placed(kept.labels, view)
            _tell(progress, "instances", 1)
        warnings = view.left_out() + self._remarks(len(kept.confidence), len(found.confidence))
        quality = expected_quality(found.confidence, self.settings.minimum_confidence)
        info, seconds = self.model.info, clock.seconds
        made = Segmentation(labels, kept.confidence, self.settings, info, look.scale, view.content, warnings, seconds)
        return replace(made, quality=quality, kinds=kept.kinds)

    def _remarks(self, kept: int, found: int) -> tuple[str, ...]:
        """What the reader has to know about the number of objects."""
        remarks = () if kept else ("No object was found.",)
        if kept == found:
            return remarks
        return (
            *remarks,
            f"Left out: {found - kept:,} of {found:,} objects, whose confidence is below "
            f"{self.settings.minimum_confidence:g}. A minimum confidence of 0 keeps them.",
        )

    def _look(self, view: View, progress: Progress | None) -> "_Look":
        """The scale to work at: from the diameter that was given, else found by looking."""
        nominal, given = self.model.info.nominal_diameter_px, self.settings.diameter_px
        if given is not None:
            return _Look(_affordable(scale_of_diameter(given, nominal), view.content))
        if view.flat:
            return _Look(1.0)
        whole: dict[float, CompactFields] = {}

        def diameter_at(scale: float) -> float:
            part = view.middle(PROBE_PX / scale**2)
            fields = self._fields(view, scale, part)
            if part == view.content:
                whole[scale] = fields
            _tell(progress, "scale", 0)
            return characteristic_diameter_px(labels_from_fields(fields, self.settings.flow))

        scale = _affordable(find_scale(diameter_at, view.content.shape, nominal), view.content)
        _tell(progress, "scale", 1)
        return _Look(scale, whole.get(scale))

    def _fields(
        self, view: View, scale: float, part: Box | None = None, progress: Progress | None = None
    ) -> CompactFields:
        """Fields of ``part`` (else of the whole content) at the working scale."""
        image, settings = view.at(scale, part), self.settings
        return predict_fields(self.model, image, settings.tiling(), settings.test_time_augmentation, progress)


@dataclass(frozen=True)
class _Look:
    """The working scale, and the fields of the whole content at it if they were made on the way."""

    scale: float
    fields: CompactFields | None = None


def as_micrograph(image: Micrograph | ArrayLike | str | Path) -> Micrograph:
    """A micrograph as it is, an array as one, a path read.

    Raises:
        ImageError: if it is no image.
    """
    if isinstance(image, Micrograph):
        return image
    return read_image(image) if isinstance(image, str | Path) else Micrograph.from_array(image)


@dataclass(frozen=True, eq=False)
class _Found:
    """Labels (H, W) of the content, and of the instances 1..N confidence (N,) and kinds (N, K)."""

    labels: Labels
    confidence: NDArray[np.float32]
    kinds: NDArray[np.float32]

    def of_at_least(self, minimum: float) -> "_Found":
        """The instances of at least the minimum confidence, renumbered."""
        kept = self.confidence >= minimum
        if kept.all():
            return self
        numbers = np.concatenate(([0], np.where(kept, np.cumsum(kept), 0))).astype(np.uint32)
        return _Found(numbers[self.labels], self.confidence[kept], self.kinds[kept])


def confidence_of(labels: Labels, fields: CompactFields) -> NDArray[np.float32]:
    """Confidence (N,) float32, 0..1, of the instances 1..N of ``labels`` (H, W); see ``uniaims.segmenter``."""
    count = int(labels.max(initial=0))
    areas, sums = np.zeros(count + 1), np.zeros(count + 1)
    for start in range(0, labels.shape[0], STRIP_ROWS):
        strip = labels[start : start + STRIP_ROWS].ravel()
        probability = fields.probability[start : start + STRIP_ROWS].ravel()
        areas += np.bincount(strip, minlength=count + 1)
        sums += np.bincount(strip, probability, minlength=count + 1)
    mean_probability = sums[1:] / np.maximum(areas[1:], 1) / 255
    agreement = np.clip(1 - flow_errors(labels, fields) / 2, 0, 1)
    confidence: NDArray[np.float32] = (mean_probability * agreement).astype(np.float32)
    return confidence


def expected_quality(confidence: NDArray[np.float32], minimum: float) -> float:
    """The AP50 to expect, TP / (TP + FP + FN), from the confidences (N,) of all objects found; NaN if there are none.

    With confidences that are shares of right objects, the sum over the kept ones is the expected TP, their number
    TP + FP, and the sum over those below the minimum the expected FN. What was not even found is not counted.
    """
    kept, left_out = confidence[confidence >= minimum], confidence[confidence < minimum]
    expected = len(kept) + float(left_out.sum())
    return float(kept.sum()) / expected if expected else float("nan")


def _kinds_of(labels: Labels, fields: CompactFields) -> NDArray[np.float32]:
    """Mean probability of each kind (N, K) float32 in the instances 1..N of ``labels``; K is 0 without kinds."""
    count = int(labels.max(initial=0))
    channels = fields.kinds if isinstance(fields, KindFields) else ()
    kinds = np.zeros((count, len(channels)), np.float32)
    areas = np.maximum(np.bincount(labels.ravel(), minlength=count + 1)[1:], 1) if len(channels) else 1
    for kind, probability in enumerate(channels):
        sums = np.bincount(labels.ravel(), probability.ravel(), minlength=count + 1)[1:]
        kinds[:, kind] = sums / areas / 255
    return kinds


def _affordable(scale: WorkingScale, content: Box) -> float:
    """The scale, refused where its working image would take more memory than an image may.

    Raises:
        SettingsError: if it would.
    """
    pixels, diameter = content.height * content.width, scale.diameter_px or 1.0
    if pixels * scale.scale**2 <= LARGEST_WORKING_PX:
        return scale.scale
    smallest = diameter * scale.scale * (pixels / LARGEST_WORKING_PX) ** 0.5
    raise SettingsError(
        f"a diameter of {diameter:g} px would enlarge {content.width} x {content.height} px {scale.scale:.3g} times, "
        f"which is more than fits into memory: give at least {smallest:.2g} px, or cut the image into parts."
    )


def _instances(fields: CompactFields, shape: tuple[int, int], scale: float, settings: FlowSettings) -> _Found:
    """Instances of the content ``shape`` (H, W).

    Fields coarser than the image are brought to its resolution first, so that outlines are smooth; finer ones keep
    theirs until the labels are made, so that small objects stay apart.
    """
    if scale < 1:
        fields = _resized(fields, shape)
        settings = replace(settings, minimum_area_px=round(settings.minimum_area_px / scale**2))
    labels = labels_from_fields(fields, settings)
    confidence, kinds = confidence_of(labels, fields), _kinds_of(labels, fields)
    if labels.shape == shape:
        return _Found(labels, confidence, kinds)
    small = cv2.resize(labels.view(np.int32), shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT).view(np.uint32)
    kept = np.flatnonzero(np.bincount(small.ravel(), minlength=len(confidence) + 1)[1:])
    return _Found(relabel(small), confidence[kept], kinds[kept])


def _resized(fields: CompactFields, shape: tuple[int, int]) -> CompactFields:
    """Fields brought to ``shape`` (H, W) by linear interpolation."""

    def resized(channel: NDArray[Any]) -> NDArray[Any]:
        values = cv2.resize(channel.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)
        rounded: NDArray[Any] = np.rint(values, out=values).astype(channel.dtype)
        return rounded

    flow = np.stack([resized(component) for component in fields.flow])
    probability, topography = resized(fields.probability), resized(fields.topography)
    if isinstance(fields, KindFields):
        return KindFields(probability, flow, topography, np.stack([resized(kind) for kind in fields.kinds]))
    return CompactFields(probability, flow, topography)


def _placed(labels: Labels, view: View) -> Labels:
    """Labels of the content on the whole image."""
    if labels.shape == view.gray.shape:
        return labels
    whole = np.zeros(view.gray.shape, np.uint32)
    whole[view.content.window] = labels
    return whole


def _tell(progress: Progress | None, stage: str, done: int) -> None:
    if progress:
        progress(stage, done, 1)
