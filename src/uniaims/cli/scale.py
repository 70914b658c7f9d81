"""``uniaims scale``: the size of a pixel, from metadata or from the scale bar in the picture."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.cli.screen import say, say_error, say_warning
from uniaims.errors import SettingsError, UniaimsError

if TYPE_CHECKING:
    from uniaims.micrograph import Micrograph
    from uniaims.scalebar import Box, ScaleBar, ScaleReading
    from uniaims.scalebar.detections import Detector


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


def scale(
    images: Annotated[list[Path], typer.Argument(help="Image files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    overlay: Annotated[Path | None, typer.Option(help="Folder for pictures with the bar and its label marked.")] = None,
    bar: Annotated[
        str | None, typer.Option(help="Box of the bar, x0,y0,x1,y1 in pixels, to correct what was found.")
    ] = None,
    length: Annotated[str | None, typer.Option(help='What the bar in --bar stands for, such as "10 um".')] = None,
    keep: Annotated[Path | None, typer.Option(help="Folder in which the correction is kept as a sample.")] = None,
    detector: Annotated[
        Path | None, typer.Option(help="ONNX file of a trained scale bar detector; if not given, the built-in chain.")
    ] = None,
) -> None:
    """Say how large a pixel is, and from where this is known: metadata, or the scale bar in the picture."""
    if (bar is None) != (length is None) or (keep is not None and bar is None):
        raise SettingsError('--bar, --length and --keep belong together: --bar x0,y0,x1,y1 --length "10 um".')
    from uniaims.scalebar.detector import detector_at

    chosen, given = detector_at(detector), _given(bar, length, keep)
    rows, failed = [], False
    pictures = _pictures(images, overlay) if overlay else {}
    for image in images:
        try:
            found = _scale_of(image, given, chosen)
            if image in pictures:
                _write_overlay(found, pictures[image])
        except UniaimsError as error:
            if isinstance(error, SettingsError) and len(images) == 1:
                raise
            say_error(f"{image}: {error}")
            failed = True
            continue
        rows.append(_facts(found))
        if not as_json:
            _say(rows[-1])
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    raise typer.Exit(1 if failed else 0)


def _given(bar: str | None, length: str | None, keep: Path | None) -> "_Given | None":
    """The correction, read before any image is."""
    from uniaims.scalebar import parse_box, parse_length

    if bar is None or length is None:
        return None
    parse_length(length)
    return _Given(parse_box(bar), length, keep)


def _pictures(images: list[Path], folder: Path) -> dict[Path, Path]:
    """The file that each image is marked in; of images of one name in several folders the later ones get a number."""
    places: dict[Path, Path] = {}
    for image in images:
        names = (image.stem, *(f"{image.stem}-{number}" for number in range(2, len(images) + 1)))
        free = (folder / f"{name}.png" for name in names)
        places.setdefault(image, next(place for place in free if place not in places.values()))
    return places


def _scale_of(image: Path, given: "_Given | None", detector: "Detector | None") -> _Scale:
    from uniaims.micrograph import read_image
    from uniaims.scalebar import ScaleReading, given_scale, keep_sample, scan_scale

    micrograph = read_image(image)
    if given is None:
        return _Scale(image, micrograph, scan_scale(micrograph, detector))
    bar = given_scale(micrograph, given.box, given.length)
    if given.keep is not None:
        keep_sample(micrograph, bar, given.keep, image.stem)
    return _Scale(image, micrograph, ScaleReading(bar, acquisition=micrograph.acquisition))


def _facts(found: _Scale) -> dict[str, Any]:
    """The JSON of one image."""
    from dataclasses import asdict

    from uniaims.micrograph import PixelSize
    from uniaims.scalebar import box_list, resolve_pixel_size

    bar, corrected = found.bar, found.bar is not None and found.bar.text_box is None
    given = PixelSize(found.bar.pixel_size_nm, "scale bar") if found.bar and corrected else None
    resolved = resolve_pixel_size(found.micrograph, given, found.reading)
    warnings = [*found.micrograph.warnings, *resolved.warnings]
    if resolved.pixel_size is None and bar is None:
        warnings.append("There is no pixel size in the file and no scale bar that could be read surely.")
    acquisition = found.micrograph.acquisition.filled_from(found.reading.acquisition)
    return {
        "image": str(found.image),
        "pixel_size_nm": resolved.pixel_size.nm if resolved.pixel_size else None,
        "source": resolved.pixel_size.source if resolved.pixel_size else None,
        "bar_length_px": bar.length_px if bar else None,
        "bar_box": box_list(bar.box) if bar else None,
        "text_box": box_list(bar.text_box) if bar and bar.text_box else None,
        "text": bar.text if bar else None,
        "value": bar.value if bar else None,
        "unit": bar.unit if bar else None,
        "confidence": bar.confidence if bar else None,
        "warnings": warnings,
        "acquisition": {name: value for name, value in asdict(acquisition).items() if value is not None},
    }


def _say(facts: dict[str, Any]) -> None:
    from uniaims.micrograph import PixelSize

    if facts["pixel_size_nm"] is None:
        say(f"{facts['image']}: unknown")
    else:
        say(f"{facts['image']}: {PixelSize(facts['pixel_size_nm'])} per pixel ({facts['source']})")
    for warning in facts["warnings"]:
        say_warning(warning)


def _write_overlay(found: _Scale, place: Path) -> None:
    """The picture with the bar in red and its label in blue, as PNG."""
    import cv2

    from uniaims.atomic import atomic_file
    from uniaims.scalebar.scan import eight_bit

    picture = cv2.cvtColor(eight_bit(found.micrograph.gray()), cv2.COLOR_GRAY2BGR)
    boxes = [(found.bar.box, (40, 40, 230)), (found.bar.text_box, (230, 120, 20))] if found.bar else []
    for box, colour in boxes:
        if box is not None:
            cv2.rectangle(picture, (box.left - 2, box.top - 2), (box.right + 1, box.bottom + 1), colour, 1)
    with atomic_file(place) as temporary:
        cv2.imwrite(str(temporary), picture)
