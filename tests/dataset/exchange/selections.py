"""Selections of ImageJ, byte by byte."""

import struct

from uniaims.dataset.exchange import FORMATS

IMAGEJ = FORMATS["imagej"]


def header(form: int, box: tuple[int, int, int, int], *, points: int = 0, subtype: int = 0, options: int = 0) -> bytes:
    """64 bytes of a selection without second header; the box is top, left, bottom, right."""
    start = b"Iout" + struct.pack(">hBx4hH16x", 227, form, *box, points)
    return start + struct.pack(">hiiihhiii", 0, 0, 0, 0, subtype, options, 0, 0, 0)
