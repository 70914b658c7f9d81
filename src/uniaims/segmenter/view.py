"""What a network is to see of a micrograph: which part, at which scale, with which grey range.

Nothing here makes the whole image: windows are read, normalised and resized one by one, so that a micrograph that
stays in its file never is in memory as a whole.
"""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniaims.boxes import Box, check_panel
from uniaims.content import content_box
from uniaims.micrograph import Micrograph
from uniaims.networks.card import GrayRange, Normalisation

OVERVIEW_SIDE_PX = 2048
"""Grey range and content are judged on every k-th pixel, so that neither side has more pixels than this."""
STRIP_ROWS = 512
ROUND_ENOUGH = 1.03
"""Networks are taught on square pixels; below this ratio of a pixel's sides the picture is seen as it is."""


@dataclass(frozen=True)
class Gray:
    """Grey levels of a micrograph by windows.

    ``limits`` are the lowest and highest level of the overview; NaN and infinities become these.
    """

    micrograph: Micrograph
    limits: tuple[float, float] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.micrograph.shape

    def __getitem__(self, window: tuple[slice, slice]) -> NDArray[Any]:
        """Grey levels of a window of at least 2 x 2 pixels, rows then columns: uint8, uint16 or float32."""
        pixels = np.asarray(self.micrograph.pixels[window])
        if self.limits is not None and pixels.dtype.kind == "f":
            low, high = self.limits
            pixels = np.nan_to_num(pixels, nan=low, neginf=low, posinf=high)
        return Micrograph(pixels).gray()

    def overview(self) -> NDArray[Any]:
        """Every k-th row and column, k from ``overview_step``."""
        step, (height, width) = overview_step(self.shape), self.shape
        if step == 1:
            return self[0:height, 0:width]
        rows = max(1, STRIP_ROWS // step) * step
        strips = [self.micrograph.pixels[top : top + rows][::step, ::step] for top in range(0, height, rows)]
        return Micrograph(np.concatenate(strips)).gray()


@dataclass(frozen=True)
class View:
    """Grey levels, the part of them that shows the sample, and the range that becomes 0..1.

    ``flat`` says that all pixels have one level: there is nothing to find. ``aspect`` is height / width of a pixel:
    the network sees the picture in the proportions of the sample. ``panel`` is the part of a figure that is looked at.
    """

    gray: Gray
    content: Box
    range: GrayRange
    flat: bool
    aspect: float = 1.0
    panel: Box | None = None

    def at(self, scale: float, part: Box | None = None) -> "WorkingImage":
        """``part`` of the content (else all of it) at ``scale`` working pixels per image pixel.

        Working pixels are square. Where image pixels are not, the scale is per side of the square of the same area.
        """
        box = part or self.content
        return WorkingImage(self, box, squared_shape(box.shape, self.aspect, scale))

    def middle(self, pixels: float) -> Box:
        """The middle of the content with at most about so many pixels, in its proportions."""
        content = self.content
        share = min(1.0, (pixels / (content.height * content.width)) ** 0.5)
        height, width = max(1, round(content.height * share)), max(1, round(content.width * share))
        top, left = content.top + (content.height - height) // 2, content.left + (content.width - width) // 2
        return Box(top, left, top + height, left + width)

    def left_out(self) -> tuple[str, ...]:
        """Sentences on what was not analysed."""
        whole, content = self.panel or Box(0, 0, *self.gray.shape), self.content
        edges = {
            "at the top": content.top - whole.top,
            "at the bottom": whole.bottom - content.bottom,
            "at the left": content.left - whole.left,
            "at the right": whole.right - content.right,
        }
        strips = ", ".join(f"{pixels} px {edge}" for edge, pixels in edges.items() if pixels)
        told = []
        if whole != Box.whole(self.gray.shape):
            place = f"{whole.left},{whole.top},{whole.right},{whole.bottom}"
            told.append(f"Only the panel {place} (left, top, right, bottom) was analysed, densities refer to it.")
        if strips:
            rest = "Only the rest was analysed, densities refer to it."
            told.append(f"Left out as banner or empty strip: {strips}. {rest}")
        return tuple(told)


@dataclass(frozen=True)
class WorkingImage:
    """A box of the micrograph, normalised, at a working scale; windows are cut without making the whole.

    A window has the same values whatever other windows there are: it is resampled from the pixels around it too.
    """

    view: View
    box: Box
    shape: tuple[int, int]

    def __getitem__(self, window: tuple[slice, slice]) -> NDArray[np.float32]:
        """Normalised grey levels of a window, float32, rows then columns."""
        (top, bottom), (left, right) = (
            part.indices(length)[:2] for part, length in zip(window, self.shape, strict=True)
        )
        if self.shape == self.box.shape:
            return self._source(Box(top, left, bottom, right))
        down, across = self.box.height / self.shape[0], self.box.width / self.shape[1]
        source = self._reach(top * down, left * across, bottom * down, right * across, max(down, across))
        inside = (
            left * across - source.left,
            top * down - source.top,
            right * across - source.left,
            bottom * down - source.top,
        )
        # Down: a narrow window against aliasing. Up: linear, as when crops are enlarged in training.
        shrinks = max(down, across) > 1 if self.view.aspect != 1.0 else down > 1
        kernel = Image.Resampling.HAMMING if shrinks else Image.Resampling.BILINEAR
        return np.asarray(Image.fromarray(self._source(source)).resize((right - left, bottom - top), kernel, inside))

    def _source(self, part: Box) -> NDArray[np.float32]:
        """Normalised image pixels of ``part``, which counts from the corner of the box."""
        rows = slice(self.box.top + part.top, self.box.top + part.bottom)
        columns = slice(self.box.left + part.left, self.box.left + part.right)
        return self.view.range.apply(self.view.gray[rows, columns])

    def _reach(self, top: float, left: float, bottom: float, right: float, step: float) -> Box:
        """The image pixels that the resampling kernel touches; ``step`` is the image pixels per working pixel."""
        margin = ceil(max(step, 1.0)) + 2
        return Box(
            max(0, int(top) - margin),
            max(0, int(left) - margin),
            min(self.box.height, ceil(bottom) + margin),
            min(self.box.width, ceil(right) + margin),
        )


def view_of(micrograph: Micrograph, normalisation: Normalisation, panel: Box | None = None) -> View:
    """Look at the whole micrograph, or one panel of it, thinned out, to find its content and grey range.

    Raises:
        SettingsError: where the panel reaches out of the micrograph.
    """
    gray = Gray(micrograph)
    overview, step = gray.overview(), overview_step(gray.shape)
    if panel is not None:
        check_panel(panel, gray.shape)
    whole = panel or Box(0, 0, *gray.shape)
    looked_at = _thinned(whole, step)
    thinned = content_box(overview[looked_at.window]).moved(looked_at.top, looked_at.left)
    levels = overview[thinned.window]
    limits = (float(overview.min()), float(overview.max()))
    content = _enlarged(thinned, step, looked_at, whole)
    flat, grey_range = bool(levels.min() == levels.max()), normalisation.range_of(levels)
    return View(Gray(micrograph, limits), content, grey_range, flat, _aspect(micrograph), panel)


def squared_shape(shape: tuple[int, int], aspect: float, scale: float = 1.0) -> tuple[int, int]:
    """Rows and columns in which pixels of ``shape`` (H, W), height / width = ``aspect``, become square at a scale."""
    stretch = sqrt(aspect)
    return max(1, round(shape[0] * scale * stretch)), max(1, round(shape[1] * scale / stretch))


def _aspect(micrograph: Micrograph) -> float:
    """Height / width of a pixel, 1.0 where it is not known or does not matter to a network."""
    aspect = micrograph.pixel_size.aspect if micrograph.pixel_size else 1.0
    return aspect if max(aspect, 1 / aspect) > ROUND_ENOUGH else 1.0


def overview_step(shape: tuple[int, int]) -> int:
    """The overview of an image (H, W) has every k-th pixel; this k."""
    return ceil(max(shape) / OVERVIEW_SIDE_PX)


def _thinned(panel: Box, step: int) -> Box:
    """A box of all pixels as a box of every ``step``-th one, rounded inwards, of one of them at least."""
    last_row, last_column = (panel.bottom - 1) // step, (panel.right - 1) // step
    top, left = min(last_row, ceil(panel.top / step)), min(last_column, ceil(panel.left / step))
    return Box(top, left, last_row + 1, last_column + 1)


def _enlarged(box: Box, step: int, thinned: Box, whole: Box) -> Box:
    """A box of every ``step``-th pixel as a box of all pixels, rounded inwards; ``thinned`` is ``whole``."""
    top = whole.top if box.top == thinned.top else box.top * step
    left = whole.left if box.left == thinned.left else box.left * step
    bottom = whole.bottom if box.bottom == thinned.bottom else (box.bottom - 1) * step + 1
    right = whole.right if box.right == thinned.right else (box.right - 1) * step + 1
    return Box(top, left, bottom, right)
