"""Make the sample micrograph that ships with Uni-AIMS: a dense metal powder, with banner, scale bar and truth.

Run it as ``python examples/make_sample.py FOLDER``; it writes ``powder.tif`` and ``powder_labels.tif`` there.
"""

import sys
from pathlib import Path

import numpy as np

from uniaims.labels import write_labels
from uniaims.synthesis import instrument, scenes, shapes, signals
from uniaims.synthesis.scalebars import (
    BarLook,
    Column,
    Faces,
    LabelLook,
    StripLook,
    Style,
    draw_scalebar,
    installed_faces,
)

SEED = 7
SCANNED = (888, 1280)
FIELD_WIDTH_NM = 127_000
DESCRIPTION = "Synthetic micrograph of a metal powder, rendered by uniaims.synthesis. It shows no real specimen."

SIZES = scenes.SizeLaw(median_px=62, spread=0.36, smallest_px=9)
PACKING = scenes.Packing(cover=0.80, tries=6, pile=0.9)
LOOK = signals.Secondary(
    tilt_power=0.75,
    tilt_cap=2.6,
    edge=0.35,
    edge_px=1.6,
    hollow=1.1,
    depth=0.35,
    side=0.22,
    side_angle=-0.9,
    jitter=0.08,
    substrate=0.1,
    substrate_texture=0.25,
    roughness=0.44,
    mottling=0.11,
    grain_px=9.0,
    cells=True,
)
EXPOSURE = signals.Acquisition(
    blur_px=0.75,
    dose=420,
    read_noise=0.012,
    smear=0.2,
    line_noise=0.006,
    jitter_px=0.1,
    charging=0.05,
    shading=0.05,
    black=0.06,
    white=0.90,
    gamma=0.82,
)

BANNER = Style(
    "sample",
    "Uni-AIMS",
    bar=BarLook("ticked", thickness=(0.12, 0.12), tick=(0.9, 0.9), sub_pixel=True),
    label=LabelLook(places=("above",), bold=0.0, stretch=(1.0, 1.0), forms=("{value} {unit}",), micro=("µm",)),
    span=(0.2, 0.21),
    strip=StripLook(
        columns=(
            Column(("date", "{date_iso}"), align="centre"),
            Column(("HV", "{kv2} kV"), align="centre"),
            Column(("mag", "{mag} x"), align="centre"),
            Column(("det", "{fei}"), align="centre"),
            Column(("mode", "SE"), align="centre"),
            Column(("WD", "{wd1} mm"), align="centre"),
            Column(("HFW", "{hfw}"), align="centre"),
            Column(share=0.3, bar=0.5),
        ),
        height=(0.05625, 0.05625),
        digits=0.21,
        rules=(255, 255, 255),
        frame=True,
    ),
)
"""As microscopes of FEI write it; 72 rows on 1280 columns."""


def fine_grain(diameter_px: float, rng: np.random.Generator) -> shapes.Body:
    """Give one of the fines: a ball much smaller than the rest."""
    return shapes.sphere(diameter_px * rng.uniform(0.2, 0.5), rng)


def make_sample(folder: Path, seed: int = SEED) -> None:
    """Render the powder and write image and labels into ``folder``."""
    rng = np.random.default_rng(seed)
    kinds = (shapes.powder_grain, shapes.powder_grain, shapes.powder_grain, fine_grain)
    scene = scenes.heap(SCANNED, kinds, SIZES, PACKING, rng)
    pixels = signals.acquire(signals.secondary_electrons(scene, LOOK, rng), EXPOSURE, rng)
    microscope = instrument.Instrument(FIELD_WIDTH_NM / SCANNED[1])
    facts = {
        "date_iso": microscope.date,
        "kv2": f"{microscope.voltage_kv:.2f}",
        "fei": microscope.detector,
        "wd1": f"{microscope.working_distance_mm:.1f}",
    }
    faces = Faces(tuple(face for face in installed_faces().faces if face.source == "pillow"))
    drawn = draw_scalebar(pixels, BANNER, rng, microscope.pixel_size_nm, faces, facts=facts)
    labels = np.zeros(drawn.image.shape, np.uint32)
    labels[: SCANNED[0]] = scene.labels
    instrument.write_tiff(folder / "powder.tif", drawn.image, microscope, SCANNED, DESCRIPTION)
    write_labels(folder / "powder_labels.tif", labels)


if __name__ == "__main__":
    make_sample(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
