"""Datasets: images with their instances and what is known of them; taken in from other programs and given back.

Plain folders of images and masks are read without the libraries that tables need; all else is loaded at first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from uniaims.dataset.folder import Sample, SampleFile, StoredSample, open_samples
from uniaims.deprecation import old_names

if TYPE_CHECKING:
    from uniaims.dataset.annotated_image import AnnotatedImage
    from uniaims.dataset.instances import InstanceMasks
    from uniaims.dataset.schema import ImageRecord
    from uniaims.dataset.store import Dataset

__all__ = [
    "AnnotatedImage",
    "Dataset",
    "ImageRecord",
    "InstanceMasks",
    "Sample",
    "SampleFile",
    "StoredSample",
    "open_samples",
]

_HOMES = {
    "Dataset": "store",
    "AnnotatedImage": "annotated_image",
    "ImageRecord": "schema",
    "InstanceMasks": "instances",
}

_old_name = old_names(
    __name__,
    {
        "Entry": "uniaims.dataset.annotated_image.AnnotatedImage",
        "Instances": "uniaims.dataset.instances.InstanceMasks",
    },
)


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        return _old_name(name, stacklevel=4)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
