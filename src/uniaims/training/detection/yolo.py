"""Drawn scale bars as a folder in YOLO's layout, for detectors that other programs train.

::

    images/train/000001.jpg   labels/train/000001.txt      a line for each region: class, middle x, y, width, height
    images/val/000000.jpg     labels/val/000000.txt        as fractions of the picture
    data.yaml                 names of the classes

Styles of the pictures to validate on are in none to train on; held-out styles (`is_held_out`) are in neither.
"""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from uniaims.atomic import atomic_file
from uniaims.errors import OutputError, SettingsError
from uniaims.progress import Progress
from uniaims.settings import needed, setting
from uniaims.synthesis.scalebars import Drawn, Style, installed_faces, mixed_style, training_styles
from uniaims.training.detection.sampling import (
    CLASSES,
    MIXED_SHARE,
    Regions,
    at_scale,
    random_picture,
    read_backgrounds,
    regions_of,
)

DESCRIPTION, SETTINGS_FILE = "data.yaml", "settings.json"
VALIDATION_IN = 10
"""One picture, and about one style, in so many is to validate on."""
_JPEG_QUALITY = 95


@dataclass(frozen=True)
class YoloExport:
    """What is drawn; sizes in px."""

    backgrounds: Path = needed("Folder of grey micrographs without text or bars to draw on.")
    output: Path = needed("Folder to write; what it holds already is kept.")
    fonts: Path | None = setting(None, "Folder of further fonts to draw with.")
    count: int = setting(4000, "Pictures in all.")
    side_px: int = setting(1024, "Longer side of each.")
    seed: int = setting(0, "Seed of everything random.")

    def __post_init__(self) -> None:
        for name in ("count", "side_px"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name} = {getattr(self, name)}: wanted a number above 0.")


def write_yolo(settings: YoloExport, progress: Progress | None = None) -> Path:
    """Draw the pictures that the folder lacks; gives its ``data.yaml``.

    Picture n follows from seed, n, backgrounds and fonts: a folder can be filled in several goes, and enlarged later.

    Raises:
        InputError: if there are no backgrounds.
        SettingsError: if the folder was filled with another seed or size.
        OutputError: if a picture can't be written.
    """
    _claim(settings)
    backgrounds, faces = read_backgrounds(settings.backgrounds), installed_faces(settings.fonts)
    for number in range(settings.count):
        part = "train" if number % VALIDATION_IN else "val"
        label = settings.output / "labels" / part / f"{number:06d}.txt"
        if not label.exists():
            rng = np.random.default_rng((settings.seed, number))
            drawn = random_picture(backgrounds, rng, _styles(part, rng), faces)
            _write(at_scale(drawn, settings.side_px), settings.output / "images" / part / f"{number:06d}.jpg", label)
        if progress is not None:
            progress("drawing pictures", number + 1, settings.count)
    names = "".join(f"  {number}: {name}\n" for number, name in enumerate(CLASSES))
    with atomic_file(settings.output / DESCRIPTION) as temporary:
        temporary.write_text(f"train: images/train\nval: images/val\nnames:\n{names}", encoding="utf-8")
    return settings.output / DESCRIPTION


def validation_styles() -> tuple[str, ...]:
    """Names of the styles to validate on, by the hash of their names."""
    return tuple(
        name
        for name in training_styles()
        if int(sha256(f"validation {name}".encode()).hexdigest()[:8], 16) % VALIDATION_IN == 0
    )


def yolo_lines(regions: Regions, size: tuple[int, int]) -> str:
    """A line for each region of a picture of `size` (width, height)."""
    whole = np.array(size, np.float64)
    low, high = (np.clip(regions.boxes[:, part] / whole, 0, 1) for part in (slice(0, 2), slice(2, 4)))
    rows = np.concatenate([(low + high) / 2, high - low], axis=1)
    return "".join(
        f"{kind} " + " ".join(f"{value:.6f}" for value in row) + "\n"
        for kind, row in zip(regions.classes.tolist(), rows.tolist(), strict=True)
    )


def _styles(part: str, rng: np.random.Generator) -> tuple[Style | str, ...]:
    kept = validation_styles()
    if part == "val":
        return kept
    names = tuple(name for name in training_styles() if name not in kept)
    return (mixed_style(names, rng),) if rng.random() < MIXED_SHARE else names


def _write(drawn: Drawn, image: Path, label: Path) -> None:
    """Write picture and label; the label last, since what has one is taken for finished."""
    written, encoded = cv2.imencode(".jpg", drawn.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not written:
        raise OutputError(f"{image}: can't be written as JPEG ({drawn.image.shape}). Report it as an issue.")
    with atomic_file(image) as temporary:
        temporary.write_bytes(encoded.tobytes())
    with atomic_file(label) as temporary:
        temporary.write_text(yolo_lines(regions_of(drawn.truth), drawn.truth.size), encoding="utf-8")


def _claim(settings: YoloExport) -> None:
    """Keep the settings in the folder, or compare them with those that it was begun with."""
    place = settings.output / SETTINGS_FILE
    mine = {name: value for name, value in asdict(settings).items() if name in {"side_px", "seed"}}
    if not place.exists():
        with atomic_file(place) as temporary:
            temporary.write_text(json.dumps(mine) + "\n", encoding="utf-8")
        return
    known = json.loads(place.read_text(encoding="utf-8"))
    if known != mine:
        raise SettingsError(f"{settings.output} was begun with {known}, now {mine}: give the same, or another folder.")
