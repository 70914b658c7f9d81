"""Random changes of grey levels, as microscopes and publishers make them; float32 (H, W), about 0..1, in and out."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Gray = NDArray[np.float32]
GAUSSIAN_DOSE = 40.0
LETTERS = list("abcdefghABCDEFGH0123456789 nm()=.%")
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def invert(gray: Gray, rng: Generator) -> Gray:
    """Dark for bright: TEM against SEM, bright field against fluorescence."""
    del rng
    return (np.float32(1.0) - gray).astype(np.float32)


def gamma(gray: Gray, rng: Generator) -> Gray:
    """A power law of the grey levels, exponent 0.5 to 2."""
    exponent = np.float32(np.exp(rng.uniform(-0.7, 0.7)))
    brightened: Gray = np.power(np.clip(gray, 0, None), exponent, dtype=np.float32)
    return brightened


def contrast(gray: Gray, rng: Generator) -> Gray:
    """Other brightness and contrast settings of the detector, with clipping."""
    gain, offset = rng.uniform(0.5, 1.6), rng.uniform(-0.25, 0.25)
    changed: Gray = np.clip((gray - 0.5) * np.float32(gain) + np.float32(0.5 + offset), -0.2, 1.2)
    return changed


def shot_noise(gray: Gray, rng: Generator) -> Gray:
    """Poisson noise of 10 to 300 electrons at white; above 40 as Gaussian noise, which is faster."""
    dose = float(np.exp(rng.uniform(np.log(10), np.log(300))))
    level: Gray = np.clip(gray, 0, None)
    if dose <= GAUSSIAN_DOSE:
        return (rng.poisson(level * dose) / dose).astype(np.float32)
    noise = rng.standard_normal(gray.shape, dtype=np.float32)
    noisy: Gray = (level + np.sqrt(level / np.float32(dose)) * noise).astype(np.float32)
    return noisy


def gaussian_noise(gray: Gray, rng: Generator) -> Gray:
    """Read noise, white or slightly correlated."""
    noise = rng.standard_normal(gray.shape, dtype=np.float32)
    if rng.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.5, 1.2)))
    return gray + noise * np.float32(rng.uniform(0.02, 0.15) / max(float(noise.std()), 1e-6))


def blur(gray: Gray, rng: Generator) -> Gray:
    """The spread of the beam, with astigmatism."""
    sigma_x, sigma_y = (float(sigma) for sigma in rng.uniform(0.4, 2.0, 2))
    blurred: Gray = cv2.GaussianBlur(gray, (0, 0), sigma_x, sigmaY=sigma_y).astype(np.float32)
    return blurred


def sharpen(gray: Gray, rng: Generator) -> Gray:
    """The unsharp mask that many figures went through."""
    smooth: Gray = cv2.GaussianBlur(gray, (0, 0), 1.5).astype(np.float32)
    return gray + np.float32(rng.uniform(0.3, 1.5)) * (gray - smooth)


def uneven_light(gray: Gray, rng: Generator) -> Gray:
    """A smooth change of brightness over the image: shadow, charging, uneven thickness."""
    corners = rng.uniform(-0.35, 0.35, (4, 4)).astype(np.float32)
    light: Gray = cv2.resize(corners, gray.shape[::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return gray + light


def scan_lines(gray: Gray, rng: Generator) -> Gray:
    """Row-wise gain changes of a scanning beam."""
    rows = rng.standard_normal((gray.shape[0], 1)).astype(np.float32)
    return gray + rows * np.float32(rng.uniform(0.01, 0.06))


def jpeg(gray: Gray, rng: Generator) -> Gray:
    """Publication: 8 bits and JPEG."""
    eight_bit = (np.clip(gray, 0, 1) * 255).astype(np.uint8)
    encoded = cv2.imencode(".jpg", eight_bit, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 90))])[1]
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), dtype=np.float32)
    return decoded / np.float32(255)


def defocus(gray: Gray, rng: Generator) -> Gray:
    """The blur disc of a lens out of focus, radius 1 to 3 px: edges become ramps, not bells."""
    radius = float(rng.uniform(1.0, 3.0))
    reach = np.arange(-np.ceil(radius), np.ceil(radius) + 1)
    disc = np.clip(radius + 0.5 - np.hypot(reach[:, None], reach[None, :]), 0, 1).astype(np.float32)
    blurred: Gray = cv2.filter2D(gray, cv2.CV_32F, disc / disc.sum(), borderType=cv2.BORDER_REFLECT_101)
    return blurred


def line_jitter(gray: Gray, rng: Generator) -> Gray:
    """Rows shifted sideways by vibration and stray fields: a slow wave and a random part, about half a pixel."""
    height, width = gray.shape
    rows = np.arange(height, dtype=np.float32)
    wave = np.sin(rows * np.float32(rng.uniform(0.02, 0.6)) + np.float32(rng.uniform(0, 6.3)))
    shift = wave * np.float32(rng.uniform(0, 0.8))
    shift = shift + rng.standard_normal(height, dtype=np.float32) * np.float32(rng.uniform(0.1, 0.5))
    across = np.arange(width, dtype=np.float32)[None, :] + shift[:, None]
    down = np.broadcast_to(rows[:, None], gray.shape).astype(np.float32)
    shifted: Gray = cv2.remap(gray, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return shifted.astype(np.float32)


def charging(gray: Gray, rng: Generator) -> Gray:
    """Bright spots that glow, each with a tail along its scan lines, bright or dark, that fades behind it."""
    height, width = gray.shape
    glow = np.zeros(gray.shape, np.float32)
    for _ in range(int(rng.integers(1, 5))):
        row, column = int(rng.integers(height)), int(rng.integers(width))
        size = float(rng.uniform(2, 0.08 * height))
        rows = np.exp(-(((np.arange(height) - row) / size) ** 2)).astype(np.float32)
        behind = np.arange(width) - column
        fading = np.exp(-np.maximum(behind, 0) / rng.uniform(0.05 * width, 0.5 * width))
        tail = fading / (1 + np.exp(-np.clip(3 * behind / size, -50, 50)))
        spot = np.exp(-((behind / size) ** 2)).astype(np.float32)
        lines = rows[:, None] * (1 + 0.4 * rng.standard_normal((height, 1), dtype=np.float32))
        glow += np.float32(rng.uniform(0.1, 0.5)) * rows[:, None] * spot
        glow += np.float32(rng.uniform(-0.25, 0.25)) * lines * tail.astype(np.float32)
    return gray + glow


def annotation(gray: Gray, rng: Generator) -> Gray:
    """Panel letters, arrows, frames, scale bars with their text, drawn over the image in one or two colours."""
    for _ in range(int(rng.integers(1, 4))):
        drawn = np.zeros(gray.shape, np.uint8)
        place = int(rng.integers(0, gray.shape[1])), int(rng.integers(8, gray.shape[0]))
        DRAWINGS[int(rng.integers(len(DRAWINGS)))](drawn, place, rng)
        opacity = drawn.astype(np.float32) / np.float32(255)
        gray = gray + (np.float32(rng.choice((-0.1, 0.0, 0.5, 1.0, 1.1))) - gray) * opacity
    return gray


def _draw_text(drawn: NDArray[np.uint8], place: tuple[int, int], rng: Generator) -> None:
    text = "".join(rng.choice(LETTERS, int(rng.integers(1, 8))))
    font, thickness = FONTS[int(rng.integers(len(FONTS)))], int(rng.integers(1, 4))
    cv2.putText(drawn, text, place, font, float(rng.uniform(0.4, 1.6)), 255, thickness, cv2.LINE_AA)


def _draw_bar(drawn: NDArray[np.uint8], place: tuple[int, int], rng: Generator) -> None:
    length, thickness = int(rng.integers(20, 120)), int(rng.integers(2, 8))
    cv2.rectangle(drawn, place, (place[0] + length, place[1] + thickness), 255, -1)
    text = f"{rng.choice((1, 2, 5, 10, 20, 50, 100, 200, 500))} {rng.choice(('nm', 'um'))}"
    cv2.putText(drawn, text, (place[0], place[1] - 6), FONTS[0], float(rng.uniform(0.4, 0.9)), 255, 1, cv2.LINE_AA)


def _draw_arrow(drawn: NDArray[np.uint8], place: tuple[int, int], rng: Generator) -> None:
    end = place[0] + int(rng.integers(-60, 60)), place[1] + int(rng.integers(-60, 60))
    cv2.arrowedLine(drawn, place, end, 255, int(rng.integers(1, 4)), cv2.LINE_AA, tipLength=0.3)


def _draw_frame(drawn: NDArray[np.uint8], place: tuple[int, int], rng: Generator) -> None:
    end = place[0] + int(rng.integers(20, 120)), place[1] + int(rng.integers(20, 120))
    cv2.rectangle(drawn, place, end, 255, int(rng.integers(1, 3)))


DRAWINGS: tuple[Callable[[NDArray[np.uint8], tuple[int, int], Generator], None], ...] = (
    _draw_text,
    _draw_text,
    _draw_bar,
    _draw_arrow,
    _draw_frame,
)


def banner(gray: Gray, rng: Generator) -> tuple[Gray, NDArray[np.bool_]]:
    """An instrument's data bar over the lower or upper edge, or a box with a panel letter.

    Banners are cut off before an image is segmented; this is for those that are not recognised. Gives the image and
    what is covered, (H, W) bool.
    """
    height, width = gray.shape
    if rng.random() < 0.6:
        depth = int(rng.uniform(0.08, 0.25) * height)
        rows = slice(height - depth, height) if rng.random() < 0.85 else slice(0, depth)
        return _covered(gray, (rows, slice(0, width)), int(rng.integers(2, 7)), rng)
    side = int(rng.uniform(0.08, 0.2) * height)
    top, left = int(rng.integers(0, height - side)), int(rng.integers(0, width - side))
    return _covered(gray, (slice(top, top + side), slice(left, left + side)), 1, rng)


def _covered(gray: Gray, window: tuple[slice, slice], texts: int, rng: Generator) -> tuple[Gray, NDArray[np.bool_]]:
    """A window filled with black on white or white on black letters, and where it is."""
    covered = np.zeros(gray.shape, np.bool_)
    covered[window] = True
    changed = gray.copy()
    paper, ink = rng.permutation([0.0, 1.0]).astype(np.float32)
    height, width = (part.stop - part.start for part in window)
    drawn = np.zeros((height, width), np.uint8)
    for _ in range(texts):
        place = int(rng.integers(-4, max(width * 3 // 4, 1))), int(rng.integers(height // 2, height))
        (_draw_text if texts == 1 or rng.random() < 0.8 else _draw_bar)(drawn, place, rng)
    changed[window] = paper + (ink - paper) * drawn.astype(np.float32) / np.float32(255)
    return changed, covered


CHANGES: tuple[tuple[float, Callable[[Gray, Generator], Gray]], ...] = (
    (0.15, invert),
    (0.35, gamma),
    (0.4, contrast),
    (0.2, uneven_light),
    (0.1, charging),
    (0.2, blur),
    (0.05, defocus),
    (0.1, sharpen),
    (0.2, shot_noise),
    (0.25, gaussian_noise),
    (0.1, scan_lines),
    (0.1, line_jitter),
    (0.15, annotation),
    (0.2, jpeg),
)
"""Probability and change, in the order in which they happen."""


def change_gray(gray: Gray, rng: Generator) -> Gray:
    """Apply each change with its probability; (H, W) float32 -> the same."""
    for probability, change in CHANGES:
        if rng.random() < probability:
            gray = change(gray, rng)
    return np.clip(gray, -0.5, 1.5).astype(np.float32)
