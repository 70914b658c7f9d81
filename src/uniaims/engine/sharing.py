"""Which parts of images are learned from, and which are kept apart: shared out by images, where there are enough."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from uniaims.boxes import Box
from uniaims.errors import InputError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
"""Learned from; looked at while learning, to keep the best step; kept apart, for the comparison with the parent."""
APART_SHARE = 0.2
"""Of each of the last two."""
FEWEST_TO_COMPARE, FEWEST_TO_VALIDATE = 3, 5
"""With fewer units nothing is kept apart, or looked at while learning: all are needed."""
FEWEST_IMAGES = 3
"""With fewer images, boxes are shared out one by one."""


@dataclass(frozen=True)
class Part:
    """An image, or a box of it, that somebody has looked at: whatever stands there is right.

    Attributes:
        image_id: of the image.
        box: none: the whole image.
        split: none: it is shared out.
    """

    image_id: int
    box: Box | None = None
    split: Split | None = None


def check_parts(parts: Sequence[Part], shapes: Mapping[int, tuple[int, int]], names: Mapping[int, str]) -> None:
    """Refuse parts that reach out of their image or share pixels; shapes and names by image.

    Raises:
        InputError: if they do.
    """
    for number in {part.image_id for part in parts}:
        own = [part for part in parts if part.image_id == number]
        if any(part.box is not None and not part.box.lies_in(shapes[number]) for part in own):
            raise InputError(f"{names[number]}: a box holds no pixel, or reaches out of the image. Draw it anew.")
        if any(_overlap(one, other) for one, other in combinations(own, 2)):
            raise InputError(
                f"{names[number]}: two of its parts share pixels. Give the whole image, or boxes beside each other."
            )


def _overlap(one: Part, other: Part) -> bool:
    if one.box is None or other.box is None:
        return True
    return bool(one.box.share_in(other.box))


def shared_out(parts: Sequence[Part], groups: Mapping[int, str], seed: int = 0) -> tuple[Part, ...]:
    """The parts, each with a split: those that have none yet are drawn by the hash of what must stay together.

    Args:
        parts: of images.
        groups: by image: what holds it together with others, such as a specimen; else the image itself.
        seed: another one draws others.
    """
    by_image = len({part.image_id for part in parts}) >= FEWEST_IMAGES
    units = [groups[part.image_id] if by_image else f"{part.image_id} {part.box}" for part in parts]
    open_units = sorted({unit for part, unit in zip(parts, units, strict=True) if part.split is None})
    drawn = sorted(open_units, key=lambda unit: hashlib.sha256(f"{seed} {unit}".encode()).digest())
    given = {part.split for part in parts}
    count = len(set(units))
    share = max(1, round(APART_SHARE * count))
    tested = share if count >= FEWEST_TO_COMPARE and "test" not in given else 0
    validated = share if count >= FEWEST_TO_VALIDATE and "validation" not in given else 0
    splits: dict[str, Split] = dict.fromkeys(drawn[:tested], "test")
    splits |= dict.fromkeys(drawn[tested : tested + validated], "validation")
    return tuple(
        replace(part, split=part.split or splits.get(unit, "train")) for part, unit in zip(parts, units, strict=True)
    )
