"""Uni-AIMS: from micrograph to measured instances.

    import uniaims

    analysis = uniaims.analyse("powder.tif")
    print(analysis.measurements.to_polars())

The names below, and the modules, are loaded at first use, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from uniaims.version import __version__ as __version__

if TYPE_CHECKING:
    from uniaims.boxes import Box
    from uniaims.client import Client
    from uniaims.dataset import Dataset
    from uniaims.errors import UniaimsError
    from uniaims.flow_settings import FlowSettings
    from uniaims.flows import Fields, fields_from_labels, labels_from_fields
    from uniaims.labels import read_labels, write_labels
    from uniaims.matching import evaluate, match
    from uniaims.measurements import Measurements, measure
    from uniaims.micrograph import Micrograph, PixelSize, read_image
    from uniaims.pipeline import Analysis, AnalysisSettings, analyse, analyse_batch
    from uniaims.runtime import available_models, load_model
    from uniaims.scalebar import ScaleBar, read_scale
    from uniaims.segmenter import Prediction, Segmentation, Segmenter, SegmenterSettings


__all__ = [
    "Analysis",
    "AnalysisSettings",
    "Box",
    "Client",
    "Dataset",
    "Fields",
    "FlowSettings",
    "Measurements",
    "Micrograph",
    "PixelSize",
    "Prediction",
    "ScaleBar",
    "Segmentation",
    "Segmenter",
    "SegmenterSettings",
    "UniaimsError",
    "analyse",
    "analyse_batch",
    "available_models",
    "evaluate",
    "fields_from_labels",
    "labels_from_fields",
    "load_model",
    "match",
    "measure",
    "read_image",
    "read_labels",
    "read_scale",
    "write_labels",
]

_MODULES = {
    "boxes": ("Box",),
    "client": ("Client",),
    "content": (),
    "errors": ("UniaimsError",),
    "flow_settings": ("FlowSettings",),
    "flows": ("Fields", "fields_from_labels", "labels_from_fields"),
    "labels": ("read_labels", "write_labels"),
    "matching": ("evaluate", "match"),
    "measurements": ("Measurements", "measure"),
    "micrograph": ("Micrograph", "PixelSize", "read_image"),
    "pipeline": ("Analysis", "AnalysisSettings", "analyse", "analyse_batch"),
    "runtime": ("available_models", "load_model"),
    "segmenter": ("Prediction", "Segmentation", "Segmenter", "SegmenterSettings"),
    "dataset": ("Dataset",),
    "formats": (),
    "networks": (),
    "report": (),
    "scalebar": ("ScaleBar", "read_scale"),
    "statistics": (),
    "synthesis": (),
    "tiles": (),
    "training": (),
    "working_scale": (),
}
"""The public modules and which of the names above live in each."""

_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name or module at its first use (PEP 562)."""
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted({*globals(), *__all__, *_MODULES})
