"""Comparisons of groups made by hand."""

import math
from dataclasses import replace

import numpy as np

from uniaims.measurements import PROPERTIES
from uniaims.report.compared import ComparedGroup, ComparedGroups, ComparedUnit, Measured
from uniaims.statistics import GroupDifference, Picture, SampleFigure, VarianceShares

SURE = GroupDifference(
    first="A", second="B", percent=50, ratio=1.3, low=1.2, high=1.4, confidence=0.95, unit="pictures", p_value=0.001,
    permutation_p_value=0.1, smallest_p_value=0.1, superiority=0.72, adjusted_p_value=0.002,
)  # fmt: skip
UNSURE = replace(SURE, ratio=1.01, low=0.97, high=1.04, p_value=0.4, adjusted_p_value=0.4)


def unit(name, values, specimen="", pixel_size_nm=2.0):
    """A sample of one picture."""
    sizes = np.array(values, float)
    median_px = float(np.median(sizes)) / (pixel_size_nm or 1) if len(sizes) else math.nan
    return ComparedUnit(name, specimen, Picture.of(sizes), (Measured(f"{name}.tif", sizes, pixel_size_nm, median_px),))


def group(name, *units, percentiles=(10, 50, 90)):
    """A group of samples whose figures have intervals of 10 % to either side."""
    sizes = np.sort(np.concatenate([each.picture.values for each in units]))
    figures = {}
    for share in percentiles:
        middle = float(np.percentile(sizes, share)) if len(sizes) else math.nan
        ends = 0.9 * middle, 1.1 * middle
        figures[share] = SampleFigure(middle, *ends, 0.95, "pictures", len(units), len(sizes))
    return ComparedGroup(name, units, figures, VarianceShares(0.05, 0.3, 0.03, 41.6))


def compared(*groups, **more):
    """Groups "A" and "B" of three pictures of twenty objects each, unless others are given."""
    sizes = np.linspace(10, 30, 20)
    usual = [group(name, *(unit(f"{name}{k}", sizes * (1 + k / 10)) for k in range(3))) for name in "AB"]
    given = {
        "property_": PROPERTIES["equivalent_diameter"], "calibrated": True, "percentile": 50.0, "confidence": 0.95,
        "margin": 0.0, "groups": groups or tuple(usual), "pairs": (SURE,), "p_value": math.nan, "left_out": (),
        "warnings": (), "differing": {},
    }  # fmt: skip
    return ComparedGroups(**given | more)
