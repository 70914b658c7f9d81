"""Separate objects, each of a size and a shape: powders, precipitates, colloids, and whatever else lies apart."""

from uniaims.measurements import PROPERTIES, Measurements
from uniaims.modes.mode import Mode, Objects
from uniaims.pages.units import Noun
from uniaims.report.headline import FORMER_HEADLINES, SIZE_HEADLINES, SIZE_OVERVIEW
from uniaims.report.sections import SECTIONS


def work(objects: Objects) -> Measurements:
    """Measure each object on its own outline."""
    return objects.measured(PROPERTIES.values())


MODE = Mode(
    name="particles",
    noun=Noun("particle", "particles"),
    title="Particle analysis report",
    properties=tuple(PROPERTIES.values()),
    figures=SIZE_HEADLINES,
    overview=SIZE_OVERVIEW,
    sections=SECTIONS,
    former=FORMER_HEADLINES,
    work=work,
)
