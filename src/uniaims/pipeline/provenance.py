"""What the figures of an analysis rest on: scale bar, working scale and settings, for ``summary.json`` and the report.

``settings_in_words`` takes the place of the names in the code: a reader of a report knows micrographs, not modules.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from uniaims.boxes import Box
from uniaims.formats import Acquisition
from uniaims.micrograph import PixelSize
from uniaims.modes.edges import TRANSMISSION_KV
from uniaims.pages.units import NO_BREAK, OBJECT, Noun, length_text
from uniaims.scalebar import ScaleReading, box_list
from uniaims.segmenter import Segmentation
from uniaims.settings import words_of

DEVICES = {"cpu": "the processor", "cuda": "a graphics card"}


def scale_bar_trace(reading: ScaleReading | None, used: PixelSize | None) -> dict[str, Any] | None:
    """The scale bar that was read, as it stands in ``summary.json``; ``None`` where there is none.

    Boxes have their edges by name; ``box`` and ``text_box``, ``[x0, y0, x1, y1]``, are those of the release before.
    ``used``: whether the pixel size is the bar's.
    """
    bar = reading.bar if reading else None
    if bar is None:
        return None
    return {
        "text": bar.text,
        "value": bar.value,
        "unit": bar.unit,
        "length_px": round(bar.length_px, 3),
        "pixel_size_nm": bar.pixel_size_nm,
        "confidence": round(bar.confidence, 4),
        "bar_edges": asdict(bar.box),
        "label_edges": asdict(bar.text_box) if bar.text_box else None,
        "box": box_list(bar.box),
        "text_box": box_list(bar.text_box) if bar.text_box else None,
        "used": used is not None and used.source == "scale bar",
    }


def scale_bar_rows(reading: ScaleReading | None, used: PixelSize | None) -> dict[str, str]:
    """The scale bar that was read, as the report lists it; empty where there is none."""
    trace = scale_bar_trace(reading, used)
    if trace is None:
        return {}
    rows = {
        "Label": f"“{trace['text']}”, taken as {trace['value']:g} {trace['unit']}",
        "Length": f"{trace['length_px']:.1f} px",
        "Pixel size by it": str(PixelSize(trace["pixel_size_nm"])),
        "Confidence": f"{trace['confidence']:.2f}",
        "Bar is at": _place(Box(**trace["bar_edges"])),
    }
    if trace["label_edges"]:
        rows["Label is at"] = _place(Box(**trace["label_edges"]))
    source = {"given": "the user gave one", "metadata": "the metadata of the file have one"}
    unused = f"no: {source[used.source]}" if used and not trace["used"] else "no"
    return rows | {"Its pixel size is used": "yes" if trace["used"] else unused}


def scale_bar_note(reading: ScaleReading | None, used: PixelSize | None) -> str:
    """``“1 µm” = 139.9 px, confidence 0.93``, behind a pixel size that is a scale bar's; else empty."""
    trace = scale_bar_trace(reading, used)
    if trace is None or not trace["used"]:
        return ""
    return f"“{trace['text']}” = {trace['length_px']:.1f}{NO_BREAK}px, confidence {trace['confidence']:.2f}"


def printed_boxes(reading: ScaleReading | None) -> tuple[Box, ...]:
    """What is printed over the picture."""
    return (*reading.drawn, *reading.letters) if reading else ()


def writing_boxes(reading: ScaleReading | None) -> tuple[Box, ...]:
    """What is drawn into the picture and covers the sample; letters without a ground of their own do not."""
    return tuple(reading.drawn) if reading else ()


END_UNSURE_PX = 0.3
"""Standard uncertainty of the length of a scale bar, from its ends: a guess (docs/metrology.md)."""
METADATA_UNSURE, TRANSMISSION_UNSURE = 0.02, 0.03
"""Relative standard uncertainty of a pixel size that the instrument wrote: scanning, transmission."""


def scale_uncertainty(size: PixelSize | None, reading: ScaleReading | None, acquisition: Acquisition) -> float:
    """Relative standard uncertainty of the pixel size, by where it comes from; 0 where nobody states one."""
    if size is None or size.source == "given":
        return 0.0
    if size.source == "scale bar" and reading and reading.bar:
        return END_UNSURE_PX / reading.bar.length_px
    transmission = (acquisition.voltage_kv or 0.0) >= TRANSMISSION_KV
    return TRANSMISSION_UNSURE if transmission else METADATA_UNSURE


def scale_note(size: PixelSize | None, reading: ScaleReading | None, acquisition: Acquisition) -> str:
    """What the uncertainty of the scale rests on, in a sentence."""
    if size is None:
        return "The pixel size is unknown: lengths are in pixels, and the scale adds nothing."
    unsure = f"{100 * scale_uncertainty(size, reading, acquisition):.2g}{NO_BREAK}%"
    return {
        "given": "Scale: the pixel size was given without an uncertainty; it counts as none.",
        "metadata": f"Scale: {unsure}, as is usual for the magnification that an instrument writes.",
        "scale bar": f"Scale: {unsure}, from the ends of the bar; how well the instrument drew it is not known.",
    }[size.source]


def confidence_in_force(segmentation: Segmentation) -> float:
    """Objects below this confidence were left out, 0..1."""
    return round(segmentation.least_confidence, 4)


def scale_facts(segmentation: Segmentation, size: PixelSize | None, noun: Noun = OBJECT) -> dict[str, str]:
    """At which scale the network saw the image, and how sure that is; as the report lists it."""
    facts = {"Image as the network saw it": f"{segmentation.working_scale:.3g} times its size"}
    if segmentation.diameter_px is not None:
        facts[f"{noun.heading} looked for"] = _looked_for(segmentation, size)
    if not math.isnan(segmentation.suited_size_fraction):
        facts[f"{noun.heading} of a size that suits this"] = f"{100 * segmentation.suited_size_fraction:.1f} %"
    return facts


def settings_in_words(settings: Any, segmentation: Segmentation) -> dict[str, str]:
    """Every setting with its value in force, for the eye.

    Args:
        settings: a settings class; those nested in it are walked through.
        segmentation: tells the values that were not given but found.
    """
    in_force, words, values = _found_values(segmentation), words_of(type(settings)), dict(_values(settings))
    return {told.name: in_force.get(name) or told.tell(values[name][0]) for name, told in words.items()}


def method_sentences(
    settings: Any, segmentation: Segmentation, size: PixelSize | None, noun: Noun = OBJECT
) -> tuple[str, ...]:
    """How the objects were found, in sentences for a paper: scale, threshold, and what was set otherwise than usual.

    Args:
        settings: of the analysis, a settings class.
        segmentation: tells the values that were not given but found.
        size: of a pixel, if it is known.
        noun: what was found.
    """
    told = [_scale_sentence(segmentation, size, noun)]
    if segmentation.settings.test_time_augmentation:
        told.append("Predictions were averaged over four mirror images.")
    default = segmentation.settings.minimum_confidence is None
    told.append(
        f"{noun.heading} with a confidence below {segmentation.least_confidence:.3g}"
        f"{', the default of the model,' if default else ''} were discarded."
    )
    changed = "; ".join(f"{name[:1].lower()}{name[1:]} {value}" for name, value in _changed(settings))
    told.append(
        f"Settings other than the defaults of this version were: {changed}."
        if changed
        else "All other settings were the defaults of this version."
    )
    return tuple(told)


def _changed(settings: Any) -> Iterator[tuple[str, str]]:
    """Settings that differ from their defaults and are not told otherwise, by their names for the eye."""
    words = words_of(type(settings))
    for name, (value, default) in _values(settings):
        if words[name].in_methods and value != default:
            yield words[name].name, words[name].tell(value)


def _values(settings: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Names of the settings, those of settings inside included, with their values and defaults."""
    for item in fields(settings):
        value = getattr(settings, item.name)
        if is_dataclass(value):
            yield from _values(value)
        else:
            yield item.name, (value, item.default)


def _scale_sentence(segmentation: Segmentation, size: PixelSize | None, noun: Noun) -> str:
    """At which size the network saw the image, and why."""
    seen = f"The network was given the image at {segmentation.working_scale:.3g} times its size"
    if abs(segmentation.working_scale - 1) < 0.005:
        seen = "The network was given the image at its original size"
    diameter = segmentation.diameter_px
    if diameter is None:
        return f"{seen}."
    length = f" ({length_text(diameter * size.nm)})" if size else ""
    how = "found by viewing it at several scales" if segmentation.scale_found else "as given by the user"
    across = f"{noun.plural} of about {diameter:.3g}{NO_BREAK}px{length} across, {how},"
    return f"{seen}, so that {across} had the size it knows best."


def _found_values(segmentation: Segmentation) -> Mapping[str, str]:
    """Values that the settings leave open, as they were in this analysis."""
    least, given = segmentation.least_confidence, segmentation.settings.minimum_confidence is not None
    looked = "" if segmentation.diameter_px is None else _looked_for(segmentation, None)
    return {
        "model": segmentation.model.name,
        "device": DEVICES[segmentation.model.device],
        "diameter_px": looked or "none found",
        "minimum_confidence": f"{least:.3g}, {'as given' if given else 'the default of this model'}",
    }


def _looked_for(segmentation: Segmentation, size: PixelSize | None) -> str:
    """``about 45.4 px (4.51 µm) across, found by looking``."""
    diameter = segmentation.diameter_px or math.nan
    length = f" ({length_text(diameter * size.nm)})" if size else ""
    return f"about {diameter:.3g} px{length} across, {'found by looking' if segmentation.scale_found else 'as given'}"


def _place(box: Box) -> str:
    return f"columns {box.left} – {box.right - 1}, rows {box.top} – {box.bottom - 1}"
