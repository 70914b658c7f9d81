"""Which slice of a stack ImageJ's selections belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tifffile

from uniaims import formats
from uniaims.dataset.exchange.imagej_roi import Roi
from uniaims.errors import InputError
from uniaims.formats.complaints import Complaints


@dataclass(frozen=True)
class Stack:
    """The planes of an image: how many, and how ImageJ counts them: channels first, then slices, then frames."""

    count: int = 1
    channels: int = 1
    slices: int = 1
    frames: int = 1

    def planes(self, roi: Roi) -> frozenset[int] | None:
        """The planes that a selection belongs to, from 0; None for all."""
        if any(roi.place):
            return self._planes_at(roi.place)
        return frozenset({roi.position - 1}) if roi.position else None

    def _planes_at(self, place: tuple[int, int, int]) -> frozenset[int] | None:
        sizes = (self.channels, self.slices, self.frames)
        if self.channels * self.slices * self.frames != self.count:
            return frozenset({max(place) - 1})
        channels, slices, frames = (
            range(size) if number == 0 else range(number - 1, number) for number, size in zip(place, sizes, strict=True)
        )
        if all(number == 0 or size == 1 for number, size in zip(place, sizes, strict=True)) and self.count > 1:
            return None
        return frozenset(
            channel + self.channels * (slice_ + self.slices * frame)
            for frame in frames
            for slice_ in slices
            for channel in channels
        )


@dataclass(frozen=True)
class Page:
    """The selections of one plane, counted from 0."""

    index: int
    selections: Sequence[Roi]
    warnings: tuple[str, ...] = ()


def stack_of(picture: Path | None, selections: Sequence[Roi]) -> Stack:
    """The planes of an image; they are counted only where selections ask for others than the first."""
    if picture is None or not any(roi.position or any(roi.place) for roi in selections):
        return Stack()
    count = formats.read(picture).page_count
    sizes = _imagej_sizes(picture) if count > 1 else {}
    return Stack(count, *(max(1, int(sizes.get(name, 1))) for name in ("channels", "slices", "frames")))


def by_page(selections: Sequence[Roi], stack: Stack) -> list[Page]:
    """Selections by the plane that they belong to; those of every plane belong to each that has any, else to the first.

    Raises:
        InputError: if all belong to planes that the image doesn't have.
    """
    planes = [stack.planes(roi) for roi in selections]
    named = {found for found in planes if found is not None}
    if stack.count == 1 and len(named) <= 1:  # one slice out of a stack, saved with the selections that it had there
        return [Page(0, selections)]
    asked = frozenset[int]().union(*named)
    there = sorted(plane for plane in asked if plane < stack.count)
    if asked and not there:
        raise InputError(
            f"the selections belong to slices {_counted(asked)}, the image has {stack.count}. Add the whole stack."
        )
    pages = there or [0]
    left_out = sum(found is not None and not found.intersection(there) for found in planes)
    warnings = _warnings(pages, left_out, stack)
    return [
        Page(page, [roi for roi, found in zip(selections, planes, strict=True) if found is None or page in found], note)
        for page, note in zip(pages, [warnings, *[()] * (len(pages) - 1)], strict=True)
    ]


def _warnings(pages: list[int], left_out: int, stack: Stack) -> tuple[str, ...]:
    texts = []
    if len(pages) > 1 or pages != [0]:
        slices = _counted(frozenset(pages))
        texts.append(f"it is a stack of {stack.count}: slices {slices}, which have selections, became images.")
    if left_out:
        texts.append(f"{left_out:,} selections were left out: they belong to slices that the image does not have.")
    return tuple(texts)


def _counted(planes: frozenset[int]) -> str:
    """Numbers of planes from 1, the first ten."""
    shown = [str(plane + 1) for plane in sorted(planes)[:10]]
    return ", ".join([*shown, *(["..."] if len(planes) > 10 else [])])


def _imagej_sizes(picture: Path) -> dict[str, Any]:
    """Channels, slices and frames, as ImageJ writes them into its TIFFs."""
    try:
        with Complaints(), tifffile.TiffFile(picture, _multifile=False) as file:
            return dict(file.imagej_metadata or {})
    except tifffile.TiffFileError:  # an image of another format
        return {}
