"""From a micrograph to its instances: content, scale, tiles, network, labels, confidence.

>>> segmenter = Segmenter.load("general")                     # doctest: +SKIP
>>> segmenter("powder.tif").labels.max()                      # doctest: +SKIP

**Confidence** of an instance, 0..1: the mean predicted probability of its pixels times the agreement between the
predicted flow and the flow that the finished outline would have, ``max(0, 1 - e / 2)``. The flow error e is the mean
of ``|predicted - ideal|²``; for unit vectors ``e / 2 = 1 - cos(angle)``, so the second factor is the mean cosine
between the two. Nothing is deleted for a low confidence.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from uniaims.errors import ModelError, SettingsError
from uniaims.flows import CompactFields, FlowSettings, flow_errors, labels_from_fields
from uniaims.labels import Labels, relabel
from uniaims.micrograph import Micrograph, read_image
from uniaims.networks.card import GrayRange
from uniaims.runtime import Device, Model, ModelInfo, load_model
from uniaims.scalebar import Box, content_box
from uniaims.tiles import Encoding, Progress, Tiling, map_tiles
from uniaims.working_scale import WorkingScale, characteristic_diameter_px, find_scale, scale_of_diameter

FIELD_ENCODINGS = (Encoding("uint8", 255.0), Encoding("int8", 127.0, channels=2), Encoding("uint8", 255.0))
"""How probability, flow and topography are stored: 4 bytes per pixel."""
OVERVIEW_SIDE_PX = 2048
"""Grey range and content are judged on every k-th pixel, so that neither side has more pixels than this."""
PROBE_PX = 1_500_000
"""What is looked at to find the working scale: the middle of the content, at most this many working pixels."""
LARGEST_WORKING_PX = 2**28
"""More working pixels (from a small ``diameter_px`` on a large image) would need more than 4 GB of memory."""
STRIP_ROWS = 512


def _knob(default: Any, text: str, flag: str = "") -> Any:
    return field(default=default, metadata={"help": text, "flag": flag})


@dataclass(frozen=True)
class SegmenterSettings:
    """How a micrograph is segmented; command line and reports are made from these fields."""

    model: str = _knob("general", "Name of a shipped model, or a model file or training folder.")
    device: Device = _knob("auto", "Where the network runs: auto, cpu or cuda.")
    diameter_px: float | None = _knob(
        None, "Usual diameter of the objects in pixels; found by looking if not given.", "--diameter"
    )
    tile_px: int = _knob(1024, "Longest side of a tile in pixels; larger is quicker and needs more memory.")
    overlap_px: int = _knob(64, "Seam in which neighbouring tiles are blended, in pixels.")
    test_time_augmentation: bool = _knob(False, "Average over four mirror images: slower, a little more accurate.")
    flow: FlowSettings = field(default_factory=FlowSettings)

    def __post_init__(self) -> None:
        if self.diameter_px is not None and not 0 < self.diameter_px < float("inf"):
            raise SettingsError(
                f"diameter {self.diameter_px} px: wanted a number above 0, the usual object size in pixels."
            )
        Tiling(self.tile_px, self.overlap_px)


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The instances of a micrograph and how they were found.

    Attributes:
        labels: (H, W) uint32; 0 = background, 1..N = instances; 0 outside of ``content``.
        confidence: (N,) float32, 0..1, in the order of the labels; the formula is at the top of this module.
        settings: what was asked for.
        model: the network that made the fields.
        scale: working pixels per image pixel at which the network saw the image.
        content: the part of the image that was segmented, without banner and empty strips.
        warnings: sentences for the reader.
        seconds: wall time by stage.
    """

    labels: Labels
    confidence: NDArray[np.float32]
    settings: SegmenterSettings
    model: ModelInfo
    scale: float
    content: Box
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.confidence)


@dataclass(frozen=True)
class Segmenter:
    """A model and the settings to use it with; call it with a micrograph, an array or a path."""

    model: Model
    settings: SegmenterSettings = field(default_factory=SegmenterSettings)

    @classmethod
    def load(cls, name: str | Path | None = None, settings: SegmenterSettings = SegmenterSettings()) -> Self:  # noqa: B008
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
        """
        clock = Stopwatch()
        with clock("content"):
            view = _view(as_micrograph(image), self.model.info)
        with clock("scale"):
            scale, looks = _working_scale(self, view, progress)
        with clock("network"):
            fields = looks.get(scale.scale) or _fields(self, view, scale.scale, progress)
        with clock("instances"):
            _tell(progress, "instances", 0)
            found = _instances(fields, view.content.shape, scale.scale, self.settings.flow)
            labels = _placed(found.labels, view)
            _tell(progress, "instances", 1)
        return Segmentation(
            labels, found.confidence, self.settings, self.model.info, scale.scale, view.content,
            _warnings(view, len(found.confidence)), clock.seconds,
        )  # fmt: skip


@dataclass
class Stopwatch:
    """Wall time by stage: ``with stopwatch("reading"): ...``."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started


def as_micrograph(image: Micrograph | ArrayLike | str | Path) -> Micrograph:
    """A micrograph as it is, an array as one, a path read.

    Raises:
        ImageError: if it is no image.
    """
    if isinstance(image, Micrograph):
        return image
    return read_image(image) if isinstance(image, str | Path) else Micrograph.from_array(image)


@dataclass(frozen=True)
class _Gray:
    """Grey levels of a micrograph by windows, so that large ones stay in their file. NaN and infinities become
    the lowest and highest level of the overview (``limits``)."""

    micrograph: Micrograph
    limits: tuple[float, float] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return self.micrograph.shape

    def __getitem__(self, window: tuple[slice, slice]) -> NDArray[Any]:
        pixels = np.asarray(self.micrograph.pixels[window])
        if self.limits is not None and pixels.dtype.kind == "f":
            low, high = self.limits
            pixels = np.nan_to_num(pixels, nan=low, neginf=low, posinf=high)
        return Micrograph(pixels).gray()

    def overview(self) -> NDArray[Any]:
        """Every k-th row and column, at most ``OVERVIEW_SIDE_PX`` of them."""
        step, (height, width) = _overview_step(self.shape), self.shape
        if step == 1:
            return self[0:height, 0:width]
        rows = max(2, STRIP_ROWS // step) * step
        starts = range(0, max(1, height - 1), rows)  # a last strip of a single row would be no image
        strips = [self.micrograph.pixels[start : start + rows][::step, ::step] for start in starts]
        return Micrograph(np.concatenate(strips)).gray()


@dataclass(frozen=True)
class _View:
    """What the network is to see: grey levels, the range that becomes 0..1, and the part that shows the sample."""

    gray: _Gray
    content: Box
    range: GrayRange
    flat: bool


@dataclass(frozen=True)
class _WorkingImage:
    """A box of the micrograph, normalised, at the working scale; windows are cut without making the whole."""

    view: _View
    box: Box
    shape: tuple[int, int]

    def __getitem__(self, window: tuple[slice, slice]) -> NDArray[np.float32]:
        rows, columns = (_span(part, length) for part, length in zip(window, self.shape, strict=True))
        if self.shape == self.box.shape:
            return self._source(Box(rows[0], columns[0], rows[1], columns[1]))
        down, across = self.box.height / self.shape[0], self.box.width / self.shape[1]
        exact = (columns[0] * across, rows[0] * down, columns[1] * across, rows[1] * down)
        source = _with_margin(exact, max(down, across), self.box)
        inside = (exact[0] - source.left, exact[1] - source.top, exact[2] - source.left, exact[3] - source.top)
        image = Image.fromarray(self._source(source))
        size, kernel = (columns[1] - columns[0], rows[1] - rows[0]), _kernel(down)
        return np.asarray(image.resize(size, kernel, box=inside))

    def _source(self, part: Box) -> NDArray[np.float32]:
        """Normalised pixels of ``part``, which counts from the corner of the box."""
        rows = slice(self.box.top + part.top, self.box.top + part.bottom)
        return self.view.range.apply(self.view.gray[rows, self.box.left + part.left : self.box.left + part.right])


@dataclass(frozen=True)
class _Instances:
    labels: Labels
    confidence: NDArray[np.float32]


def _overview_step(shape: tuple[int, int]) -> int:
    return -(-max(shape) // OVERVIEW_SIDE_PX)


def _view(micrograph: Micrograph, model: ModelInfo) -> _View:
    gray = _Gray(micrograph)
    overview, step = gray.overview(), _overview_step(gray.shape)
    limits = (float(overview.min()), float(overview.max()))
    content = _enlarged(content_box(overview), step, overview.shape, gray.shape)
    thinned = Box(*(-(-edge // step) for edge in content.edges))
    return _View(
        _Gray(micrograph, limits),
        content,
        model.normalisation.range_of(overview[thinned.window]),
        limits[0] == limits[1],
    )


def _enlarged(box: Box, step: int, thinned: tuple[int, ...], shape: tuple[int, int]) -> Box:
    """A box of every ``step``-th pixel as a box of all pixels, rounded inwards."""
    bottom = shape[0] if box.bottom == thinned[0] else (box.bottom - 1) * step + 1
    right = shape[1] if box.right == thinned[1] else (box.right - 1) * step + 1
    return Box(box.top * step, box.left * step, bottom, right)


def _working_scale(
    segmenter: Segmenter, view: _View, progress: Progress | None
) -> tuple[WorkingScale, Mapping[float, CompactFields]]:
    """The scale to work at, and the fields of those scales at which the whole content was looked at on the way."""
    nominal, looks = segmenter.model.info.nominal_diameter_px, dict[float, CompactFields]()
    given = segmenter.settings.diameter_px
    if given is not None:
        return _bounded(scale_of_diameter(given, nominal), view.content), looks
    if view.flat:
        return WorkingScale(1.0, None, chosen=True), looks

    def diameter_at(scale: float) -> float:
        part = _middle(view.content, PROBE_PX / scale**2)
        fields = _fields(segmenter, view, scale, None, part)
        if part == view.content:
            looks[scale] = fields
        _tell(progress, "scale", 1)
        return characteristic_diameter_px(labels_from_fields(fields, segmenter.settings.flow))

    _tell(progress, "scale", 0)
    return _bounded(find_scale(diameter_at, view.content.shape, nominal), view.content), looks


def _bounded(scale: WorkingScale, content: Box) -> WorkingScale:
    """Refuse a scale that would take more memory than an image may.

    Raises:
        SettingsError: if it would.
    """
    working = content.height * content.width * scale.scale**2
    if working > LARGEST_WORKING_PX:
        smallest = scale.scale * (scale.diameter_px or 1) * (content.height * content.width / LARGEST_WORKING_PX) ** 0.5
        raise SettingsError(
            f"a diameter of {scale.diameter_px:g} px would enlarge {content.width} x {content.height} px "
            f"{scale.scale:.3g} times, which is more than fits into memory: give at least {smallest:.2g} px, "
            "or cut the image into parts."
        )
    return scale


def _middle(content: Box, pixels: float) -> Box:
    """The middle of the content with at most so many pixels, in its proportions."""
    share = min(1.0, (pixels / (content.height * content.width)) ** 0.5)
    height, width = max(1, round(content.height * share)), max(1, round(content.width * share))
    top, left = content.top + (content.height - height) // 2, content.left + (content.width - width) // 2
    return Box(top, left, top + height, left + width)


def _fields(
    segmenter: Segmenter, view: _View, scale: float, progress: Progress | None, part: Box | None = None
) -> CompactFields:
    """Fields of ``part`` (else of the whole content) at the working scale."""
    box, settings, info = part or view.content, segmenter.settings, segmenter.model.info
    shape = (max(1, round(box.height * scale)), max(1, round(box.width * scale)))
    predict = _checked(segmenter.model)
    probability, flow, topography = map_tiles(
        mirrored(predict) if settings.test_time_augmentation else predict,
        _WorkingImage(view, box, shape),
        FIELD_ENCODINGS,
        Tiling(settings.tile_px, settings.overlap_px, info.settings.stride, 4 if info.device == "cuda" else 1),
        progress,
    )
    return CompactFields(probability, flow, topography)


Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Tiles (N, 1, h, w) -> fields (N, 4, h, w), both float32; channels probability, flow y, flow x, topography."""


def _checked(model: Model) -> Predict:
    """The model's prediction, refused where it is not made of finite numbers."""

    def predict(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        fields = model.predict(tiles)
        if not np.isfinite(fields).all():
            raise ModelError(f"model {model.info.name!r} gave values that are no numbers: train it again.")
        return fields

    return predict


def mirrored(predict: Predict) -> Predict:
    """Average a prediction over the image and its three mirror images; mirrored flow components change their sign."""

    def mean(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        total = predict(tiles).copy()
        for axes in ((2,), (3,), (2, 3)):
            fields = np.flip(predict(np.ascontiguousarray(np.flip(tiles, axes))), axes)
            signs = np.array([1, -1 if 2 in axes else 1, -1 if 3 in axes else 1, 1], np.float32)
            total += fields * signs[:, np.newaxis, np.newaxis]
        return total / np.float32(4)

    return mean


def _instances(fields: CompactFields, shape: tuple[int, int], scale: float, settings: FlowSettings) -> _Instances:
    """Labels (H, W) of the content ``shape``, and their confidence.

    Fields coarser than the image are brought to its resolution first, so that outlines are smooth; finer ones keep
    theirs until the labels are made, so that small objects stay apart.
    """
    if scale < 1:
        fields = _resized_fields(fields, shape)
    labels = labels_from_fields(fields, settings)
    confidence = confidence_of(labels, fields)
    if labels.shape == shape:
        return _Instances(labels, confidence)
    small = cv2.resize(labels.view(np.int32), shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT).view(np.uint32)
    kept = np.flatnonzero(np.bincount(small.ravel(), minlength=len(confidence) + 1)[1:])
    return _Instances(relabel(small), confidence[kept])


def _resized_fields(fields: CompactFields, shape: tuple[int, int]) -> CompactFields:
    """Fields brought to ``shape`` (H, W) by linear interpolation."""

    def resized(channel: NDArray[Any]) -> NDArray[Any]:
        values = cv2.resize(channel.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.rint(values, out=values).astype(channel.dtype)

    flow = np.stack([resized(component) for component in fields.flow])
    return CompactFields(resized(fields.probability), flow, resized(fields.topography))


def confidence_of(labels: Labels, fields: CompactFields) -> NDArray[np.float32]:
    """Confidence (N,) float32 of the instances 1..N of ``labels`` (H, W); the formula is at the top of this module."""
    count = int(labels.max(initial=0))
    areas, sums = np.zeros(count + 1), np.zeros(count + 1)
    for start in range(0, labels.shape[0], STRIP_ROWS):
        strip = labels[start : start + STRIP_ROWS].ravel()
        weights = fields.probability[start : start + STRIP_ROWS].ravel()
        areas += np.bincount(strip, minlength=count + 1)
        sums += np.bincount(strip, weights, minlength=count + 1)
    probability = sums[1:] / np.maximum(areas[1:], 1) / 255
    agreement = np.clip(1 - flow_errors(labels, fields) / 2, 0, 1)
    return (probability * agreement).astype(np.float32)


def _placed(labels: Labels, view: _View) -> Labels:
    """Labels of the content on the whole image."""
    if labels.shape == view.gray.shape:
        return labels
    whole = np.zeros(view.gray.shape, np.uint32)
    whole[view.content.window] = labels
    return whole


def _warnings(view: _View, count: int) -> tuple[str, ...]:
    found = [] if count else ["No object was found."]
    (height, width), content = view.gray.shape, view.content
    if (height, width) != content.shape:
        found.append(
            f"Left out as banner or empty strip: {_left_out(content, height, width)}. "
            "Only the rest was analysed; areas and densities refer to it."
        )
    return tuple(found)


def _left_out(content: Box, height: int, width: int) -> str:
    edges = {
        "at the top": content.top,
        "at the bottom": height - content.bottom,
        "at the left": content.left,
        "at the right": width - content.right,
    }
    return ", ".join(f"{pixels} px {edge}" for edge, pixels in edges.items() if pixels)


def _span(part: slice, length: int) -> tuple[int, int]:
    start, stop, _ = part.indices(length)
    return start, stop


def _with_margin(exact: tuple[float, float, float, float], step: float, box: Box) -> Box:
    """The source pixels that the resampling kernel reaches around ``exact`` (left, top, right, bottom)."""
    reach = int(np.ceil(max(step, 1.0))) + 2
    left, top, right, bottom = exact
    return Box(
        max(0, int(top) - reach), max(0, int(left) - reach),
        min(box.height, int(np.ceil(bottom)) + reach), min(box.width, int(np.ceil(right)) + reach),
    )  # fmt: skip


def _kernel(step: float) -> Image.Resampling:
    """Down: a narrow smoothing window against aliasing; up: linear, as when crops are enlarged in training."""
    return Image.Resampling.HAMMING if step > 1 else Image.Resampling.BILINEAR


def _tell(progress: Progress | None, stage: str, done: int) -> None:
    if progress:
        progress(stage, done, 1)
