"""What the labels of an image are drawn on: the image as viewers show it, or as its file stores it.

Cameras store pictures lying on their side and say in the EXIF data how to turn them. Viewers and most tools for
labelling show them turned, others don't.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.drawings import Mask
from uniaims.dataset.exchange.format import unequal_sizes
from uniaims.dataset.exchange.pictures import stored_size
from uniaims.dataset.exchange.records import record_for
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError
from uniaims.formats.orientation import UPRIGHT, Orientation
from uniaims.formats.raw_image import check_size

_LARGEST_CLAIM_PX = 2**30


@dataclass(frozen=True, eq=False)
class Frame:
    """What labels are drawn on.

    Attributes:
        name: what the annotations call the image.
        shape: rows and columns that the labels count in.
        image: where the image lies, or its pixels; None if it is not there.
        turn: how the labels have to be turned to lie on the image as shown.
        warnings: sentences that the user should read.
    """

    name: str
    shape: tuple[int, int]
    image: Path | NDArray[Any] | None = None
    turn: Orientation = UPRIGHT
    warnings: tuple[str, ...] = ()

    def entry(
        self, instances: InstanceMasks, known: Mapping[str, Any] | None = None, warnings: tuple[str, ...] = ()
    ) -> AnnotatedImage:
        """The image with its instances, drawn in this frame, and what is known of it (see `record_for`)."""
        shown = self.turn.shape(*self.shape)
        turned = instances if self.turn.is_upright else _turned(instances, self.turn)
        notes = (*self.warnings, *warnings, *self._beside(instances))
        return AnnotatedImage(record_for(self.name, shown, known), turned, self.image, notes)

    def _beside(self, instances: InstanceMasks) -> tuple[str, ...]:
        """What is said of instances that have no pixel in the image."""
        empty = np.flatnonzero(instances.areas_px == 0)
        if not empty.size:
            return ()
        first = f"the first is number {instances.numbers[empty[0]]}"
        size = f"{self.shape[1]} x {self.shape[0]} px"
        return (f"image {self.name!r}: {empty.size:,} instances have no pixel in the image of {size}, {first}.",)


def frame_of(
    name: str, picture: Path | None, height: object = None, width: object = None, *, drawn_as_stored: bool = False
) -> Frame:
    """The frame of an image's labels: its size is that of the file, which must agree with what the annotations say.

    Args:
        name: what the annotations call the image.
        picture: its file, None if it is not there.
        height: rows, as the annotations say; None or empty if they don't.
        width: columns.
        drawn_as_stored: whether the tool shows images as stored, for those whose size tells nothing.

    Raises:
        LabelsError: if file and annotations differ.
        InputError: if there is neither file nor size, or a size that is none.
    """
    said = (_side(name, height), _side(name, width)) if height not in {None, ""} and width not in {None, ""} else None
    if picture is not None:
        return _frame_of_file(name, picture, said, drawn_as_stored)
    if said is None:
        raise InputError(f"image {name!r} is not there, and its size is not said. Put it beside the annotations.")
    if said[0] * said[1] > _LARGEST_CLAIM_PX:
        raise InputError(f"image {name!r} is said to have {said[1]} x {said[0]} px and is not there. Add its file.")
    check_size(said[1], said[0])
    return Frame(name, said)


def _frame_of_file(name: str, picture: Path, said: tuple[int, int] | None, drawn_as_stored: bool) -> Frame:
    stored, orientation = stored_size(picture)
    shown = orientation.shape(*stored)
    if said is not None and said not in {stored, shown}:
        raise unequal_sizes(name, said, shown)
    if orientation.is_upright:
        return Frame(name, shown, picture)
    as_stored = drawn_as_stored if said is None or stored == shown else said == stored
    how = "stored, and turned with it" if as_stored else "shown"
    text = f"image {name!r} is shown turned or mirrored; its labels were taken as drawn on the image as it is {how}."
    return Frame(name, stored if as_stored else shown, picture, orientation if as_stored else UPRIGHT, (text,))


def _turned(instances: InstanceMasks, turn: Orientation) -> InstanceMasks:
    """The instances of an image as stored on the image as shown."""
    shape = turn.shape(*instances.shape)
    found = InstanceMasks.from_masks(shape, _turned_masks(instances, turn, shape))
    return replace(found, numbers=instances.numbers, kinds=instances.kinds)


def _turned_masks(instances: InstanceMasks, turn: Orientation, shape: tuple[int, int]) -> Iterator[Mask]:
    for i in range(len(instances)):
        mask = turn.array(instances.mask(i))
        box = instances.box(i).transposed if turn.is_transposed else instances.box(i)
        yield (
            shape[0] - box.bottom if turn.flips_rows else box.top,
            shape[1] - box.right if turn.flips_columns else box.left,
            mask,
        )


def _side(name: str, value: object) -> int:
    try:
        number = float(str(value))
    except ValueError as error:
        raise InputError(f"image {name!r}: a side of {value!r} px: wanted a whole number.") from error
    if not (1 <= number < float("inf") and number == int(number)):
        raise InputError(f"image {name!r}: a side of {value!r} px: wanted a whole number from 1 up.")
    return int(number)
