"""Geometry of what was found, at sub-pixel places: no settings, no wording.

::

    find_outlines(image, labels, law="auto", signal="secondary electrons") -> Outlines    the edge of each instance
    polygon_figures(points, offsets) -> PolygonFigures                                   size and shape of polygons
"""

from uniaims.structures.outlines import (
    LAW_OF,
    LAWS,
    REASONS,
    Outlines,
    PolygonFigures,
    chosen_law,
    find_outlines,
    polygon_figures,
)

__all__ = [
    "LAWS",
    "LAW_OF",
    "REASONS",
    "Outlines",
    "PolygonFigures",
    "chosen_law",
    "find_outlines",
    "polygon_figures",
]
