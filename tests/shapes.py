"""Shapes that flows and their kernels are tried on."""

import cv2
import numpy as np

from uniaims.flows import (
    Fields,
    FlowSettings,
)

EXACT = FlowSettings(minimum_area_px=0, hole_share=0)


EIGHT = np.ones((3, 3))


def canvas(draw, height=128, width=128):
    image = np.zeros((height, width), np.uint8)
    draw(image)
    return image.astype(np.uint32)


def ring(image):
    cv2.circle(image, (64, 64), 50, 1, -1)
    cv2.circle(image, (64, 64), 40, 0, -1)


def dumbbell(image):
    cv2.circle(image, (30, 64), 25, 1, -1)
    cv2.circle(image, (98, 64), 25, 1, -1)
    cv2.line(image, (30, 64), (98, 64), 1, 3)


def crescent(image):
    cv2.circle(image, (64, 64), 50, 1, -1)
    cv2.circle(image, (84, 64), 45, 0, -1)


def spiral(image):
    angle = np.linspace(0, 6 * np.pi, 2000)
    points = np.stack([64 + (4 + 2.9 * angle) * np.cos(angle), 64 + (4 + 2.9 * angle) * np.sin(angle)], 1)
    cv2.polylines(image, [np.round(points).astype(np.int32)], False, 1, 5)


def star(image):
    angle = np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2, 20, 60)
    points = np.stack([64 + reach * np.cos(angle), 64 + reach * np.sin(angle)], 1)
    cv2.fillPoly(image, [points.astype(np.int32)], 1)


def comb(image):
    cv2.rectangle(image, (5, 5), (120, 15), 1, -1)
    for x in range(5, 120, 12):
        cv2.rectangle(image, (x, 5), (x + 4, 120), 1, -1)


SHAPES = {
    "disc": lambda image: cv2.circle(image, (64, 64), 40, 1, -1),
    "ring": ring,
    "ring of one pixel": lambda image: cv2.circle(image, (64, 64), 50, 1, 1),
    "fibre": lambda image: cv2.line(image, (5, 10), (120, 110), 1, 3),
    "diagonal line": lambda image: cv2.line(image, (5, 10), (120, 110), 1, 1),
    "cut at the border": lambda image: cv2.circle(image, (0, 20), 30, 1, -1),
    "across the image": lambda image: cv2.line(image, (0, 10), (127, 10), 1, 1),
    "dumbbell": dumbbell,
    "crescent": crescent,
    "spiral": spiral,
    "star": star,
    "comb": comb,
    "whole image": lambda image: image.fill(1),
    "one pixel": lambda image: image.__setitem__((5, 5), 1),
}


def discs(size=256, pitch=32, radius=14, seed=0):
    random = np.random.default_rng(seed)
    image = np.zeros((size, size), np.int32)
    centres = [(x, y) for y in range(pitch // 2, size, pitch) for x in range(pitch // 2, size, pitch)]
    for number, (x, y) in enumerate(centres, 1):
        cv2.circle(image, (x + int(random.integers(-1, 2)), y), int(random.integers(8, radius)), number, -1)
    return image.astype(np.uint32)


def spoilt(fields, strength, seed=0):
    random = np.random.default_rng(seed)
    white = random.normal(size=(4, *fields.probability.shape)).astype(np.float32)
    grain = np.stack([cv2.GaussianBlur(noise, (0, 0), 1.0) for noise in white])
    grain /= grain.std()
    return Fields(
        fields.probability + strength / 3 * grain[0],
        fields.flow + strength * grain[1:3],
        fields.topography + strength / 3 * grain[3],
    )
