"""An image with its record and its instances; what datasets, formats and editors hand to each other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """

    record: ImageRecord
    instances: InstanceMasks
    image: Path | NDArray[Any] | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.instances.shape != self.record.shape:
            raise LabelsError(
                f"image {self.record.image_id!r}: its instances belong to an image of {self.instances.shape} (rows, "
                f"columns), it has {self.record.shape}. Export the labels at the image's resolution."
            )
