"""Outlines of instances: pixels at the rim, and polygons traced along the edges of pixels."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def mark_outlines(labels, start, stop, out):  # type: ignore[no-untyped-def]
    """Mark in ``out`` (H, W) bool, rows start..stop, the pixels of instances with another value among 4 neighbours."""
    height, width = labels.shape
    for y in range(start, stop):
        row, above, below = labels[y], labels[max(y - 1, 0)], labels[min(y + 1, height - 1)]
        for x in range(width):
            own = row[x]
            left, right = row[max(x - 1, 0)], row[min(x + 1, width - 1)]
            out[y, x] = own != 0 and (left != own or right != own or above[x] != own or below[x] != own)


@njit(cache=True, nogil=True)
def _holds(labels, y, x, label):  # type: ignore[no-untyped-def]
    """Return whether the pixel lies in the image and has this label."""
    return 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1] and labels[y, x] == label


@njit(cache=True, nogil=True)
def trace(labels, y, x, points):  # type: ignore[no-untyped-def]
    """Walk once around the 8-connected piece whose first pixel in raster order is (y, x), clockwise on the screen.

    The corners of the polygon are midpoints of pixel edges, in half pixels (x, y) from the image's upper left corner;
    those on straight runs are left out. Writes into ``points`` (K, 2) while there is room; returns K.
    """
    label = labels[y, x]
    step_x, step_y = 1, 0
    corner_x, corner_y = x, y
    count = 0
    last_x, last_y, run_x, run_y = 2 * x + 1, 2 * y, 9, 9
    while True:
        corner_x += step_x
        corner_y += step_y
        ahead_x = corner_x - (1 if step_x - step_y < 0 else 0)
        ahead_y = corner_y - (1 if step_x + step_y > 0 else 0)
        right_x = corner_x - (1 if step_x + step_y < 0 or step_y > 0 else 0)
        right_y = corner_y - (1 if step_y - step_x < 0 and step_x <= 0 else 0)
        del ahead_x, ahead_y, right_x, right_y
        return count, last_x, last_y, run_x, run_y, label
