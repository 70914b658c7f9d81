"""Pictures with scale bars, and lines of text, that several tests share."""

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph, PixelSize
from uniaims.scalebar import read_scale
from uniaims.scalebar.text import BLANK, PlacedLine, TextLine, text_models


def picture(label: str = "500 nm", bar: int = 200, noise: int = 8) -> NDArray[np.uint8]:
    """A noisy ground with a white bar of ``bar`` pixels and its label."""
    gray = np.clip(np.random.default_rng(0).normal(90, noise, (512, 640)), 0, 255).astype(np.uint8)
    cv2.rectangle(gray, (60, 470), (60 + bar - 1, 477), 255, -1)
    cv2.putText(gray, label, (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    return gray


def written(label: str = "500 nm") -> NDArray[np.uint8]:
    """A noisy ground with a label."""
    gray = picture(label)
    gray[466:482] = gray[366:382]
    return gray


def micrograph(array: NDArray[np.uint8], size: PixelSize | None = None) -> Micrograph:
    return Micrograph.from_array(array, size)


def length_of(gray: NDArray[np.uint8]) -> float | None:
    bar = read_scale(micrograph(gray))
    return bar and bar.length_px


def printed(text: str, bright: bool = True) -> NDArray[np.uint8]:
    gray = np.full((60, 26 * len(text) + 40), 60 if bright else 190, np.uint8)
    cv2.putText(gray, text, (20, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255 if bright else 0, 2, cv2.LINE_AA)
    return gray


def said(text: str, certainty: float = 0.97) -> TextLine:
    """A line of which the reader is sure, as the network would give it: a step of blank after each character."""
    characters = text_models().characters
    probabilities = np.full((2 * len(text) + 1, len(characters) + 1), (1 - certainty) / len(characters), np.float32)
    steps = tuple(2 * number + 1 for number in range(len(text)))
    probabilities[::2, BLANK] = certainty
    for step, character in zip(steps, text, strict=True):
        probabilities[step, characters.index(character) + 1] = certainty
    return TextLine(text, certainty, steps, np.log(probabilities))


def placed(*texts: str) -> list[PlacedLine]:
    """Lines below each other, far apart."""
    return [PlacedLine(Box(60 * row, 0, 60 * row + 20, 10 * len(text)), said(text)) for row, text in enumerate(texts)]
