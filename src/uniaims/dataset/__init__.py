"""Datasets: images with their instances and what is known of them; taken in from other programs and given back.

Plain folders of images and masks are read without the libraries that tables need; all else is loaded at first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from uniaims.dataset.folder import Sample, SampleFile, StoredSample, open_samples

if TYPE_CHECKING:
    from uniaims.dataset.entry import Entry
    from uniaims.dataset.instances import Instances
    from uniaims.dataset.schema import ImageRecord
    from uniaims.dataset.store import Dataset

__all__ = ["Dataset", "Entry", "ImageRecord", "Instances", "Sample", "SampleFile", "StoredSample", "open_samples"]

_HOMES = {"Dataset": "store", "Entry": "entry", "ImageRecord": "schema", "Instances": "instances"}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
