"""What a user says about a scale bar: where it is and what it stands for; and keeping it as a sample."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.boxes import Box
from uniaims.errors import OutputError, SettingsError
from uniaims.formats.lengths import given_length
from uniaims.micrograph import Micrograph, PixelSize
from uniaims.scalebar.candidates import bars_in
from uniaims.scalebar.endpoints import measure_by_ends
from uniaims.scalebar.measuring import Bar, measure_bar
from uniaims.scalebar.scale import ScaleBar
from uniaims.scalebar.scan import eight_bit


@dataclass(frozen=True)
class CorrectionRules:
    """What is a bar in a box that a user gave."""

    least_length_share: float = 0.5
    """A bar in the box of a user takes at least this part of the box's length."""
    least_quality: float = 0.3
    """Bars of less quality are not taken for what the user means."""


CORRECTION = CorrectionRules()


def parse_box(text: str) -> Box:
    """A box that a user wrote: ``"x0,y0,x1,y1"`` in pixels, the last two exclusive.

    Raises:
        SettingsError: where it is none.
    """
    try:
        left, top, right, bottom = (round(float(part)) for part in text.split(","))
    except (ValueError, OverflowError) as error:
        raise SettingsError(f"{text!r} is no box: write x0,y0,x1,y1 in pixels, such as 10,480,210,500.") from error
    if not (0 <= left < right and 0 <= top < bottom):
        raise SettingsError(f"{text!r} is no box: x1 has to be right of x0 and y1 below y0, none of them negative.")
    return Box(top, left, bottom, right)


def given_scale(micrograph: Micrograph, box: Box, length: str) -> ScaleBar:
    """The scale by a bar that the user boxed and whose length the user says.

    The bar is measured within the box; where none stands out there, the box itself is taken from edge to edge, and a
    warning says so. Boxes higher than wide hold vertical bars.

    Args:
        micrograph: the picture.
        box: around the bar.
        length: with its unit, such as ``"10 um"``.

    Raises:
        SettingsError: where the box is not in the picture.
        PixelSizeError: where the length is none, or the pixel size can't be true.
    """
    height, width = micrograph.shape
    if box.bottom > height or box.right > width:
        raise SettingsError(f"the box {box_list(box)} reaches out of the picture of {width} x {height} px.")
    given = given_length(length)
    gray, upright = eight_bit(micrograph.gray()), box.height > box.width
    bar = _bar_in(gray.T.copy(), box.transposed) if upright else _bar_in(gray, box)
    found = None if bar is None else (bar.box.transposed if upright else bar.box)
    if bar is None:
        bar = _by_its_ends(gray, box)
        found = bar.box if bar else None
    length_px = bar.length_px if bar else float(max(box.height, box.width))
    warnings = () if bar else (f"No bar stands out in the box: its longer side, {length_px:g} px, is taken.",)
    size = PixelSize(given.nm / length_px)
    return ScaleBar(
        size.nm, length_px, found or box, None, length, given.value, given.unit, 1.0, "bar", warnings, upright
    )


def keep_sample(micrograph: Micrograph, scale: ScaleBar, folder: Path, name: str) -> Path:
    """Write the picture and what is known of its bar as ``<name>.png`` and ``<name>.json``; the JSON is returned.

    A sample of the same picture is replaced; where another picture has the name, a number is added to it.

    Raises:
        OutputError: where it can't be written.
        SettingsError: where the name is that of another folder.
    """
    if not name or Path(name).name != name:
        raise SettingsError(f"{name!r} is no name of a sample: give one without folders.")
    source = str(micrograph.path) if micrograph.path else None
    name = next(own for own in _names(name) if _is_free(folder / f"{own}.json", source))
    picture, facts = folder / f"{name}.png", folder / f"{name}.json"
    with atomic_file(picture) as place:
        if not cv2.imwrite(str(place), eight_bit(micrograph.gray())):
            raise OutputError(f"{picture}: can't be written. Choose another --keep.")
    known: dict[str, Any] = {
        "image": picture.name,
        "source": source,
        "bar_box": box_list(scale.box),
        "bar_edges": asdict(scale.box),
        "bar_length_px": scale.length_px,
        "value": scale.value,
        "unit": scale.unit,
        "pixel_size_nm": scale.pixel_size_nm,
    }
    with atomic_file(facts) as place:
        place.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return facts


def box_list(box: Box) -> list[int]:
    """``[x0, y0, x1, y1]``."""
    return [box.left, box.top, box.right, box.bottom]


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in itertools.count(2))


def _is_free(facts: Path, source: str | None) -> bool:
    """Whether a sample may be written there: nothing is, or what is known of the same picture."""
    try:
        return not facts.exists() or bool(json.loads(facts.read_text(encoding="utf-8"))["source"] == source)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _bar_in(gray: NDArray[np.uint8], box: Box) -> Bar | None:
    """The horizontal bar within a box that stands out best."""
    measured = (measure_bar(gray, candidate) for candidate in bars_in(gray, box))
    bars = [bar for bar in measured if bar and bar.quality >= CORRECTION.least_quality and _fits(bar, box)]
    return max(bars, key=lambda bar: bar.quality * bar.contrast, default=None)


def _by_its_ends(gray: NDArray[np.uint8], box: Box) -> Bar | None:
    """A bar that is not of one piece (alternating, dashed, hollow), by its ends; these are near those of the box."""
    bar = measure_by_ends(gray, box)
    return bar if bar and bar.quality >= CORRECTION.least_quality else None


def _fits(bar: Bar, box: Box) -> bool:
    slack = max(3.0, 0.1 * box.width)
    inside = bar.start >= box.left - slack and bar.end <= box.right + slack
    return inside and bar.length_px >= CORRECTION.least_length_share * box.width
