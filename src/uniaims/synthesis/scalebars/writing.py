"""Many images with scale bars on disk: ``images/000000.png`` ... and ``truth.jsonl``, a line for each."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_folder
from uniaims.errors import InputError, OutputError, SettingsError
from uniaims.synthesis.scalebars.drawing import DrawSettings, random_scalebar
from uniaims.synthesis.scalebars.truth import ScaleBarTruth
from uniaims.synthesis.scalebars.typefaces import installed_faces

TRUTH_FILE = "truth.jsonl"


def write_scalebars(
    images: Sequence[NDArray[np.uint8]],
    count: int,
    folder: Path,
    seed: int,
    styles: tuple[str, ...] | None = None,
    settings: DrawSettings | None = None,
    fonts: Path | None = None,
) -> Path:
    """Write `count` images, each a random one of `images` with a random scale bar.

    The folder appears whole or not at all. The same arguments give the same bytes; image n is chosen by
    `seed` and n alone.

    Args:
        images: (H, W) or (H, W, 3) uint8, without bars of their own; any sequence, also one that reads when asked.
        count: how many to write.
        folder: to write; it must not exist.
        seed: of all choices.
        styles: names to choose from; None: all. `training_styles()` for training.
        settings: how images are drawn.
        fonts: folder of further fonts.

    Returns:
        The folder. Each line of ``truth.jsonl`` is a `ScaleBarTruth` with the image's name as ``image``.

    Raises:
        SettingsError: if there are no images, or `count` is below 1.
        OutputError: if the folder can't be written.
    """
    if not len(images) or count < 1:
        raise SettingsError(f"{len(images)} images and a count of {count}: wanted at least one of each.")
    faces = installed_faces(fonts)
    with atomic_folder(folder) as temporary:
        (temporary / "images").mkdir()
        with (temporary / TRUTH_FILE).open("w", encoding="utf-8") as lines:
            for index in range(count):
                rng = np.random.default_rng([seed, index])
                drawn = random_scalebar(images[int(rng.integers(len(images)))], rng, styles, settings, faces)
                name = f"images/{index:06d}.png"
                _write_png(temporary / name, drawn.image)
                lines.write(
                    json.dumps({"image": name}, ensure_ascii=False)[:-1] + ", " + drawn.truth.to_json()[1:] + "\n"
                )
    return folder


def read_truths(folder: Path) -> dict[Path, ScaleBarTruth]:
    """What `write_scalebars` wrote: path of each image and its truth.

    Raises:
        InputError: if the folder has no ``truth.jsonl``.
    """
    path = folder / TRUTH_FILE
    if not path.is_file():
        raise InputError(f"{folder} has no {TRUTH_FILE}: wanted a folder that write_scalebars wrote.")
    truths: dict[Path, ScaleBarTruth] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        image = folder / entry.pop("image")
        truths[image] = ScaleBarTruth.from_json(json.dumps(entry))
    return truths


def _write_png(path: Path, image: NDArray[np.uint8]) -> None:
    pixels = image if image.ndim == 2 else image[..., ::-1]
    written, encoded = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not written:
        raise OutputError(f"{path.name} can't be written as PNG: wanted (H, W) or (H, W, 3) uint8.")
    path.write_bytes(encoded.tobytes())
