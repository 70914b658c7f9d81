"""The segmenter, its settings and its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uniaims.boxes import Box
from uniaims.deprecation import OldAttribute
from uniaims.errors import SettingsError
from uniaims.labels import Labels, relabel
from uniaims.micrograph import Micrograph, read_image
from uniaims.progress import Progress
from uniaims.runtime import Model, ModelInfo, load_model
from uniaims.segmenter.instances import expected_ap50
from uniaims.segmenter.prediction import LARGEST_WORKING_PX, Prediction
from uniaims.segmenter.predictor import Predictor
from uniaims.segmenter.scale_search import search_scale
from uniaims.segmenter.settings import SegmenterSettings, usual_confidence
from uniaims.segmenter.stopwatch import Stopwatch
from uniaims.segmenter.view import view_of
from uniaims.working_scale import SUITED_RATIO, WorkingScale, scale_of_diameter, suited_size_fraction

MOSTLY_DRAWN = 0.5
"""Objects with more than this part in boxes of drawn things are drawn themselves."""
ALL_LETTERS = 0.8
"""Objects with more than this part in boxes of letters are letters."""


FEWEST_FOR_DOUBTS, LARGEST_UNSUITED = 20, 0.2
"""From so many instances on, and if more than this share of them does not suit the scale, the reader is told."""
FEWEST_FOR_UNSURE, LARGEST_UNSURE = 5, 0.4
"""From so many objects on, and if at least this share of them is unsure, the reader is told."""
WHAT_TO_TRY = (
    "Give the usual size of the objects (--diameter), try another --model, or teach one your kind of images "
    "(uniaims finetune)."
)
"""Where many objects are unsure."""


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The instances of a micrograph and how they were found.

    Attributes:
        labels: (H, W) uint32; 0 = background, 1..N = instances; 0 outside of ``content``.
        confidence: (N,) float32, 0..1, in the order of the labels; ``uniaims.segmenter`` has the formula.
        expected_ap50: how good the whole is likely to be, 0..1; NaN if nothing was found.
        settings: what was asked for.
        model: the network that made the fields.
        working_scale: working pixels per image pixel at which the network saw the image. Of pixels that are not square,
            here as in ``diameter_px``, the side of the square of the same area counts.
        content: the part of the image that was segmented, without banner and empty strips.
        warnings: sentences for the reader.
        notes: sentences on what was done as always, such as leaving out a banner.
        found_count: of all objects that were found, those left out for their confidence included.
        unsure_fraction: share 0..1 of these whose confidence is below what 0.5 is worth; NaN if nothing was found.
        seconds: wall time by stage.
        diameter_px: size of the objects behind the scale, in image pixels; ``None`` if nothing was found by looking.
        scale_found: whether the scale was found by looking; else it follows from the diameter that was given.
        kind_scores: (N, K) float32, 0..1, how sure the network is of each kind in ``model.settings.kinds``, in the
            order of the labels: mean over the instance's pixels; empty where the model tells no kinds apart.
        left_out: reason -> how many of the objects that were found have no label.
    """

    labels: Labels
    confidence: NDArray[np.float32]
    settings: SegmenterSettings
    model: ModelInfo
    working_scale: float
    content: Box
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    found_count: int = 0
    unsure_fraction: float = float("nan")
    seconds: Mapping[str, float] = field(default_factory=dict)
    expected_ap50: float = float("nan")
    diameter_px: float | None = None
    scale_found: bool = True
    kind_scores: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    left_out: Mapping[str, int] = field(default_factory=dict)

    scale = OldAttribute("working_scale")
    quality = OldAttribute("expected_ap50")
    kinds = OldAttribute("kind_scores")
    seen_well = OldAttribute("suited_size_fraction")

    @cached_property
    def suited_size_fraction(self) -> float:
        """Share 0..1 of the instances whose size suits the scale, `working_scale.suited_size_fraction`."""
        return suited_size_fraction(self.labels, self.working_scale, self.model.nominal_diameter_px)

    @property
    def kind_names(self) -> tuple[str, ...]:
        """The likeliest kind of each instance; empty where the model tells no kinds apart."""
        return (
            tuple(self.model.settings.kinds[kind] for kind in self.kind_scores.argmax(axis=1))
            if self.kind_scores.size
            else ()
        )

    @property
    def least_confidence(self) -> float:
        """The minimum confidence in force, 0..1: what was asked for, else the model's own."""
        return self.settings.least_confidence(self.model.card)

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self.confidence)

    @property
    def is_unsure(self) -> bool:
        """Whether nearly half of the objects that were found are unsure, or more."""
        return self.found_count >= FEWEST_FOR_UNSURE and self.unsure_fraction >= LARGEST_UNSURE

    def with_doubts(self) -> Self:
        """The segmentation with warnings where many objects are unsure, or of a size that does not suit the scale."""
        unsure = (
            f"{self.unsure_fraction:.0%} of the {self.found_count:,} objects that were found are unsure, about as "
            f"likely wrong as right. {WHAT_TO_TRY}"
        )
        return replace(self, warnings=(*self.warnings, *self._unsuited(), *([unsure] if self.is_unsure else [])))

    def _unsuited(self) -> tuple[str, ...]:
        """A sentence where many instances have a size that does not suit the scale."""
        suited = self.suited_size_fraction
        if len(self) < FEWEST_FOR_DOUBTS or suited >= 1 - LARGEST_UNSUITED or self.diameter_px is None:
            return ()
        return (
            f"{1 - suited:.0%} of the objects are more than {SUITED_RATIO:g} times smaller or larger than the "
            f"{self.diameter_px:.3g} px at which the image was seen: they are less certain. "
            "Give the diameter that matters most (--diameter).",
        )

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
        count = int(gone.sum())
        objects = "1 object that is" if count == 1 else f"{count:,} objects that are"
        left_out = f"Left out: {objects} writing or a scale bar." if count else ""
        notes = (*self.notes, left_out) if left_out else self.notes
        kept = ~gone[1:]
        scores = self.kind_scores[kept] if self.kind_scores.size else self.kind_scores
        return replace(
            self, labels=relabel(labels), confidence=self.confidence[kept], kind_scores=scores, notes=notes,
            left_out={**self.left_out, "under writing": self.left_out.get("under writing", 0) + count},
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

    def __call__(
        self,
        image: Micrograph | ArrayLike | str | Path,
        progress: Progress | None = None,
        panel: Box | None = None,
    ) -> Segmentation:
        """Find the instances: `predict`, then `instances`.

        Args:
            image: a micrograph; or an array (H, W) or (H, W, 3); or the path of an image file.
            progress: told ``(stage, done, total)``.
            panel: the part of a figure that is looked at; None: all of the image.

        Raises:
            ImageError: if the image can't be read, or an array is no image.
            ModelError: if the network gives no usable numbers.
            SettingsError: if the diameter would enlarge the image beyond what fits into memory, or the panel is not in
                the image.
        """
        return self.instances(self.predict(image, progress, panel), progress=progress)

    segment = __call__

    def predict(
        self,
        image: Micrograph | ArrayLike | str | Path,
        progress: Progress | None = None,
        panel: Box | None = None,
    ) -> Prediction:
        """Let the network see an image: content, scale and fields; arguments and errors as for the call."""
        clock = Stopwatch()
        with clock("content"):
            view = view_of(as_micrograph(image), self.model.info.normalisation, panel)
        with clock("network"):
            predictor = Predictor(self.model, view, self.settings)
            working = self._working_scale(predictor, progress)
            fields = predictor.fields(working.scale, progress=progress)
        return Prediction(
            fields=fields,
            shape=view.gray.shape,
            content=view.content,
            working=working,
            aspect=view.aspect,
            model=self.model.info,
            settings=self.settings,
            notes=view.left_out(),
            seconds=clock.seconds,
        )

    @staticmethod
    def instances(
        prediction: Prediction, settings: SegmenterSettings | None = None, progress: Progress | None = None
    ) -> Segmentation:
        """The instances of a prediction, under other thresholds if wished for; needs no network.

        Args:
            prediction: of `predict`, or loaded.
            settings: `flow` and `minimum_confidence` may differ from those of the prediction.
            progress: told ``("instances", done, 1)``.

        Raises:
            SettingsError: if the settings ask for another prediction.
        """
        used = prediction.with_settings(settings or prediction.settings)
        clock, least = Stopwatch(dict(prediction.seconds)), used.least_confidence(prediction.model.card)
        with clock("instances"):
            _tell(progress, "instances", 0)
            found = prediction.found(used.flow)
            kept = found.of_at_least(least)
            labels = _placed(kept.labels, prediction)
            _tell(progress, "instances", 1)
        return Segmentation(
            labels=labels,
            confidence=kept.confidence,
            settings=used,
            model=prediction.model,
            working_scale=prediction.working.scale,
            content=prediction.content,
            warnings=() if len(kept.confidence) else ("No object was found.",),
            notes=prediction.notes + _left_out(len(kept.confidence), len(found.confidence), least),
            found_count=len(found.confidence),
            unsure_fraction=found.fraction_below(usual_confidence(prediction.model.card)),
            seconds=clock.seconds,
            expected_ap50=expected_ap50(found.confidence, least),
            diameter_px=prediction.working.diameter_px,
            scale_found=prediction.working.chosen,
            kind_scores=kept.kind_scores,
            left_out={"below confidence": len(found.confidence) - len(kept.confidence)},
        ).with_doubts()

    def _working_scale(self, predictor: Predictor, progress: Progress | None) -> WorkingScale:
        """From the diameter that was given, else found by looking."""
        content, given = predictor.view.content, self.settings.diameter_px
        if given is not None:
            return _affordable(scale_of_diameter(given, self.model.info.nominal_diameter_px), content)
        if predictor.view.flat:
            return WorkingScale(1.0, None, chosen=True)
        working = _affordable(search_scale(predictor, progress), content)
        _tell(progress, "scale", 1)
        return working


def _left_out(kept: int, found: int, least_confidence: float) -> tuple[str, ...]:
    """A sentence on the objects that were left out for their confidence, if any was."""
    if kept == found:
        return ()
    return (
        f"Left out: {found - kept:,} of {found:,} objects that were found, whose confidence is below "
        f"{least_confidence:.2g}. A minimum confidence of 0 keeps them.",
    )


def as_micrograph(image: Micrograph | ArrayLike | str | Path) -> Micrograph:
    """A micrograph as it is, an array as one, a path read.

    Raises:
        ImageError: if it is no image.
    """
    if isinstance(image, Micrograph):
        return image
    return read_image(image) if isinstance(image, str | Path) else Micrograph.from_array(image)


def _affordable(scale: WorkingScale, content: Box) -> WorkingScale:
    """The scale, refused where its working image would take more memory than an image may.

    Raises:
        SettingsError: if it would.
    """
    pixels, diameter = content.height * content.width, scale.diameter_px or 1.0
    if pixels * scale.scale**2 <= LARGEST_WORKING_PX:
        return scale
    smallest = diameter * scale.scale * (pixels / LARGEST_WORKING_PX) ** 0.5
    raise SettingsError(
        f"a diameter of {diameter:g} px would enlarge {content.width} x {content.height} px {scale.scale:.3g} times, "
        f"which is more than fits into memory: give at least {smallest:.2g} px, or cut the image into parts."
    )


def _placed(labels: Labels, prediction: Prediction) -> Labels:
    """Labels of the content on the whole image."""
    if labels.shape == prediction.shape:
        return labels
    whole = np.zeros(prediction.shape, np.uint32)
    whole[prediction.content.window] = labels
    return whole


def _tell(progress: Progress | None, stage: str, done: int) -> None:
    if progress:
        progress(stage, done, 1)
