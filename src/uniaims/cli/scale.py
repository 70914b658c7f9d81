"""``uniaims scale``: the size of a pixel, from metadata or from the scale bar in the picture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.cli.console import say, say_error, say_json, say_warning
from uniaims.cli.words import refuse_all_missing, refuse_missing
from uniaims.errors import SettingsError, UniaimsError
from uniaims.names import folder_name

if TYPE_CHECKING:
    from uniaims.boxes import Box
    from uniaims.micrograph import Micrograph
    from uniaims.scalebar import ScaleBar, ScaleReading
    from uniaims.scalebar.detector import Detector


VERMILLION_BGR = (0, 94, 213)
SKY_BLUE_BGR = (233, 180, 86)
LINES_PER_SIDE = 500
"""Width of a frame in an overlay, as a part of the picture's longer side."""


@dataclass(frozen=True)
class _Scale:
    """What is known of the scale of one image."""

    image: Path
    micrograph: "Micrograph"
    reading: "ScaleReading"

    @property
    def bar(self) -> "ScaleBar | None":
        return self.reading.bar


@dataclass(frozen=True)
class _Given:
    """A correction: the bar's box, its length as the user writes it, and where to keep it."""

    box: "Box"
    length: str
    keep: Path | None


@dataclass(frozen=True)
class _Look:
    """How to look for a bar: with which detector, and in which panel."""

    detector: "Detector | None"
    panel: "Box | None"


def scale(
    images: Annotated[list[str], typer.Argument(help="Image files, folders, or patterns in quotes.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; of an image that failed, its `error`.")] = False,
    overlay: Annotated[Path | None, typer.Option(help="Folder for pictures with the bar and its label marked.")] = None,
    bar: Annotated[
        str | None, typer.Option(help="Box of the bar, x0,y0,x1,y1 in pixels, to correct what was found.")
    ] = None,
    length: Annotated[str | None, typer.Option(help='What the bar in --bar stands for, such as "10 um".')] = None,
    keep: Annotated[Path | None, typer.Option(help="Folder in which the correction is kept as a sample.")] = None,
    panel: Annotated[
        str | None, typer.Option(help="Box of the panel to read, x0,y0,x1,y1 in pixels, in a figure of several.")
    ] = None,
    detector: Annotated[
        Path | None, typer.Option(help="ONNX file of a trained scale bar detector; if not given, the built-in chain.")
    ] = None,
) -> None:
    """Say how large a pixel is, and from where this is known: metadata, or the scale bar in the picture."""
    refuse_all_missing(images)
    refuse_missing(detector)
    given = _given(bar, length, keep)
    from uniaims.formats import guarded

    guarded.start()
    rows = _told(images, given, _look(detector, panel), overlay, _say if not as_json else lambda _: None)
    if as_json:
        say_json(rows)
    raise typer.Exit(1 if any("error" in row for row in rows) else 0)


def _look(detector: Path | None, panel: str | None) -> "_Look":
    from uniaims.scalebar import parse_box
    from uniaims.scalebar.detector import detector_at

    return _Look(detector_at(detector), None if panel is None else parse_box(panel))


def _told(
    images: list[str],
    given: "_Given | None",
    look: "_Look",
    overlay: Path | None,
    tell: Callable[[dict[str, Any]], None],
) -> list[dict[str, Any]]:
    """The JSON of all images; ``tell`` is called with that of each that can be read as soon as it is there."""
    paths, rows = _found(images, overlay)
    if given and len(paths) > 1:
        say_warning(f"--bar and --length are taken for all {len(paths)} images.")
    pictures = _pictures(paths, overlay) if overlay else {}
    for path in paths:
        rows.append(_row(path, given, look, pictures.get(path)))
        if "error" not in rows[-1]:
            tell(rows[-1])
    return rows


def _found(images: list[str], overlay: Path | None) -> tuple[list[Path], list[dict[str, Any]]]:
    """The image files that were named, once each; of what has none the JSON, whose error is said too."""
    from uniaims.pipeline.plan import find_images, why_nothing

    found = {item: list(find_images(item, overlay)) for item in images}
    rows: list[dict[str, Any]] = [
        {"image": item, "error": why_nothing(Path(item))} for item, files in found.items() if not files
    ]
    for row in rows:
        say_error(row["error"])
    return list(dict.fromkeys(path for item in found.values() for path in item)), rows


def _row(path: Path, given: "_Given | None", look: "_Look", picture: Path | None) -> dict[str, Any]:
    """The JSON of one image; of one that can't be read the error, which is said too."""
    try:
        found = _scale_of(path, given, look)
        if picture is not None:
            _write_overlay(found, picture)
    except UniaimsError as error:
        text = str(error)
        say_error(text if str(path) in text else f"{path}: {text}")
        return {"image": str(path), "error": text}
    return _facts(found)


def _given(bar: str | None, length: str | None, keep: Path | None) -> "_Given | None":
    """The correction, read before any image is.

    Raises:
        SettingsError: if a part of it is missing, or the box is none.
        PixelSizeError: if the length is none.
    """
    if bar is None and length is None and keep is None:
        return None
    if bar is None or length is None:
        missing = " and ".join(name for name, text in (("--bar", bar), ("--length", length)) if text is None)
        example = '--bar 10,480,210,500 --length "10 um"'
        raise SettingsError(f"{missing} is missing: a correction is the box of the bar and its length, {example}.")
    from uniaims.formats.lengths import given_length
    from uniaims.scalebar import parse_box

    given_length(length)
    return _Given(parse_box(bar), length, keep)


def _pictures(images: list[Path], folder: Path) -> dict[Path, Path]:
    """The file that each image is marked in; of images of one name in several folders the later ones get a number.

    Raises:
        SettingsError: if an image lies in that folder, and might be written over.
    """
    beside = next((image for image in images if image.resolve().parent == folder.resolve()), None)
    if beside is not None:
        raise SettingsError(f"--overlay {folder}: {beside} lies there. Give the marked pictures a folder of their own.")
    places: dict[Path, Path] = {}
    for image in images:
        stem = folder_name(image.stem)
        names = (stem, *(f"{stem}-{number}" for number in range(2, len(images) + 1)))
        free = (folder / f"{name}.png" for name in names)
        places.setdefault(image, next(place for place in free if place not in places.values()))
    return places


def _scale_of(image: Path, given: "_Given | None", look: "_Look") -> _Scale:
    from uniaims.micrograph import read_image
    from uniaims.scalebar import ScaleReading, given_scale, keep_sample, scan_scale

    micrograph = read_image(image, guarded=True)
    if given is None:
        return _Scale(image, micrograph, scan_scale(micrograph, look.detector, look.panel))
    bar = given_scale(micrograph, given.box, given.length)
    if given.keep is not None:
        keep_sample(micrograph, bar, given.keep, folder_name(image.stem))
    return _Scale(image, micrograph, ScaleReading(bar, acquisition=micrograph.acquisition))


def _facts(found: _Scale) -> dict[str, Any]:
    """The JSON of one image."""
    from dataclasses import asdict

    from uniaims.micrograph import PixelSize
    from uniaims.scalebar import box_list, pixel_size_of_bar, resolve_pixel_size

    bar, corrected = found.bar, found.bar is not None and found.bar.text_box is None
    given = pixel_size_of_bar(found.bar, found.micrograph) if found.bar and corrected else None
    resolved = resolve_pixel_size(found.micrograph, given, found.reading)
    warnings = [*found.micrograph.warnings, *resolved.warnings]
    if resolved.pixel_size is None and bar is None:
        warnings.append("There is no pixel size in the file and no scale bar that could be read surely.")
    acquisition = found.micrograph.acquisition.filled_from(found.reading.acquisition)
    told = PixelSize.told(resolved.pixel_size)
    return {
        "image": str(found.image),
        "pixel_size_nm": told["pixel_size_nm"],
        "source": resolved.pixel_size.source if resolved.pixel_size else None,
        "bar_length_px": bar.length_px if bar else None,
        "bar_box": box_list(bar.box) if bar else None,
        "text_box": box_list(bar.text_box) if bar and bar.text_box else None,
        "text": bar.text if bar else None,
        "value": bar.value if bar else None,
        "unit": bar.unit if bar else None,
        "confidence": bar.confidence if bar else None,
        "warnings": warnings,
        "pixel_width_nm": told["pixel_width_nm"],
        "pixel_height_nm": told["pixel_height_nm"],
        "bar_edges": asdict(bar.box) if bar else None,
        "label_edges": asdict(bar.text_box) if bar and bar.text_box else None,
        "bars": [_bar_facts(each) for each in found.reading.bars],
        "acquisition": {name: value for name, value in asdict(acquisition).items() if value is not None},
    }


def _bar_facts(bar: "ScaleBar") -> dict[str, Any]:
    """The JSON of one of the bars that a picture holds."""
    from dataclasses import asdict

    from uniaims.scalebar import box_list

    return {
        "text": bar.text,
        "value": bar.value,
        "unit": bar.unit,
        "length_px": bar.length_px,
        "pixel_size_nm": bar.pixel_size_nm,
        "bar_box": box_list(bar.box),
        "text_box": box_list(bar.text_box) if bar.text_box else None,
        "bar_edges": asdict(bar.box),
        "label_edges": asdict(bar.text_box) if bar.text_box else None,
        "confidence": bar.confidence,
    }


def _say(facts: dict[str, Any]) -> None:
    from uniaims.micrograph import PixelSize

    name = facts["image"]
    if facts["pixel_size_nm"] is None:
        say(f"{name}: unknown")
    else:
        size = PixelSize.of_sides(facts["pixel_width_nm"], facts["pixel_height_nm"])
        say(f"{name}: {size} per pixel ({_origin(facts)})")
    for warning in facts["warnings"]:
        say_warning(f"{name}: {warning}")


def _origin(facts: dict[str, Any]) -> str:
    """Where a pixel size comes from; of a scale bar what it says, how long it is and how sure that is."""
    if facts["source"] != "scale bar":
        return str(facts["source"])
    stated = f"scale bar: {facts['value']:g} {facts['unit']} = {facts['bar_length_px']:.1f} px"
    return f"{stated}, as given" if facts["text_box"] is None else f"{stated}, confidence {facts['confidence']:.2f}"


def _write_overlay(found: _Scale, place: Path) -> None:
    """The picture with the bar in vermillion and its label in blue, as PNG; lines are wider in larger pictures."""
    import cv2

    from uniaims.atomic import atomic_file
    from uniaims.scalebar.scan import eight_bit

    picture = cv2.cvtColor(eight_bit(found.micrograph.gray()), cv2.COLOR_GRAY2BGR)
    line_px = max(2, round(max(picture.shape) / LINES_PER_SIDE))
    bars = found.reading.bars or ((found.bar,) if found.bar else ())
    boxes = [pair for bar in bars for pair in ((bar.box, VERMILLION_BGR), (bar.text_box, SKY_BLUE_BGR))]
    for box, colour in boxes:
        if box is not None:
            first = (box.left - 1 - line_px, box.top - 1 - line_px)
            cv2.rectangle(picture, first, (box.right + line_px, box.bottom + line_px), colour, line_px)
    _, encoded = cv2.imencode(".png", picture)
    with atomic_file(place) as temporary:
        temporary.write_bytes(encoded.tobytes())  # OpenCV takes no path of any bytes
