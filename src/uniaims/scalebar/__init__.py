"""What instruments print into or below a micrograph: its scale bar, and what the banner says.

::

    read_scale(micrograph) -> ScaleBar      the scale bar, or None where none is sure
    scan_scale(micrograph) -> ScaleReading  the same with the reasons, and what the banner says
    given_scale(micrograph, box, length) -> ScaleBar           by a bar that the user boxed
    resolve_pixel_size(micrograph, given, reading) -> ResolvedPixelSize   given > metadata > scale bar
"""

from uniaims.deprecation import old_names
from uniaims.scalebar.corrections import box_list, given_scale, keep_sample, parse_box
from uniaims.scalebar.detector import Detection, Detector
from uniaims.scalebar.scale import ResolvedPixelSize, ScaleBar, ScaleReading, pixel_size_of_bar, resolve_pixel_size
from uniaims.scalebar.scan import read_scale, scan_scale

__all__ = [
    "Detection",
    "Detector",
    "ResolvedPixelSize",
    "ScaleBar",
    "ScaleReading",
    "box_list",
    "given_scale",
    "keep_sample",
    "parse_box",
    "pixel_size_of_bar",
    "read_scale",
    "resolve_pixel_size",
    "scan_scale",
]

__getattr__ = old_names(
    __name__,
    {
        "Box": "uniaims.boxes.Box",
        "content_box": "uniaims.content.content_box",
        "parse_length": "uniaims.formats.lengths.given_length",
    },
)
