"""What a report is made of: plain frozen dataclasses that the pipeline fills in."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.deprecation import OldAttribute, takes_old_fields
from uniaims.measurements import Measurements
from uniaims.statistics.budget import Estimate

_NUMBERS = ("value", "low", "high")


@dataclass(frozen=True)
class Reading:
    """What a figure came to, in the units of the tables.

    Attributes:
        value: NaN where there is none.
        low, high: ends of its confidence interval, or of the range that the figure is; NaN where there are none.
        note: for the eye, to stand below it.
        estimate: the figure with its uncertainty; ``None`` where nothing is known of that.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    note: str = ""
    estimate: Estimate | None = None

    def as_dict(self) -> dict[str, Any]:
        """The numbers as they stand in ``summary.json``; ``None`` stands for what there is no number for."""
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        told = {name: float(number) if math.isfinite(number) else None for name, number in numbers.items()}
        return told | (self.estimate.as_dict() if self.estimate else {})

    @classmethod
    def of_dict(cls, numbers: Mapping[str, Any]) -> Self:
        """The reading that `as_dict` told."""
        value, low, high = (math.nan if (number := numbers.get(name)) is None else number for name in _NUMBERS)
        if "parts" not in numbers:
            return cls(value, low, high)
        u = math.nan if numbers.get("u") is None else numbers["u"]
        told = Estimate(value, numbers["unit"], u, numbers["parts"], numbers["n"], numbers.get("why") or "")
        return cls(value, low, high, estimate=told)


@takes_old_fields
@dataclass(frozen=True)
class ReportContent:
    """One analysed micrograph, as the report page shows it.

    Attributes:
        title: name of the image as a human knows it (a file name); shown as text, never as markup.
        image: (H, W) or (H, W, 3) array of any real dtype; stretched to 8 bits for the eye.
        has_micrograph: whether that is the micrograph; else it is a picture of the labels.
        labels: (H, W) uint32; 0 = background, instances as in the rows of ``measurements``.
        measurements: the table, one row per instance; carries the pixel size and its source.
        content: the part that shows the sample, as given to ``measure``; density and area fraction refer to it.
            ``None``: the whole image.
        model: name of the model, ``None`` where the labels came from elsewhere (``uniaims measure``).
        model_hash: hash of its weights, ``None`` likewise.
        settings: every setting of the analysis with its value in force, by a name that readers know; nested mappings
            and dataclasses are flattened to dotted names.
        method: sentences for a paper on how the objects were found; empty: the settings are listed in place of them.
        scale_bar: the scale bar that was read in the picture, as rows to show; empty if none was.
        pixel_size_note: what the pixel size rests on, to stand behind its source: the bar's label and length.
        printed: what is printed over the picture; the report's own scale bar keeps clear of it.
        provenance: further traceable facts in the order to show them (file, SHA-256 of the file, instrument, ...).
        warnings: sentences for the reader, from every stage.
        notes: sentences on what was done as always, such as leaving out a banner.
        seconds: wall time by stage.
        known_kinds: the kinds of objects that the model tells apart, in its order; the measurements say which each
            object is.
        writing: what is drawn into the picture and covers the sample; it is no part of the evaluated area.
        left_out: reason -> how many of the objects that were found are not in the measurements.
        scale_uncertainty: relative standard uncertainty of the pixel size; 0 where nobody states one.
        scale_note: what that rests on.
    """

    title: str
    image: NDArray[np.generic]
    labels: NDArray[np.uint32]
    measurements: Measurements
    content: Box | None = None
    model: str | None = None
    model_hash: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    method: tuple[str, ...] = ()
    scale_bar: Mapping[str, object] = field(default_factory=dict)
    pixel_size_note: str = ""
    printed: tuple[Box, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    known_kinds: tuple[str, ...] = ()
    has_micrograph: bool = True
    writing: tuple[Box, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    scale_uncertainty: float = 0.0
    scale_note: str = ""

    kinds = OldAttribute("known_kinds")


@dataclass(frozen=True)
class IndexEntry:
    """One analysed image in the overview of a batch. Everything can be read back from a finished result folder.

    Attributes:
        name: shown as text, never as markup (a file name, or ``folder/file`` where names collide).
        href: path of its report relative to the index page, with ``/`` between parts, not yet percent-encoded.
        thumbnail: (h, w) or (h, w, 3) array, any size (the overlay will do); shrunk here. ``None``: no picture.
        instance_count: all instances, those cut by the border included.
        border_count: those cut by the border.
        diameters: (n,) equivalent diameters of the complete instances, in nm if ``pixel_size_nm`` is known, else px.
        area_fraction: share of the image covered by instances, 0..1; ``None``: unknown.
        figures: what the headline figures of the analysis came to, by name; those that follow from the fields above may
            be left out.
        pixel_size_nm: ``None`` if unknown.
        warnings: as in the report of the image.
        seconds: total wall time; ``None``: unknown.
    """

    name: str
    href: str
    thumbnail: NDArray[np.generic] | None
    instance_count: int
    border_count: int
    diameters: NDArray[np.float64]
    area_fraction: float | None = None
    pixel_size_nm: float | None = None
    warnings: tuple[str, ...] = ()
    seconds: float | None = None
    figures: Mapping[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True)
class IndexFailure:
    """An image of the batch that could not be analysed.

    Attributes:
        name: shown as text, never as markup.
        message: the message of the error that stopped it.
    """

    name: str
    message: str


@dataclass(frozen=True)
class IndexWay:
    """One of several ways in which the images of a batch were analysed.

    Attributes:
        names: of the images, shown as text, never as markup.
        facts: what differs between the ways, by its name, with its value in this one.
    """

    names: tuple[str, ...]
    facts: Mapping[str, str]
