"""An image with its record and its instances; what datasets, formats and editors hand to each other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord
from uniaims.errors import LabelsError


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """An image of a dataset.

    Attributes:
        record: what is known of it.
        instances: its instances.
        image: where it lies, or its pixels (H, W) or (H, W, C); None where only the labels came.
        warnings: sentences about it that the user should read.
        ignored: where (H, W) nobody has annotated, or is not sure; None: the whole image is annotated.
    """

    record: ImageRecord
    instances: InstanceMasks
    image: Path | NDArray[Any] | None = None
    warnings: tuple[str, ...] = ()
    ignored: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        name, shape = self.record.image_id, self.record.shape
        if self.instances.shape != shape:
            raise LabelsError(
                f"image {name!r}: its instances belong to an image of {self.instances.shape} (rows, "
                f"columns), it has {shape}. Export the labels at the image's resolution."
            )
        if self.ignored is not None and self.ignored.shape != shape:
            raise LabelsError(
                f"image {name!r}: its ignored region has {self.ignored.shape} pixels, it has {shape}. "
                "Give a mask of the image's size."
            )
