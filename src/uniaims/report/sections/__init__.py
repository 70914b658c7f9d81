"""The sections of a report, one module each; see `uniaims.report.section`."""

from uniaims.report.presentation import SectionOf
from uniaims.report.sections import (
    budget,
    check,
    excluded,
    kinds,
    methods,
    objects,
    picture,
    provenance,
    shape,
    size,
)

SECTIONS: tuple[SectionOf, ...] = (
    picture.section,
    check.section,
    kinds.section,
    size.section,
    shape.section,
    budget.section,
    excluded.section,
    objects.section,
    methods.section,
    provenance.section,
)
"""Of separate objects, in order."""
