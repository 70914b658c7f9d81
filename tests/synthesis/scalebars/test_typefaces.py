"""Letters have the size that was asked for, from fonts that are always there."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars.typefaces import Face, Lettering, installed_faces, letters, spelt

FACES = installed_faces().faces


@pytest.mark.parametrize("face", FACES, ids=lambda face: f"{face.name} {face.role} {face.bold}")
@pytest.mark.parametrize("size", [14, 21, 42])
def test_digits_are_as_high_as_asked(face: Face, size: int) -> None:
    assert letters("0", size, Lettering(face)).height == pytest.approx(size, rel=0.12, abs=1)


@pytest.mark.parametrize("face", FACES, ids=lambda face: f"{face.name} {face.role} {face.bold}")
def test_letters_are_cut_to_their_ink_and_stand_on_the_baseline(face: Face) -> None:
    drawn = letters("20 nm", 20, Lettering(face))
    assert drawn.mask[0].any() and drawn.mask[-1].any() and drawn.mask[:, 0].any() and drawn.mask[:, -1].any()
    assert drawn.baseline == pytest.approx(drawn.height, abs=2)


def test_missing_glyphs_are_spelt() -> None:
    aileron = Face("pillow", "aileron", "sans")
    assert spelt("5 µm × 3 Å", aileron) == "5 um x 3 A"
    assert letters("5 µm", 20, Lettering(aileron)).text == "5 um"
    assert spelt("5 μm", Face("bitmap", "courier", "bitmap")) == "5 µm"


def test_no_face_draws_a_missing_glyph_box() -> None:
    """A letter that a font lacks is drawn as that font's empty box: no letter may look like another that is lacking."""
    for face in FACES:
        lacking = letters("\x00" if face.source == "bitmap" else "\U0010ffff", 40, Lettering(face)).mask
        for letter in "0aµxÅ":
            assert not np.array_equal(letters(letter, 40, Lettering(face)).mask, lacking), (face, letter)


@pytest.mark.parametrize(
    ("change", "wider"),
    [({"stretch": 1.5}, True), ({"stretch": 0.7}, False), ({"slant": 0.3}, True), ({"weight": 0.15}, True)],
)
def test_changes_show(change: dict[str, float], wider: bool) -> None:
    face = FACES[0]
    plain = letters("lllll", 24, Lettering(face))
    changed = letters("lllll", 24, Lettering(face, **change))  # type: ignore[arg-type]
    assert (changed.width > plain.width) == wider
    assert changed.height == pytest.approx(plain.height, abs=1)


def test_heavier_letters_have_more_ink() -> None:
    plain, heavy = (letters("100 nm", 24, Lettering(FACES[0], weight=weight)).mask for weight in (0.0, 0.1))
    assert heavy.sum() > 1.2 * plain.sum()


def test_monospaced_letters_take_the_same_width() -> None:
    one, two = (letters("1" * count + "0", 20, Lettering(FACES[0], monospaced=True)).width for count in (1, 4))
    assert two - one == pytest.approx(3 * 0.95 * 20, abs=2)


def test_grain_makes_square_dots() -> None:
    mask = letters("5", 36, Lettering(FACES[0], grain_px=4)).mask
    assert set(np.unique(mask)) == {0, 255}
    steps = np.flatnonzero(np.diff(mask.astype(int), axis=0).any(1)) + 1
    assert not (steps % 4).any()


def test_blank_text_has_no_ink() -> None:
    assert letters("  ", 20, Lettering(FACES[0])).mask.sum() == 0


def test_fonts_of_a_folder_get_roles_by_name(tmp_path: Path) -> None:
    font: ImageFont.FreeTypeFont = ImageFont.load_default(20)  # type: ignore[assignment]
    data = font.font_bytes
    for name in ("FreeSerif-Bold.ttf", "CourierMono.ttf", "Plain.ttf", "Plain-Oblique.ttf"):
        (tmp_path / name).write_bytes(data)
    added = installed_faces(tmp_path).faces[len(FACES) :]
    assert [(face.role, face.bold) for face in added] == [("mono", False), ("serif", True), ("sans", False)]
    assert letters("0", 30, Lettering(added[0])).height == pytest.approx(30, abs=2)


def test_folders_without_fonts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no \.ttf"):
        installed_faces(tmp_path)
    with pytest.raises(SettingsError, match="wanted a folder"):
        installed_faces(tmp_path / "absent")


def test_a_role_without_faces_falls_back_to_sans() -> None:
    assert installed_faces().choose("serif", bold=True, rng=np.random.default_rng(0)).role == "sans"


def test_opencv_faces_are_there_from_version_five() -> None:
    assert any(face.source == "opencv" for face in FACES) == hasattr(cv2, "FontFace")
