"""Where the numbers come from: the tables at the end of the report."""

import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass

from uniaims.boxes import Box
from uniaims.measurements import Property
from uniaims.pages.units import NO_BREAK, NOTHING, count, duration, plain
from uniaims.report.content import ReportContent
from uniaims.report.findings import Findings
from uniaims.report.image_counts import ImageCounts
from uniaims.version import __version__

FUNCTIONS = (
    ("Objects", "uniaims.segmenter.Segmenter"),
    ("Per-object values", "uniaims.measurements.measure"),
    ("Count, density, area fraction", "uniaims.report.image_counts.image_counts"),
    ("Percentiles, mean, deviation, intervals", "uniaims.statistics.bootstrap"),
    ("Percentiles by volume", "uniaims.statistics.size_percentiles"),
    ("Smallest and largest", "uniaims.statistics.summarise"),
    ("Log-normal fit", "uniaims.statistics.fit_lognormal"),
    ("Histogram bins", "uniaims.statistics.histogram"),
    ("Mean direction and order", "uniaims.statistics.summarise_directions"),
)
"""What is computed where; the test of this module imports each name."""

STAGES = {
    "read": "Reading the file",
    "model": "Loading the model",
    "scale bar": "Looking for the scale bar",
    "content": "Finding the part to evaluate",
    "network": "Finding objects (network)",
    "instances": "Outlining objects",
    "measure": "Measuring",
    "write": "Writing the tables",
    "report": "Writing the report",
}
"""Stage as the code calls it -> as people read it."""

_FACT_NAMES = {
    "voltage_kv": "Voltage / kV",
    "magnification": "Magnification, as the file says",
    "working_distance_mm": "Working distance / mm",
    "source": "Read from",
}


@dataclass(frozen=True)
class FactGroup:
    """Rows under one heading; names and values are plain text."""

    name: str
    rows: tuple[tuple[str, str], ...]


def fact_groups(findings: Findings) -> tuple[list[FactGroup], list[FactGroup]]:
    """Give the groups of the left and of the right column."""
    content = findings.content
    left = [
        FactGroup("Image", _image_rows(content, findings.counts)),
        FactGroup("Scale bar", tuple((name, plain_value(value)) for name, value in content.scale_bar.items())),
        FactGroup("Analysis", _analysis_rows(content)),
    ]
    functions = FUNCTIONS if content.model else FUNCTIONS[1:]
    right = [FactGroup("Settings", tuple((name, plain_value(value)) for name, value in flatten(content.settings)))]
    seconds = tuple((STAGES.get(stage, stage), duration(value)) for stage, value in content.seconds.items())
    reasons = tuple((entry.label, content.measurements.reasons[entry.name]) for entry in _unmeasured(content))
    right += [
        FactGroup("Not measured", reasons),
        FactGroup("Time by stage", seconds),
        FactGroup("Computed by", functions),
    ]
    return [group for group in left if group.rows], [group for group in right if group.rows]


def flatten(settings: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Walk through nested mappings and dataclasses: ``{"flow": {"a": 1}}`` gives ``("flow.a", 1)``."""
    for key, value in settings.items():
        nested = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        if isinstance(nested, Mapping):
            yield from flatten(nested, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", nested


def pixel_size_text(content: ReportContent, *, traced: bool = False) -> str:
    """Say the pixel size and its source, or that there is none; where ``traced`` also what it rests on."""
    size = content.measurements.pixel_size
    if size is None:
        return "unknown: lengths are in pixels"
    note = f": {content.pixel_size_note}" if traced and content.pixel_size_note else ""
    text = str(size) if size.aspect == 1.0 else f"{size} (width x height)".replace(" x ", " × ")
    return f"{text.replace(' ', NO_BREAK)}, {_source(size.source)}{note}"


def _unmeasured(content: ReportContent) -> list[Property]:
    return [entry for entry in content.measurements.properties if entry.name in content.measurements.reasons]


def _source(source: str) -> str:
    return {
        "given": "given by the user",
        "metadata": "from the metadata of the file",
        "scale bar": "read from the scale bar in the picture",
    }[source]


def _image_rows(content: ReportContent, counts: ImageCounts) -> tuple[tuple[str, str], ...]:
    height, width = content.labels.shape
    part = counts.content
    rows = [("Size", f"{count(width)} × {count(height)} px"), ("Pixel size", pixel_size_text(content, traced=True))]
    if part != Box.whole(content.labels.shape):
        rows.append(("Evaluated part", f"rows {part.top} – {part.bottom - 1}, columns {part.left} – {part.right - 1}"))
    return (*rows, *((_fact_name(name), plain_value(value)) for name, value in flatten(content.provenance)))


def _fact_name(name: str) -> str:
    """Write the name of a fact for the eye: fields of an acquisition by their units, others with a capital."""
    return _FACT_NAMES.get(name) or name[:1].upper() + name[1:].replace("_", " ")


def _analysis_rows(content: ReportContent) -> tuple[tuple[str, str], ...]:
    return (
        ("Program", f"Uni-AIMS {__version__}"),
        ("Python", platform.python_version()),
        ("Model", content.model or "none: labels were given"),
        ("Model hash", content.model_hash or NOTHING),
    )


def plain_value(value: object) -> str:
    """Write a setting or a fact as plain text."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return plain(value)
    return ", ".join(plain_value(item) for item in value) if isinstance(value, tuple | list) else str(value)
