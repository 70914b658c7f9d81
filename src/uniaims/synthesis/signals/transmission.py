"""Bright-field transmission: mass-thickness, phase contrast, diffraction contrast, carbon film.

The object's exit wave exp(-mass / 2 + i phase) goes through the lens: its spectrum is multiplied by exp(-i chi(k))
E(k) with chi(k) = pi lambda D k^2 + pi / 2 Cs lambda^3 k^4 and the envelope E of partial coherence (Williams and
Carter, Transmission Electron Microscopy, 2nd ed. 2009, chapter 28); the image is the wave's square. Lengths are in
pixels: `defocus_px` is sqrt(lambda abs(D)), the width of the first Fresnel fringe; `spherical_px` is (Cs
lambda^3)^(1/4).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft2, ifft2, next_fast_len

from uniaims.synthesis.ranges import drawn_log
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.crystal import bend_contours, lattice_fringes, thickness_fringes
from uniaims.synthesis.signals.ground import dust, largest_speck_px
from uniaims.synthesis.signals.sampling import sometimes
from uniaims.synthesis.signals.surface import Float32, distance_to, gain_by_body, smoothed
from uniaims.synthesis.textures import fractal_texture, grainy_texture

_PAD_PX = 24


@dataclass(frozen=True)
class Transmission:
    """Bright-field transmission look.

    `absorption` of a body of typical thickness; `contrast_spread` the spread from body to body (crystals in
    and out of diffraction); `mottling` the unevenness inside a body; `film` and `film_grain_px` contrast and grain of
    the carbon film; `cloud` its slow unevenness.

    `phase` the shift (radians) by a body of typical thickness, at most 6; `defocus_px` the width of the Fresnel
    fringe (negative: overfocus), 0 for none; `spherical_px` the lens' aberration; `envelope_px` the blur by partial
    coherence; `bend` the darkness of bend contours inside crystals; `fringes` contrast of thickness fringes;
    `lattice` contrast of lattice planes `lattice_px` apart; `stain` how dark the surroundings of the bodies are
    (negative staining, which makes them bright); `holes` the part of the film that is missing (lacey or holey
    film); `dust` dark specks per megapixel.
    """

    absorption: float = 1.4
    contrast_spread: float = 0.2
    mottling: float = 0.1
    film: float = 0.03
    film_grain_px: float = 2.0
    cloud: float = 0.03
    phase: float = 0.5
    defocus_px: float = 1.5
    spherical_px: float = 0.0
    envelope_px: float = 0.6
    bend: float = 0.0
    fringes: float = 0.0
    lattice: float = 0.0
    lattice_px: float = 4.0
    stain: float = 0.0
    holes: float = 0.0
    dust: float = 0.0

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "Transmission":
        """Draw a look for objects of about `diameter_px` pixels."""
        stain = sometimes(0.08, (0.3, 1.0), rng)
        crystalline = not stain and rng.random() < 0.5
        return cls(
            absorption=drawn_log((0.1, 0.4), rng) if stain else drawn_log((0.6, 5.0), rng),
            contrast_spread=rng.uniform(0.0, 0.35),
            mottling=rng.uniform(0.0, 0.2),
            film=drawn_log((0.003, 0.08), rng),
            film_grain_px=rng.uniform(1.0, 3.0),
            cloud=sometimes(0.6, (0.0, 0.06), rng),
            phase=rng.uniform(0.0, 1.2),
            defocus_px=sometimes(0.8, (0.8, 3.5), rng) * (1.0 if rng.random() < 0.75 else -1.0),
            spherical_px=rng.uniform(0.0, 1.5),
            envelope_px=rng.uniform(0.4, 1.2),
            bend=sometimes(0.5, (0.1, 0.8), rng) * crystalline,
            fringes=sometimes(0.2, (0.05, 0.35), rng) * crystalline,
            lattice=sometimes(0.4 if diameter_px > 40 else 0.0, (0.03, 0.2), rng) * crystalline,
            lattice_px=rng.uniform(2.5, 6.0),
            stain=stain,
            holes=sometimes(0.07, (0.15, 0.5), rng),
            dust=sometimes(0.4, (20, 300), rng),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Signal (H, W) float32: 1 is the empty film."""
        return transmission(scene, self, rng)


def transmission(scene: Scene, look: Transmission, rng: Generator) -> Float32:
    """Signal (H, W) float32 of bodies on a carbon film: 1 is the empty film."""
    shape = scene.labels.shape
    thickness = scene.relief.thickness / np.float32(scene.diameter_px)
    gain = gain_by_body(scene, look.contrast_spread, rng)
    mottling = 1 + look.mottling * fractal_texture(shape, 0.4 * scene.diameter_px, 3.0, rng)
    mass = look.absorption * thickness * gain * np.maximum(mottling, 0.2)
    mass = mass + _diffraction(scene, look, rng) * np.minimum(thickness * 2, 1)
    mass, film_phase = _with_film(mass, scene, look, rng)
    wave_phase = look.phase * thickness + film_phase
    return bright_field(np.asarray(mass, np.float32), np.asarray(wave_phase, np.float32), look)


def bright_field(mass: Float32, phase: Float32, look: Transmission) -> Float32:
    """Image (H, W) float32 of an exit wave exp(-mass / 2 + i phase) through the lens."""
    if not look.defocus_px and not look.spherical_px:
        return np.asarray(np.exp(-mass), dtype=np.float32)
    rows, columns = mass.shape
    padding = [(_PAD_PX, next_fast_len(size + 2 * _PAD_PX) - size - _PAD_PX) for size in (rows, columns)]
    wave = np.exp(
        np.float32(-0.5) * np.pad(mass, padding, mode="reflect") + 1j * np.pad(phase, padding, mode="reflect")
    )
    spectrum = fft2(wave.astype(np.complex64), overwrite_x=True) * _transfer(wave.shape, look)
    image = ifft2(spectrum, overwrite_x=True)[_PAD_PX : _PAD_PX + rows, _PAD_PX : _PAD_PX + columns]
    return np.asarray(image.real**2 + image.imag**2, dtype=np.float32)


def _transfer(shape: tuple[int, ...], look: Transmission) -> NDArray[np.complex64]:
    """Transfer function of the lens on the frequencies of an image of `shape`, cycles per pixel."""
    square = (np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.fftfreq(shape[1])[None] ** 2).astype(np.float32)
    defocus = np.sign(look.defocus_px) * look.defocus_px**2
    chi = np.pi * defocus * square + np.pi / 2 * look.spherical_px**4 * square**2
    envelope = np.exp(-2 * (np.pi * 0.5 * look.envelope_px) ** 2 * square)
    return np.asarray(envelope * np.exp(-1j * chi), dtype=np.complex64)


def _diffraction(scene: Scene, look: Transmission, rng: Generator) -> Float32:
    """What diffraction adds to the bodies' absorption."""
    extra = np.zeros(scene.labels.shape, np.float32)
    if look.bend:
        extra += 2 * look.bend * bend_contours(scene, 0.5 * scene.diameter_px, rng)
    if look.fringes:
        extra += look.fringes * thickness_fringes(scene, 0.3 * scene.diameter_px)
    if look.lattice:
        extra += look.lattice * lattice_fringes(scene, look.lattice_px, bool(rng.random() < 0.3), rng)
    return extra


def _with_film(mass: Float32, scene: Scene, look: Transmission, rng: Generator) -> tuple[Float32, Float32]:
    """Mass with film, stain and dust added, and the film's phase, both (H, W)."""
    shape = scene.labels.shape
    amorphous = look.film * grainy_texture(shape, look.film_grain_px, rng)
    amount = amorphous + look.cloud * fractal_texture(shape, 300, 5.0, rng)
    if look.holes:
        film = _lacey(shape, look.holes, rng)
        mass = mass + np.float32(0.25) * (film - 1)
        amount, amorphous = amount * np.minimum(film, 1), amorphous * np.minimum(film, 1)
    if look.stain:
        mass = mass + look.stain * _stained(scene, rng)
    if look.dust:
        largest = largest_speck_px(scene.diameter_px, 8.0)
        mass = mass + rng.uniform(0.3, 1.2) * dust((shape[0], shape[1]), look.dust, largest, rng)
    return mass + amount, 2 * amorphous


def _lacey(shape: tuple[int, int], holes: float, rng: Generator) -> Float32:
    """Thickness (H, W) of a film with round holes: 1 in the film, thicker on its rims, 0 in the holes."""
    field = smoothed(fractal_texture(shape, rng.uniform(100, 300), 6.0, rng), 5.0)
    level = float(np.quantile(field, 1 - holes))
    inside = (field < level).astype(np.float32)
    rim = np.exp(-((distance_to(field >= level) / np.float32(4)) ** 2)) * inside
    return np.asarray(cv2.GaussianBlur(inside + 0.8 * rim, (0, 0), 0.8), dtype=np.float32)


def _stained(scene: Scene, rng: Generator) -> Float32:
    """Negative stain, (H, W): it gathers around the bodies and thins out away from them; none inside."""
    outside = (scene.labels == 0).astype(np.float32)
    reach = np.float32(rng.uniform(0.15, 0.6) * scene.diameter_px + 3)
    pool = np.exp(-distance_to(scene.labels > 0) / reach) * outside
    return smoothed(np.asarray(pool + 0.35 * outside, np.float32), 1.2)
