"""How long a bar is, from line profiles on the original pixels.

Conventions, checked against metadata: plain bars run from edge to edge, each edge where the profile crosses half of its
contrast; bars with end ticks from tick centre to tick centre; rulers from the first to the last tick or dot.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.candidates import LEAST_CONTRAST, Candidate


@dataclass(frozen=True)
class EdgeRules:
    """Where a strip ends, and what its ticks are."""

    flank_px: int = 6
    """How far outside its ends a bar's surroundings are looked at."""
    around_px: int = 60
    """How much of the picture around a bar is looked at; ticks are shorter."""
    softest_end_px: int = 4
    """Ends of drawn bars are not softer than this."""
    runaway_px: int = 15
    """An edge farther from where the strip was seen to end is not its own, but that of some other ground."""
    plateau_px: int = 8
    """What is as even as drawn ink over so many pixels within an end may stand out less there."""
    tick_contrasts: float = 0.5
    """A tick stands out by at least this part of the bar's contrast."""


EDGES = EdgeRules()


@dataclass(frozen=True)
class Bar:
    """A measured bar.

    Attributes:
        box: around it, to whole pixels, ticks included.
        start, end: columns of its ends, sub-pixel; a column's centre is at its number + 0.5.
        ticks: whether it was measured between tick centres, or between the first and last mark of a ruler.
        kind: "bar", "split" (by its label), "cut" (by tails of letters) or "ruler".
        quality: 0..1; how even it is, and over which share of its length it stands out above and below.
        level, contrast: grey level of the bar, and how far it is from its surroundings.
        marks: number of a ruler's marks.
        tick_px: width of the end ticks.
        tick_rows: how far they go on above or below the bar.
        bright: whether it is lighter than what is around.
        crossed: whether its end ticks go on above and below it.
        vertical: whether it runs downwards; `start` and `end` are rows then.
    """

    box: Box
    start: float
    end: float
    ticks: bool
    kind: str
    quality: float
    level: float
    contrast: float
    marks: int = 0
    tick_px: float = 0.0
    tick_rows: int = 0
    bright: bool = True
    crossed: bool = False
    vertical: bool = False

    @property
    def length_px(self) -> float:
        """Length in pixels."""
        return self.end - self.start


@dataclass(frozen=True)
class _End:
    """An end of a bar: the column, and the rows of its tick (0: it has none), which stand above or below, or both."""

    column: float
    tick_rows: int = 0
    tick_px: float = 0.0
    above: bool = False
    below: bool = False

    @property
    def crossed(self) -> bool:
        """Whether the tick goes on above and below the bar."""
        return self.above and self.below


def measure_bar(gray: NDArray[Any], candidate: Candidate) -> Bar | None:
    """Measure a candidate on ``gray`` (H, W, any real type); None where nothing stands out there."""
    if candidate.kind == "ruler":
        return _measured_ruler(gray, candidate)
    if candidate.parts:
        return _measured_split(gray, candidate)
    around = _around(candidate.box, gray.shape)
    levels = gray[around.window].astype(np.float32)
    near = replace(candidate, box=candidate.box.moved(-around.top, -around.left))
    bar = _measured_bar(levels if candidate.bright else -levels, near)
    if bar is None:
        return None
    start, end = bar.start + around.left, bar.end + around.left
    level = bar.level if candidate.bright else -bar.level
    return replace(
        bar, box=bar.box.moved(around.top, around.left), start=start, end=end, level=level, bright=candidate.bright
    )


def _measured_split(gray: NDArray[Any], candidate: Candidate) -> Bar | None:
    """A bar that something cuts: from the outer end of its first piece, or the tick there, to that of its last."""
    outer = (candidate.parts[0], candidate.parts[-1])
    left, right = (measure_bar(gray, replace(candidate, kind="bar", box=box, parts=())) for box in outer)
    if left is None or right is None:
        return None
    quality = min(left.quality, right.quality)
    if candidate.kind == "cut":  # letters and their outlines may be dark or bright where they cut it
        quality = min(_piece_quality(gray, left, -1), _piece_quality(gray, right, 1))
    split = replace(
        left,
        box=left.box.union(right.box),
        end=right.end,
        quality=quality,
        contrast=max(left.contrast, right.contrast),
        kind=candidate.kind,
        tick_px=0.0,
        tick_rows=0,
    )
    first, last = _outer_tick(gray, left, left.start), _outer_tick(gray, right, right.end)
    if first is None or last is None:
        return replace(split, ticks=False)
    width = max(first.tick_px, last.tick_px)
    return replace(split, start=first.column, end=last.column, ticks=True, tick_px=width)


def _piece_quality(gray: NDArray[Any], piece: Bar, outer: int) -> float:
    """Quality of a piece of a bar by its outer end alone, the left (-1) or the right one (1)."""
    around = _around(piece.box, gray.shape)
    sign = 1 if piece.bright else -1
    near = Box(piece.box.top, int(piece.start), piece.box.bottom, int(np.ceil(piece.end)))
    levels = sign * gray[around.window].astype(np.float32)
    return _quality(levels, near.moved(-around.top, -around.left), sign * piece.level, piece.contrast, (outer,))


def _outer_tick(gray: NDArray[Any], line: Bar, end: float) -> _End | None:
    """The tick at one end of a line of a split bar."""
    around = _around(line.box, gray.shape)
    levels = gray[around.window].astype(np.float32)
    box = line.box.moved(-around.top, -around.left)
    tick = _tick(levels if line.bright else -levels, box, end - around.left, line.contrast)
    return tick and replace(tick, column=tick.column + around.left)


def _around(box: Box, shape: tuple[int, ...]) -> Box:
    """The part of an image of ``shape`` that is looked at to measure a bar."""
    return box.grown(EDGES.around_px, EDGES.around_px, shape)


def _measured_bar(picture: NDArray[np.float32], candidate: Candidate) -> Bar | None:
    """Measure a bar that is brighter than what is around it in ``picture`` (h, w)."""
    rows = _core_rows(picture, candidate.box)
    if rows is None:
        return None
    top, bottom = rows
    box = Box(top, candidate.box.left, bottom, candidate.box.right)
    level, contrast = _level(picture, box)
    if contrast <= 0:
        return None
    rounding = (bottom - top) // 3
    profile = np.median(picture[top + rounding : bottom - rounding], axis=0)  # of round ends the foremost rows
    left = _end(picture, profile, box, contrast, leftwards=True)
    right = _end(picture, profile, box, contrast, leftwards=False)
    if left is None or right is None:
        return None
    ticks = (left.above and right.above) or (left.below and right.below)  # else they are corners of frames
    start = left.column if ticks or not left.tick_rows else _edge(profile, box.left, level - contrast / 2, -1)
    end = right.column if ticks or not right.tick_rows else _edge(profile, box.right - 1, level - contrast / 2, 1)
    at_edge = start <= 1 or end >= picture.shape[1] - 1
    if end - start < 2 or (at_edge and not ticks):  # what the picture's edge cuts may be longer
        return None
    tall = max(left.tick_rows, right.tick_rows) if ticks else 0
    outer = Box(max(0, top - tall), round(start), min(len(picture), bottom + tall), round(end))
    quality = _quality(picture, Box(top, int(start), bottom, int(np.ceil(end))), level, contrast)
    width, crossed = max(left.tick_px, right.tick_px) if ticks else 0.0, left.crossed and right.crossed
    return Bar(outer, start, end, ticks, "bar", quality, level, contrast, 0, width, tall, crossed=crossed)


def _measured_ruler(gray: NDArray[Any], candidate: Candidate) -> Bar:
    """A ruler by least squares through its marks."""
    marks = np.array(candidate.marks)
    pitch, first = np.polyfit(np.arange(len(marks)), marks, 1)
    off = float(np.abs(marks - first - pitch * np.arange(len(marks))).max())
    columns = np.rint(marks).astype(int)
    ink = gray[candidate.box.top : candidate.box.bottom, columns].astype(np.float32)
    between = gray[candidate.box.top : candidate.box.bottom, ((columns[1:] + columns[:-1]) // 2)].astype(np.float32)
    level, ground = float(np.median(ink)), float(np.median(between))
    quality = max(0.0, 1 - off / max(1.0, 0.25 * pitch)) * min(1.0, (len(marks) - 1) / 10) ** 2
    start = first + 0.5
    end = start + pitch * (len(marks) - 1)
    return Bar(candidate.box, start, end, True, "ruler", quality, level, abs(level - ground), len(marks))


def _core_rows(picture: NDArray[np.float32], box: Box) -> tuple[int, int] | None:
    """First and end row of the bar: those above half of the contrast."""
    reach = max(3, box.height)
    top, bottom = max(0, box.top - reach), min(picture.shape[0], box.bottom + reach)
    trim = box.width // 8
    levels = np.median(picture[top:bottom, box.left + trim : box.right - trim], axis=1)
    centre = slice(box.top - top, box.bottom - top)
    peak, ground = float(levels[centre].max()), _ground(levels, centre)
    inked = levels > (peak + ground) / 2
    row = int(levels[centre].argmax()) + centre.start
    first, end = row, row + 1
    while first > 0 and inked[first - 1]:
        first -= 1
    while end < len(inked) and inked[end]:
        end += 1
    return None if peak <= ground else (top + first, top + end)


def _ground(levels: NDArray[np.float32], centre: slice) -> float:
    """The level beside a bar: the brighter of the two sides, since it has to stand out from both."""
    above, below = levels[: centre.start], levels[centre.stop :]
    return max(float(side.min()) for side in (above, below) if len(side)) if len(above) or len(below) else 0.0


def _level(picture: NDArray[np.float32], box: Box) -> tuple[float, float]:
    """Median level of the bar, and by how much it is above the rows beside it."""
    level = float(np.median(picture[box.window]))
    gap = 1 if box.height < 3 else 2
    above = picture[max(0, box.top - gap - 2) : max(1, box.top - gap), box.left : box.right]
    below = picture[min(box.bottom + gap, len(picture) - 1) : box.bottom + gap + 2, box.left : box.right]
    sides = [side for side, is_there in ((above, box.top > 0), (below, box.bottom < len(picture))) if is_there]
    if not sides:
        return level, 0.0
    return level, level - max(float(np.median(side)) for side in sides)


def _end(
    picture: NDArray[np.float32], profile: NDArray[np.float32], box: Box, contrast: float, leftwards: bool
) -> _End | None:
    """The end of a bar at one side."""
    step, inner = (-1, box.left) if leftwards else (1, box.right - 1)
    level = float(np.median(profile[box.left : box.right]))
    ends = _crossing(profile, inner, level, contrast, step)
    if ends is None:
        return None
    tick = _tick(picture, box, ends, contrast)
    return tick or _End(ends)


def _crossing(profile: NDArray[np.float32], inner: int, level: float, contrast: float, step: int) -> float | None:
    """Where the profile falls below half between the bar's level and what is outside, from column ``inner`` on.

    What is above and below the bar may be other ground than what is beside its end: then the search goes on and on, and
    the edge by the ground close to where the strip was seen to end is taken.
    """
    usual = _usual_edge(profile, inner, level, contrast, step)
    if usual is not None and abs(usual - inner - 0.5) <= EDGES.runaway_px:
        return usual
    local = _local_edge(profile, inner, level, contrast, step)
    return usual if local is None else local


def _usual_edge(profile: NDArray[np.float32], inner: int, level: float, contrast: float, step: int) -> float | None:
    """The edge by half of the contrast above and below, then by the ground outside of that."""
    rough = _edge(profile, inner, level - contrast / 2, step)
    column = int(np.floor(rough))
    outside = (
        profile[max(0, column - EDGES.flank_px - 2) : max(0, column - 2)]
        if step < 0
        else profile[column + 3 : column + 3 + EDGES.flank_px]
    )
    if len(outside) == 0:
        return rough
    ground = float(np.median(outside))
    if level - ground < 0.25 * contrast:
        return rough
    return _edge(profile, inner, (level + ground) / 2, step)


def _local_edge(profile: NDArray[np.float32], inner: int, level: float, contrast: float, step: int) -> float | None:
    """The edge by the ground close outside, where the strip was seen to end; None where none is there.

    What is above and below the bar may be other ground than what is beside its end.
    """
    first, last = sorted((inner + step * EDGES.softest_end_px, inner + step * (EDGES.softest_end_px + EDGES.flank_px)))
    if first < 0 or last > len(profile):
        return None
    outside = profile[first:last]
    ground, inside = (
        float(np.median(outside)),
        np.ptp(profile[min(inner, inner - step * EDGES.plateau_px) :][: EDGES.plateau_px]),
    )
    drop = level - ground
    clear = drop >= 0.25 * contrast or (drop >= LEAST_CONTRAST and inside <= drop / 4)
    if not clear or float(outside.max()) > level - 0.25 * drop:
        return None
    edge = _edge(profile, inner, (level + ground) / 2, step)
    return edge if abs(edge - inner - 0.5) <= EDGES.softest_end_px else None


def _edge(profile: NDArray[np.float32], inner: int, threshold: float, step: int) -> float:
    """The edge (a position, column centres at + 0.5) where the profile crosses ``threshold`` going outwards."""
    column = inner
    while 0 <= column < len(profile) and profile[column] <= threshold:
        column -= step
        if not 0 <= column < len(profile):
            return float(inner)
    while 0 <= column + step < len(profile) and profile[column + step] > threshold:
        column += step
    following = column + step
    if not 0 <= following < len(profile):
        return 0.0 if step < 0 else float(len(profile))
    share = (profile[column] - threshold) / max(float(profile[column] - profile[following]), 1e-9)
    return float(column + 0.5 + step * share)


def _tick(picture: NDArray[np.float32], box: Box, end: float, contrast: float) -> _End | None:
    """A tick across the end of a bar: a narrow vertical line in the rows above or below the bar."""
    reach = max(3, min(12, 2 * box.height + 3))
    gap = 1
    first, last = int(end) - reach, int(end) + reach + 1
    if first < 0 or last > picture.shape[1]:
        first, last = max(0, first), min(picture.shape[1], last)
    best: _End | None = None
    for upwards in (True, False):
        rows = range(box.top - gap - 1, -1, -1) if upwards else range(box.bottom + gap, picture.shape[0])
        columns, widths = [], []
        for row in rows:
            place = _mark(picture[row, first:last], end - first, contrast)
            if place is None:
                break
            columns.append(first + place[0])
            widths.append(place[1])
        count = len(columns)
        if count < 2 or np.ptp(columns[: max(2, count - 1)]) > 1.5:
            continue
        above, below = upwards or best is not None, not upwards
        if best is not None and count <= best.tick_rows:
            best = replace(best, above=above, below=below)
        else:
            best = _End(float(np.median(columns)), count + gap, float(np.median(widths)), above, below)
    return best


def _mark(row: NDArray[np.float32], near: float, contrast: float) -> tuple[float, int] | None:
    """Centre and width of a narrow bright mark near a place in a row; None where there is none."""
    ground = _median(row)
    inked = np.concatenate(([False], row - ground - EDGES.tick_contrasts * contrast > 0, [False]))
    groups = np.flatnonzero(inked[1:] != inked[:-1]).reshape(-1, 2).tolist()
    if not groups:
        return None
    first, end = min(groups, key=lambda each: abs((each[0] + each[1]) / 2 - near))
    count = end - first
    if count > max(3, len(row) // 3) or abs((first + end) / 2 - near) > 4 + count:
        return None
    around = slice(max(0, first - 1), min(len(row), end + 1))
    weights = np.maximum(row[around] - ground, 0)
    return float(np.arange(around.start, around.stop) @ weights / weights.sum()) + 0.5, count


def _median(row: NDArray[np.float32]) -> float:
    """As ``np.median``, which takes ten times as long on a row (n,) of few columns."""
    ordered = np.sort(row)
    return float((ordered[(len(row) - 1) // 2] + ordered[len(row) // 2]) / np.float32(2))


def _quality(
    picture: NDArray[np.float32], box: Box, level: float, contrast: float, ends: tuple[int, ...] = (-1, 1)
) -> float:
    """Evenness of the bar times the share of its columns that stand out from above and from below, and sharp `ends`."""
    inside = np.median(picture[box.window], axis=0)
    evenness = float(np.mean(np.abs(inside - level) <= 0.3 * contrast))
    gap = 1 if box.height < 3 else 2
    covered = np.ones(box.width, bool)
    for row in (box.top - gap - 1, box.bottom + gap):
        if 0 <= row < picture.shape[0]:
            covered &= inside - picture[row, box.left : box.right] >= 0.4 * contrast
    return evenness**2 * float(covered.mean()) * _sharpness(picture, box, level, contrast, ends)


def _sharpness(picture: NDArray[np.float32], box: Box, level: float, contrast: float, ends: tuple[int, ...]) -> float:
    """Whether the bar loses half of its contrast within a few pixels of its ends, 0..1; the worse end counts."""
    drops = []
    for end in ends:
        column = box.left - EDGES.softest_end_px if end < 0 else box.right + EDGES.softest_end_px - 1
        outside = picture[box.top : box.bottom, max(0, column - 1) : column + 2]
        drops.append((level - float(np.median(outside))) / contrast if outside.size else 1.0)  # at the picture's edge
    return float(np.clip(2 * min(drops), 0, 1))
