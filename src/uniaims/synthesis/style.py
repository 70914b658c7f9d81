"""Looks learnt from one to five images: grey levels, colours, shading by depth, noise and texture. No pixel is copied.

With labels, the law of grey levels is conditioned on the signed depth (how deep inside a body or how far outside a
pixel lies), and a slope by the direction to the rim catches one-sided light; bodies differ in brightness as they do in
the images, and what is left becomes a texture with the same power spectrum (random phases; Galerne et al. 2011) and the
same histogram, apart for bodies and background. Without labels, a rendered picture gets the histogram and the
noise of the images.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from uniaims.atomic import atomic_file
from uniaims.errors import InputError
from uniaims.synthesis.scenes import Scene

Float32 = NDArray[np.float32]
Generator = np.random.Generator
MOST_IMAGES = 5
_NEAR_PX = np.array([-6.5, -4.5, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.5, 6.5])
"""Limits of the bins beside a rim, in pixels; farther away depth counts relative to the body's size."""
_INNER = np.array([0.35, 0.55, 0.75, 0.9])
_OUTER = np.array([0.5, 1.0, 2.0])
_BINS = len(_NEAR_PX) + 1 + len(_INNER) + len(_OUTER)
_LEVELS = np.linspace(0.0, 1.0, 65)
_PATCH_PX = 64
_MOST_PATCHES = 400
_FEWEST_PX = 30
_FROM_10_TO_90 = 2.563
"""Distance of the 10th and the 90th percentile of a normal law in standard deviations."""
_LEAST_DEVIATION = 0.002
_UNSURE_PX = 3.0
_STEEPEST_SLOPE_RATIO = 2.5
_TAIL_SHARE = 0.005
"""Part of the darkest and of the brightest texture that isn't learnt: letters, dirt, holes in the film."""
_SLOW_PX = 10.0
"""Blur that takes the slow waves out of a body's texture: brightness and shading have them."""


@dataclass(frozen=True, eq=False)
class Style:
    """A look that was learnt; grey levels run from 0 to 1.

    Attributes:
        knows_depth: whether labels were there; the fields down to `spectra` are empty where not.
        means: (B,) mean grey level at each depth (see `_depth_bins`).
        slopes: (B, 2) change of the grey level with the direction (y, x) towards the nearest rim.
        deviations: (B,) standard deviation of the texture at each depth.
        offsets: (K,) what each body's brightness adds.
        quantiles: (2, 65) quantiles of the texture on the background and on bodies, in those deviations.
        spectra: (2, 64, 33) amplitude spectra of the texture on the background and on bodies, mean square 1.
        histogram: (65,) quantiles of all grey levels without noise.
        fine_spectrum: (64, 33) amplitude spectrum of what a 3 x 3 median takes away: noise.
        fine_deviation: its standard deviation.
        colours: (65, 3) RGB of each grey level, 0 to 1; (0, 3): the images are grey.
    """

    knows_depth: NDArray[np.bool_]
    means: Float32
    slopes: Float32
    deviations: Float32
    offsets: Float32
    quantiles: Float32
    spectra: Float32
    histogram: Float32
    fine_spectrum: Float32
    fine_deviation: NDArray[np.floating]
    colours: Float32

    @classmethod
    def learnt(cls, images: Sequence[NDArray[np.uint8]], labels: Sequence[NDArray[np.integer] | None] = ()) -> "Style":
        """Learn from 1 to 5 images (H, W) or (H, W, 3) uint8, and the labels (H, W) of those that have any.

        Raises:
            InputError: if there is no image, there are more than 5, or one is smaller than 64 px a side.
        """
        if not 1 <= len(images) <= MOST_IMAGES:
            raise InputError(f"{len(images)} images for a style: wanted 1 to {MOST_IMAGES}.")
        small = [image.shape[:2] for image in images if min(image.shape[:2]) < _PATCH_PX]
        if small:
            raise InputError(f"an image for a style has {small[0]} pixels: wanted at least {_PATCH_PX} a side.")
        greys = [_grey(image) for image in images]
        pairs = list(zip(greys, [*labels, *[None] * len(greys)], strict=False))
        known = [(grey, np.asarray(mask)) for grey, mask in pairs if mask is not None and np.any(mask)]
        fine = [grey - cv2.medianBlur(grey, 3) for grey in greys]
        law = _learnt_law(known) if known else _no_law()
        return cls(
            knows_depth=np.array(bool(known)),
            means=law.means,
            slopes=law.slopes,
            deviations=law.deviations,
            offsets=law.offsets,
            quantiles=law.quantiles,
            spectra=law.spectra,
            histogram=_quantiles(np.concatenate([_calm(grey).ravel() for grey in greys])),
            fine_spectrum=_spectrum([(rest, np.ones(rest.shape, bool)) for rest in fine]),
            fine_deviation=np.array(np.mean([rest.std() for rest in fine])),
            colours=_colours(images, greys),
        )

    def render(self, scene: Scene, rng: Generator) -> NDArray[np.uint8]:
        """Draw a picture of a scene, (H, W) or (H, W, 3) uint8; needs a style that was learnt with labels."""
        labels = scene.labels
        bins, toward_y, toward_x = _depth_bins(labels)
        on_body = labels > 0
        picture = self.means[bins] + self.slopes[bins, 0] * toward_y + self.slopes[bins, 1] * toward_x
        smooth = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.8)
        offsets = np.zeros(int(labels.max(initial=0)) + 1, np.float32)
        offsets[1:] = rng.choice(self.offsets, len(offsets) - 1)
        texture = [
            np.interp(_ranked(_drawn(self.spectra[part], on_body.shape, rng)), _LEVELS, self.quantiles[part])
            for part in (0, 1)
        ]
        strength = cv2.GaussianBlur(self.deviations[bins], (0, 0), 0.8)
        offset = cv2.GaussianBlur(offsets[labels], (0, 0), 0.8)
        grey = smooth + offset + strength * np.where(on_body, texture[1], texture[0])
        return self._coloured(np.clip(grey, 0, 1).astype(np.float32))

    def match(self, image: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
        """Give a rendered picture (H, W) or (H, W, 3) uint8 the noise, grey levels and colours that were learnt."""
        grey = _grey(image)
        calm = _calm(grey)
        missing = float(self.fine_deviation) ** 2 - float((calm - cv2.medianBlur(calm, 3)).var())
        noise = _drawn(self.fine_spectrum, grey.shape, rng) * np.float32(np.sqrt(max(missing, 0.0)))
        return self._coloured(np.clip(_levelled(calm, self.histogram) + noise, 0, 1).astype(np.float32))

    def save(self, path: Path) -> None:
        """Write everything into one .npz file."""
        with atomic_file(path) as temporary:
            np.savez_compressed(temporary, **{item.name: getattr(self, item.name) for item in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Style":
        """Read what `save` wrote.

        Raises:
            InputError: if the file can't be read.
        """
        try:
            with np.load(path) as stored:
                return cls(**{item.name: stored[item.name] for item in fields(cls)})
        except (OSError, KeyError, ValueError) as error:
            raise InputError(f"{path}: no readable style ({error}). Learn it again with --style.") from error

    def _coloured(self, grey: Float32) -> NDArray[np.uint8]:
        if not len(self.colours):
            return np.rint(grey * 255).astype(np.uint8)
        channels = [np.interp(grey, _LEVELS, self.colours[:, channel]) for channel in range(3)]
        return np.rint(np.stack(channels, axis=-1) * 255).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class _Law:
    """The part of a style that needs labels."""

    means: Float32
    slopes: Float32
    deviations: Float32
    offsets: Float32
    quantiles: Float32
    spectra: Float32


def _no_law() -> _Law:
    nothing, pairs = np.zeros(0, np.float32), np.zeros((2, 0), np.float32)
    return _Law(nothing, pairs.T, nothing, nothing, pairs, pairs[..., None])


def _learnt_law(known: list[tuple[Float32, NDArray[np.integer]]]) -> _Law:
    depths = [_depth_bins(labels) for _, labels in known]
    bins = np.concatenate([part[0].ravel() for part in depths])
    directions = np.column_stack([np.concatenate([part[axis].ravel() for part in depths]) for axis in (1, 2)])
    greys = np.concatenate([grey.ravel() for grey, _ in known])
    means, slopes = _fit(bins, directions, greys)
    offsets, textures = [], []
    for (grey, labels), (image_bins, toward_y, toward_x) in zip(known, depths, strict=True):
        expected = means[image_bins] + slopes[image_bins, 0] * toward_y + slopes[image_bins, 1] * toward_x
        rest = grey - expected.astype(np.float32)
        sums, counts = np.bincount(labels.ravel(), rest.ravel()), np.bincount(labels.ravel())
        shares = (sums / np.maximum(counts, 1)).astype(np.float32)
        shares[0] = 0
        offsets.append(shares[1:][counts[1:] >= _FEWEST_PX])
        textures.append((_without_slow_waves(rest - shares[labels], labels > 0), labels > 0))
    deviations = _deviations(bins, np.concatenate([rest.ravel() for rest, _ in textures]))
    textures = [(rest / deviations[part[0]], on_body) for (rest, on_body), part in zip(textures, depths, strict=True)]
    found = np.concatenate(offsets)
    quantiles = [
        _without_tails(np.concatenate([rest[on_body == part] for rest, on_body in textures])) for part in (False, True)
    ]
    spectra = [_spectrum([(rest, on_body == part) for rest, on_body in textures]) for part in (False, True)]
    offsets_found = found if len(found) else np.zeros(1, np.float32)
    return _Law(means, slopes, deviations, offsets_found, np.stack(quantiles), np.stack(spectra))


def _deviations(bins: NDArray[np.int64], rest: Float32) -> Float32:
    """Robust standard deviation at each depth, (B,); depths that were not seen get that of their neighbours."""
    found = np.full(_BINS, np.nan)
    for number in range(_BINS):
        chosen = rest[bins == number]
        if len(chosen) >= _FEWEST_PX:
            low, high = np.quantile(chosen, (0.1, 0.9))
            found[number] = max((high - low) / _FROM_10_TO_90, _LEAST_DEVIATION)
    known = np.flatnonzero(np.isfinite(found))
    filled = np.interp(np.arange(_BINS), known, found[known])
    first, middle, last = np.searchsorted(_NEAR_PX, (-_UNSURE_PX, 0.0, _UNSURE_PX)) + len(_OUTER)
    outside, inside = slice(first + 1, middle + 1), slice(middle + 1, last + 1)
    for beside, calm in ((outside, first), (inside, last + 1)):  # there the labels' own errors look like texture
        filled[beside] = np.minimum(filled[beside], filled[calm])
    return np.asarray(filled, dtype=np.float32)


def _fit(bins: NDArray[np.int64], directions: NDArray[np.floating], greys: Float32) -> tuple[Float32, Float32]:
    """Mean grey level and its slopes by direction, at each depth; empty depths are filled from their neighbours."""
    means, slopes = np.full(_BINS, np.nan), np.zeros((_BINS, 2))
    for number in range(_BINS):
        chosen = np.flatnonzero(bins == number)
        if len(chosen) < _FEWEST_PX:
            continue
        terms = np.column_stack([np.ones(len(chosen)), directions[chosen]])
        gram = terms.T @ terms + np.diag([0, 1, 1])
        means[number], *slopes[number] = np.linalg.solve(gram, terms.T @ greys[chosen])
    filled = np.flatnonzero(np.isfinite(means))
    means = np.interp(np.arange(_BINS), filled, means[filled])
    return means.astype(np.float32), slopes.astype(np.float32)


def _depth_bins(labels: NDArray[np.integer]) -> tuple[NDArray[np.int64], Float32, Float32]:
    """Bin of the signed depth, and the unit direction (y, x) to the nearest rim, of each pixel (H, W).

    Bins run from the open background over the rim to the middle of bodies: pixels count near the rim, farther in
    the part of the body's greatest depth, farther out the bodies' typical radius.
    """
    checked = np.asarray(labels).astype(np.int64)
    rim = np.zeros(checked.shape, bool)
    rim[:-1] |= checked[:-1] != checked[1:]
    rim[:, :-1] |= checked[:, :-1] != checked[:, 1:]
    inside = checked > 0
    distance = cv2.distanceTransform((~rim).astype(np.uint8), cv2.DIST_L2, 5) + 0.5
    deepest = np.zeros(int(checked.max(initial=0)) + 1, np.float32)
    np.maximum.at(deepest, checked.ravel(), distance.ravel())
    radius = float(np.median(deepest[1:][deepest[1:] > 0])) if (deepest[1:] > 0).any() else 1.0
    bins = np.searchsorted(_NEAR_PX, np.where(inside, distance, -distance)) + len(_OUTER)
    relative = distance / np.where(inside, np.maximum(deepest[checked], 1), np.maximum(radius, 1)).astype(np.float32)
    deep, open_ground = inside & (distance > _NEAR_PX[-1]), ~inside & (distance > -_NEAR_PX[0])
    bins[deep] += np.searchsorted(_INNER, relative[deep])
    bins[open_ground] -= np.searchsorted(_OUTER, relative[open_ground])
    smooth = cv2.GaussianBlur(np.where(inside, distance, -distance).astype(np.float32), (0, 0), 1.0)
    along_y, along_x = np.gradient(smooth)
    length = np.maximum(np.hypot(along_y, along_x), 1e-3)
    return bins.astype(np.int64), (-along_y / length).astype(np.float32), (-along_x / length).astype(np.float32)


def _grey(image: NDArray[np.uint8]) -> Float32:
    grey = image if image.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, dtype=np.float32) / np.float32(255)


def _colours(images: Sequence[NDArray[np.uint8]], greys: Sequence[Float32]) -> Float32:
    """Mean RGB of each grey level of the images that have colours, (65, 3) from 0 to 1; (0, 3) if none has."""
    pairs = [
        (image, grey)
        for image, grey in zip(images, greys, strict=True)
        if image.ndim == 3 and np.abs(image - image.mean(axis=-1, keepdims=True)).mean() > 1
    ]
    if not pairs:
        return np.zeros((0, 3), np.float32)
    pixels = np.concatenate([image.reshape(-1, 3) for image, _ in pairs]) / 255
    levels = np.rint(np.concatenate([grey.ravel() for _, grey in pairs]) * (len(_LEVELS) - 1)).astype(np.int64)
    counts = np.bincount(levels, minlength=len(_LEVELS))
    seen = np.flatnonzero(counts)
    means = [np.bincount(levels, pixels[:, channel], len(_LEVELS))[seen] / counts[seen] for channel in range(3)]
    return np.stack([np.interp(_LEVELS, _LEVELS[seen], mean) for mean in means], axis=-1).astype(np.float32)


def _calm(grey: Float32) -> Float32:
    """Take most of the noise away."""
    return np.asarray(cv2.GaussianBlur(cv2.medianBlur(grey, 3), (0, 0), 0.6), dtype=np.float32)


def _levelled(grey: Float32, histogram: Float32) -> Float32:
    """Grey levels moved towards a histogram (65,), no contrast steeper than a few times the mean one.

    A full match would blow the noise of an even ground up to the contrast of whole bodies.
    """
    limits = _quantiles(grey.ravel())
    steps, wanted = np.maximum(np.diff(limits), 1e-6), np.diff(histogram)
    mean_slope = (histogram[-3] - histogram[2]) / max(limits[-3] - limits[2], 1e-6)
    rises = np.minimum(wanted, _STEEPEST_SLOPE_RATIO * mean_slope * steps)
    rises += (wanted.sum() - rises.sum()) * steps / steps.sum()
    levels = histogram[0] + np.concatenate([[0.0], np.cumsum(rises)])
    places = limits[0] + np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.interp(grey, places, levels), dtype=np.float32)


def _quantiles(values: NDArray[np.floating]) -> Float32:
    return np.asarray(np.quantile(values, _LEVELS), dtype=np.float32)


def _without_tails(values: NDArray[np.floating]) -> Float32:
    """Quantiles (65,) without the far ends, mean 0; zeros where there is nothing."""
    if not len(values):
        return np.zeros(len(_LEVELS), np.float32)
    kept = np.quantile(values, _TAIL_SHARE + (1 - 2 * _TAIL_SHARE) * _LEVELS)
    return np.asarray(kept - kept.mean(), dtype=np.float32)


def _without_slow_waves(rest: Float32, on_body: NDArray[np.bool_]) -> Float32:
    """What is left of the bodies' texture without its slow waves; the background stays as it is."""
    weights = on_body.astype(np.float32)
    blurred = cv2.GaussianBlur(rest * weights, (0, 0), _SLOW_PX)
    slow = blurred / np.maximum(cv2.GaussianBlur(weights, (0, 0), _SLOW_PX), 1e-3)
    return np.where(on_body, rest - slow, rest).astype(np.float32)


def _spectrum(parts: list[tuple[Float32, NDArray[np.bool_]]]) -> Float32:
    """Amplitude spectrum (64, 33) of textures from windows that lie mostly in their masks, mean square 1."""
    window = np.outer(np.hanning(_PATCH_PX), np.hanning(_PATCH_PX)).astype(np.float32)
    power, weight = np.zeros((_PATCH_PX, _PATCH_PX // 2 + 1)), 0.0
    for rest, mask in parts:
        corners = (
            np.mgrid[0 : rest.shape[0] - _PATCH_PX + 1 : 24, 0 : rest.shape[1] - _PATCH_PX + 1 : 24].reshape(2, -1).T
        )
        filled = np.where(mask, rest, 0)
        shares = [float(mask[y : y + _PATCH_PX, x : x + _PATCH_PX].mean()) for y, x in corners]
        for index in np.argsort(shares)[::-1][:_MOST_PATCHES]:
            if shares[index] < 0.02:
                break
            y, x = corners[index]
            part = filled[y : y + _PATCH_PX, x : x + _PATCH_PX] * window
            power += np.abs(rfft2(part)) ** 2 * shares[index] ** 2
            weight += shares[index] ** 2
    amplitude = np.sqrt(power) if weight else np.ones((_PATCH_PX, _PATCH_PX // 2 + 1))
    amplitude[0, 0] = 0
    both_sides = 2 * (amplitude**2).sum() - (amplitude[:, 0] ** 2).sum() - (amplitude[:, -1] ** 2).sum()
    return np.asarray(amplitude / np.sqrt(max(both_sides, 1e-20)) * _PATCH_PX, dtype=np.float32)


def _drawn(spectrum: Float32, shape: tuple[int, int], rng: Generator) -> Float32:
    """Draw noise (H, W) of mean 0 and variance about 1 with an amplitude spectrum (64, 33)."""
    size = (next_fast_len(shape[0], real=True), next_fast_len(shape[1], real=True))
    rows = np.fft.fftfreq(size[0])[:, None] * _PATCH_PX + _PATCH_PX // 2
    columns = np.fft.rfftfreq(size[1])[None] * _PATCH_PX
    centred = np.fft.fftshift(spectrum, axes=0)
    across, down = (
        np.ascontiguousarray(np.broadcast_to(axis, (size[0], size[1] // 2 + 1)), dtype=np.float32)
        for axis in (columns, rows)
    )
    filtering = cv2.remap(centred, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    noise = irfft2(rfft2(rng.standard_normal(size, dtype=np.float32)) * filtering, s=size)[: shape[0], : shape[1]]
    return np.asarray((noise - noise.mean()) / max(float(noise.std()), 1e-9), dtype=np.float32)


def _ranked(noise: Float32) -> Float32:
    """Ranks of a nearly normal noise from 0 to 1, by its own quantiles."""
    limits = _quantiles(noise.ravel()) + 1e-6 * np.arange(len(_LEVELS))
    return np.asarray(np.interp(noise, limits, _LEVELS), dtype=np.float32)
