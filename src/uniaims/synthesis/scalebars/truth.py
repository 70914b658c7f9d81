"""What is true of a drawn scale bar: ends, boxes, texts and lengths.

Pixel n covers n to n + 1, in both directions. A bar's ends are what its maker calibrated: the outer edges of a plain,
hollow, segmented or split bar without ticks; the centres of the end ticks where it has some; the centres of the first
and the last dot or tick of a ruler; the tips of an arrow.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from uniaims.boxes import Box
from uniaims.synthesis.scalebars.canvas import Rectangle

CUT_TEXT = "cut text"


@dataclass(frozen=True)
class TextBox:
    """A piece of text and the box of its ink."""

    text: str
    box: Rectangle


@dataclass(frozen=True)
class Distractor:
    """Something that is no scale bar: ``letter``, ``note``, ``arrow``, ``ring``, ... (`distractors`).

    ``cut text`` is what is left of a text that was cut through.
    """

    kind: str
    box: Rectangle


@dataclass(frozen=True)
class BarTruth:
    """A drawn bar.

    Attributes:
        kind: how it is drawn: ``plain``, ``ticked``, ``split``, ``dots``, ``ruler``, ... (`looks.BAR_KINDS`).
        start, end: (x, y) of its ends on the middle of the bar, in px.
        box: of all of its ink.
        text: its label as it is written; None if it has none.
        text_box: box of the label's ink.
        value, unit: of the label, as written.
        length_nm: what the bar stands for.
    """

    kind: str
    start: tuple[float, float]
    end: tuple[float, float]
    box: Rectangle
    length_nm: float
    text: str | None = None
    text_box: Rectangle | None = None
    value: float | None = None
    unit: str | None = None

    @property
    def length_px(self) -> float:
        """Distance of the ends."""
        return math.dist(self.start, self.end)


@dataclass(frozen=True)
class ScaleBarTruth:
    """All that is drawn on an image.

    Attributes:
        style: name of the style, ``none`` for an image without a bar.
        size: width and height of the image in px.
        pixel_size_nm: of the image as it is now (`readable` says whether the image tells it); None without a bar.
        bars: most images have one; a redrawn figure may show the instrument's own bar too (the last).
        banner: box of the instrument's strip.
        texts: all other text.
        labels: lengths that are written without a bar.
        distractors: boxes of what is neither.
    """

    style: str
    size: tuple[int, int]
    pixel_size_nm: float | None = None
    bars: tuple[BarTruth, ...] = ()
    banner: Rectangle | None = None
    texts: tuple[TextBox, ...] = ()
    labels: tuple[TextBox, ...] = ()
    distractors: tuple[Distractor, ...] = field(default=())

    @property
    def bar(self) -> BarTruth | None:
        """The bar to read: the first, None if there is none."""
        return self.bars[0] if self.bars else None

    @property
    def readable(self) -> bool:
        """Whether the image tells its scale: a bar with its length beside it."""
        return any(bar.text is not None for bar in self.bars)

    def scaled(self, across: float, down: float, size: tuple[int, int]) -> "ScaleBarTruth":
        """The truth of the image resized to `size` (width, height), by the factors `across` and `down`.

        The pixel size is that along x; factors that differ by more than a pixel's worth would need two.
        """
        moved = self._moved(lambda box: (box[0] * across, box[1] * down, box[2] * across, box[3] * down))
        pixel = None if self.pixel_size_nm is None else self.pixel_size_nm / across
        return replace(moved, size=size, pixel_size_nm=pixel)

    def shifted(self, right: float, down: float, size: tuple[int, int]) -> "ScaleBarTruth":
        """The truth in a picture of `size` (width, height) in which this one is `right` and `down` from the corner."""
        moved = self._moved(lambda box: (box[0] + right, box[1] + down, box[2] + right, box[3] + down))
        return replace(moved, size=size)

    def cropped(self, window: Box) -> "ScaleBarTruth":
        """The truth of the part `window`: what is cut through is left out.

        What is left of texts are distractors.
        """
        height, width = window.shape
        moved = self.shifted(-window.left, -window.top, (width, height))
        banner = None if moved.banner is None else _clipped(moved.banner, width, height)
        return replace(
            moved,
            bars=tuple(bar for bar in moved.bars if _inside(bar.box, width, height)),
            banner=banner,
            texts=tuple(text for text in moved.texts if _inside(text.box, width, height)),
            labels=tuple(text for text in moved.labels if _inside(text.box, width, height)),
            distractors=(
                *(thing for thing in moved.distractors if _inside(thing.box, width, height)),
                *_cut_texts((*moved.texts, *moved.labels), width, height),
            ),
        )

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> "ScaleBarTruth":
        """The truth that `to_json` wrote."""
        data: dict[str, Any] = json.loads(line)
        data["bars"] = tuple(BarTruth(**_tuples(bar)) for bar in data["bars"])
        for name, kind in (("texts", TextBox), ("labels", TextBox), ("distractors", Distractor)):
            data[name] = tuple(kind(**_tuples(entry)) for entry in data[name])
        return cls(**_tuples(data))

    def _moved(self, move: Callable[[Rectangle], Rectangle]) -> "ScaleBarTruth":
        return replace(
            self,
            bars=tuple(_moved_bar(bar, move) for bar in self.bars),
            banner=None if self.banner is None else move(self.banner),
            texts=tuple(replace(text, box=move(text.box)) for text in self.texts),
            labels=tuple(replace(text, box=move(text.box)) for text in self.labels),
            distractors=tuple(replace(thing, box=move(thing.box)) for thing in self.distractors),
        )


def _moved_bar(bar: BarTruth, move: Callable[[Rectangle], Rectangle]) -> BarTruth:
    start, end = move((*bar.start, *bar.start)), move((*bar.end, *bar.end))
    text_box = None if bar.text_box is None else move(bar.text_box)
    return replace(bar, start=start[:2], end=end[:2], box=move(bar.box), text_box=text_box)


def _inside(box: Rectangle, width: float, height: float) -> bool:
    return box[0] >= -1 and box[1] >= -1 and box[2] <= width + 1 and box[3] <= height + 1


def _clipped(box: Rectangle, width: float, height: float) -> Rectangle | None:
    clipped = max(0.0, box[0]), max(0.0, box[1]), min(width, box[2]), min(height, box[3])
    return clipped if clipped[2] > clipped[0] and clipped[3] > clipped[1] else None


def _cut_texts(texts: tuple[TextBox, ...], width: int, height: int) -> list[Distractor]:
    clipped = [_clipped(text.box, width, height) for text in texts if not _inside(text.box, width, height)]
    return [Distractor(CUT_TEXT, box) for box in clipped if box is not None]


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
