"""Size, shape, place, grey levels and neighbourhood of every instance, as a table with units.

::

    measure(labels, pixel_size, image, confidence) -> Measurements    the table
    PROPERTIES                                                        what is measured: name, definition, source

A new property is one entry in `uniaims.measurements.properties`: its description and its function. Column names, units,
documentation and report are made from the description.

**Outline.** The outline of an instance runs through the midpoints between its pixels and those outside (the 0.5 contour
of marching squares). Perimeter, convex hull and Feret diameters all belong to this outline; holes have outlines too.
"""

from uniaims.measurements.border import Field
from uniaims.measurements.figure import Figure
from uniaims.measurements.instances import EdgeShapes
from uniaims.measurements.properties import PROPERTIES, REASONS, Property
from uniaims.measurements.table import Measurements, measure
from uniaims.measurements.units import QUANTITIES, Quantity

__all__ = [
    "PROPERTIES",
    "QUANTITIES",
    "REASONS",
    "EdgeShapes",
    "Field",
    "Figure",
    "Measurements",
    "Property",
    "Quantity",
    "measure",
]
