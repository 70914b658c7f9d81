"""Letters as masks, from the fonts that are on every machine that runs this package, or from a folder of fonts.

Pillow carries Aileron (free of any licence; no µ, no Å) and the bitmap font of the X window system's Courier. OpenCV 5
carries Rubik (its zeros are slashed, as old instruments write them) and the Latin of Droid Sans. A folder adds what it
holds, sorted into roles by name: Times-like ``serif``, ``sans`` and ``mono`` faces make figures look as journals print
them. Nothing is looked for on the machine, so that the same seed draws the same picture wherever the same fonts are
given (and the same versions of those two libraries).

Sizes are heights of the digits in px.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from uniaims.errors import SettingsError

ROLES = ("sans", "serif", "mono", "bitmap")
_SERIF_WORDS, _MONO_WORDS = ("serif", "times", "stix", "roman"), ("mono", "courier", "consol", "typewriter")
_SKIPPED_WORDS = (
    "symbol", "math", "siz", "nonuni", "display", "lastresort", "icon", "emoji", "braille", "italic", "oblique",
    "light", "condensed",
)  # fmt: skip
_PROBE_PX = 200


@dataclass(frozen=True)
class Face:
    """A font: its source (``pillow``, ``opencv``, ``bitmap`` or ``file``), name or path, role, and if it is bold."""

    source: str
    name: str
    role: str
    bold: bool = False


@dataclass(frozen=True)
class Faces:
    """The fonts to choose from."""

    faces: tuple[Face, ...]

    def choose(self, role: str, bold: bool, rng: np.random.Generator) -> Face:
        """A face for `role`, of the wanted weight if there is one; ``sans`` stands in for a role without faces."""
        fitting = [face for face in self.faces if face.role == role]
        fitting = fitting or [face for face in self.faces if face.role == "sans"]
        heavy = [face for face in fitting if face.bold == bold]
        pool = heavy or fitting
        return pool[int(rng.integers(len(pool)))]


@dataclass(frozen=True, eq=False)
class Letters:
    """A line of text: `mask` (h, w) uint8 cut to the ink, and the row of the `baseline` counted from its top."""

    mask: NDArray[np.uint8]
    baseline: int
    text: str

    @property
    def width(self) -> int:
        """Columns of ink."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Rows of ink."""
        return int(self.mask.shape[0])


@dataclass(frozen=True)
class Lettering:
    """How text looks: a face and what is done to it.

    Attributes:
        face: the font.
        weight: how much bolder the strokes get, as a share of the size.
        stretch: width over natural width.
        slant: shear to the right, px per px of height.
        monospaced: whether each letter takes the same width.
        grain_px: side of the square dots that letters are made of; 0 for smooth ones.
        dotted: whether a pixel is left free between the dots.
    """

    face: Face
    weight: float = 0.0
    stretch: float = 1.0
    slant: float = 0.0
    monospaced: bool = False
    grain_px: int = 0
    dotted: bool = False


def installed_faces(folder: Path | None = None) -> Faces:
    """The fonts inside Pillow and OpenCV, and those in `folder` (``.ttf``, ``.otf``; searched in depth).

    Raises:
        SettingsError: if `folder` is no folder or has no usable font.
    """
    own = [Face("pillow", "aileron", "sans"), Face("bitmap", "courier", "bitmap"), Face("bitmap", "courier", "mono")]
    if hasattr(cv2, "FontFace"):
        own += [
            Face("opencv", "uni", "sans"),
            Face("opencv", "sans", "mono"),
            Face("opencv", "sans", "mono", bold=True),
        ]
    return Faces(tuple(own + ([] if folder is None else _faces_in(folder))))


def letters(text: str, size_px: float, lettering: Lettering) -> Letters:
    """Draw `text` with digits `size_px` high; characters that the face lacks are spelt as `spelt` says."""
    text = spelt(text, lettering.face)
    if not text.strip():
        return Letters(np.zeros((1, 1), np.uint8), 0, text)
    size = max(size_px, 4.0) / max(1, lettering.grain_px)
    drawn = _monospaced(text, size, lettering) if lettering.monospaced else _drawn(text, size, lettering.face)
    mask, baseline = _reshaped(drawn.mask, drawn.baseline, size, lettering)
    rows, columns = np.flatnonzero(mask.max(1) > 24), np.flatnonzero(mask.max(0) > 24)
    if not rows.size:
        return Letters(mask, baseline, text)
    cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Letters(np.ascontiguousarray(cut), baseline - int(rows[0]), text)


def spelt(text: str, face: Face) -> str:
    """`text` with µ as u, Å as A and × as x where the face has no such glyph."""
    missing = {"pillow": "µμÅ×", "bitmap": "μ"}.get(face.source, "")
    spelling = {"µ": "u", "μ": "µ" if face.source == "bitmap" else "u", "Å": "A", "×": "x"}
    return "".join(spelling[letter] if letter in missing else letter for letter in text)


def _faces_in(folder: Path) -> list[Face]:
    if not folder.is_dir():
        raise SettingsError(f"fonts is {folder}: wanted a folder of .ttf or .otf files. Give one, or none.")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".ttf", ".otf"})
    faces = [_named(path) for path in paths if not any(word in path.stem.lower() for word in _SKIPPED_WORDS)]
    if not faces:
        raise SettingsError(f"{folder} has no .ttf or .otf font: give a folder with some, or none.")
    return faces


def _named(path: Path) -> Face:
    name = path.stem.lower()
    serif = any(word in name for word in _SERIF_WORDS) and "sans" not in name
    role = "mono" if any(word in name for word in _MONO_WORDS) else "serif" if serif else "sans"
    return Face("file", str(path), role, bold="bold" in name)


def _drawn(text: str, size: float, face: Face) -> Letters:
    """`text` in one face, unchanged, with room around it."""
    if face.source == "bitmap":
        return _bitmap(text, size)
    if face.source == "opencv":
        return _opencv(text, size, face)
    return _freetype(text, size, face)


def _freetype(text: str, size: float, face: Face) -> Letters:
    font = _font(face, round(size / _digit_share(face) * 4) / 4)
    mask, offset = font.getmask2(text, mode="L", anchor="ls")
    array = np.asarray(mask, dtype=np.uint8).reshape(mask.size[1], mask.size[0])
    return Letters(np.pad(array, 2), 2 - int(offset[1]), text)


def _opencv(text: str, size: float, face: Face) -> Letters:
    height = max(4, round(size / _digit_share(face)))
    mask = np.zeros((2 * height, int(height * (1.0 + 0.9 * len(text)))), np.uint8)
    baseline = round(1.4 * height)
    cv2.putText(mask, text, (height // 2, baseline), 255, _opencv_face(face.name), height, 700 if face.bold else 400)
    return Letters(mask, baseline, text)


def _bitmap(text: str, size: float) -> Letters:
    """The bitmap font, its digits 7 px high, enlarged by whole factors, then to size."""
    font = ImageFont.load_default_imagefont()
    mask = font.getmask(text)
    array = np.asarray(mask, dtype=np.uint8).reshape(mask.size[1], mask.size[0])
    factor = max(1, round(size / 7))
    whole = np.kron((array > 0).astype(np.uint8) * np.uint8(255), np.ones((factor, factor), np.uint8))
    return Letters(np.pad(whole, 2 * factor), 11 * factor, text)


def _monospaced(text: str, size: float, lettering: Lettering) -> Letters:
    """Letters one by one, each in the middle of a cell."""
    cell = max(4, round(0.95 * size))
    drawn = [_drawn(letter, size, lettering.face) for letter in text if letter != " "]
    above = max(glyph.baseline for glyph in drawn)
    below = max(glyph.mask.shape[0] - glyph.baseline for glyph in drawn)
    reach = max(glyph.mask.shape[1] for glyph in drawn)
    mask = np.zeros((above + below, cell * len(text) + 2 * reach), np.uint8)
    glyphs = iter(drawn)
    for index, letter in enumerate(text):
        if letter == " ":
            continue
        glyph = next(glyphs)
        ink = np.flatnonzero(glyph.mask.max(0) > 24)
        shape = glyph.mask[:, ink[0] : ink[-1] + 1] if ink.size else glyph.mask
        left, top = reach + round(cell * (index + 0.5) - shape.shape[1] / 2), above - glyph.baseline
        part = mask[top : top + shape.shape[0], left : left + shape.shape[1]]
        np.maximum(part, shape, out=part)
    return Letters(mask, above, text)


def _reshaped(
    mask: NDArray[np.uint8], baseline: int, size: float, lettering: Lettering
) -> tuple[NDArray[np.uint8], int]:
    """Bolden, stretch, slant and coarsen."""
    if lettering.weight > 0:
        mask = _bolder(mask, lettering.weight * size)
    if lettering.grain_px:
        mask = np.where(mask > 110, np.uint8(255), np.uint8(0))
    height, width = mask.shape
    if lettering.stretch != 1.0 or lettering.slant:
        reach = lettering.slant * height
        wide = max(1, round(width * lettering.stretch + abs(reach)))
        matrix = np.array(
            [[lettering.stretch, -lettering.slant, lettering.slant * baseline + max(0.0, -reach)], [0, 1, 0]]
        )
        mask = cv2.warpAffine(np.pad(mask, 0), matrix, (wide, height), flags=cv2.INTER_LINEAR)
    if lettering.grain_px > 1:
        dot = np.ones((lettering.grain_px, lettering.grain_px), np.uint8)
        if lettering.dotted:
            dot[-1], dot[:, -1] = 0, 0
        mask = np.kron(mask, dot)
        baseline *= lettering.grain_px
    return np.asarray(mask, dtype=np.uint8), baseline


def _bolder(mask: NDArray[np.uint8], reach_px: float) -> NDArray[np.uint8]:
    """Strokes wider by `reach_px`: whole pixels by dilation, the rest mixed in."""
    whole = int(reach_px)
    wide = (
        cv2.dilate(np.pad(mask, ((0, 0), (0, 2))), np.ones((1, whole + 1), np.uint8))
        if whole
        else np.pad(mask, ((0, 0), (0, 2)))
    )
    wider = cv2.dilate(wide, np.ones((1, 2), np.uint8))
    share = reach_px - whole
    return np.asarray(np.rint(wide * (1 - share) + wider * share), dtype=np.uint8)


@lru_cache(maxsize=256)
def _font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    font: Any = ImageFont.load_default(size) if face.source == "pillow" else ImageFont.truetype(face.name, size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise SettingsError("Pillow has no FreeType here: wanted one with it. Install Pillow from its wheels.")
    return font


@lru_cache(maxsize=8)
def _opencv_face(name: str) -> Any:
    return cv2.FontFace(name)


@lru_cache(maxsize=256)
def _digit_share(face: Face) -> float:
    """Height of the digits over the nominal size."""
    if face.source == "opencv":
        mask = np.zeros((2 * _PROBE_PX, 2 * _PROBE_PX), np.uint8)
        cv2.putText(mask, "0", (20, int(1.5 * _PROBE_PX)), 255, _opencv_face(face.name), _PROBE_PX, 400)
        return float((mask.max(1) > 127).sum() / _PROBE_PX)
    _, top, _, bottom = _font(face, float(_PROBE_PX)).getbbox("0", anchor="ls")
    return float((bottom - top) / _PROBE_PX)
