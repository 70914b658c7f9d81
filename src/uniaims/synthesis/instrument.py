"""What an instrument says about an image it took, and a TIFF that carries it.

The tag is the INI text that FEI and Thermo Fisher microscopes write (tag 34682: metres and volts), so that any reader
finds pixel size, voltage and detector; system name and description say that the image is synthetic.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.errors import SettingsError

_FEI_TAG, _ASCII = 34682, 2
_PRINT_WIDTH_MM = 127.0
"""Magnification is by convention that of a print 5 inches wide."""


@dataclass(frozen=True)
class Instrument:
    """The facts of an exposure; `date` is ``YYYY-MM-DD``, `time` ``HH:MM:SS``."""

    pixel_size_nm: float
    voltage_kv: float = 10.0
    working_distance_mm: float = 10.0
    detector: str = "ETD"
    mode: str = "SE"
    date: str = "2026-01-15"
    time: str = "10:24:37"
    name: str = "Uni-AIMS synthesis"

    def __post_init__(self) -> None:
        if not 0 < self.pixel_size_nm < float("inf"):
            raise SettingsError(f"pixel_size_nm is {self.pixel_size_nm}: wanted a length above 0.")

    def field_width_nm(self, width_px: int) -> float:
        """Width of an image of `width_px` pixels on the specimen."""
        return self.pixel_size_nm * width_px

    def magnification(self, width_px: int) -> float:
        """Magnification of a 127 mm wide print."""
        return _PRINT_WIDTH_MM * 1e6 / self.field_width_nm(width_px)


def tag_text(instrument: Instrument, shape: tuple[int, int]) -> str:
    """INI text of an image of `shape` (H, W) without its banner."""
    side = f"{instrument.pixel_size_nm * 1e-9:.9e}"
    sections: dict[str, dict[str, object]] = {
        "User": {"Date": _slashed(instrument.date), "Time": instrument.time, "UserText": "synthetic image"},
        "System": {"Type": "SEM", "SystemType": instrument.name},
        "Beam": {"HV": f"{instrument.voltage_kv * 1e3:g}", "Beam": "EBeam", "Scan": "EScan"},
        "EBeam": {"HV": f"{instrument.voltage_kv * 1e3:g}", "WD": f"{instrument.working_distance_mm * 1e-3:g}"},
        "Scan": {
            "PixelWidth": side,
            "PixelHeight": side,
            "HorFieldsize": f"{instrument.field_width_nm(shape[1]) * 1e-9:.9e}",
            "VerFieldsize": f"{instrument.field_width_nm(shape[0]) * 1e-9:.9e}",
        },
        "Image": {
            "ResolutionX": shape[1],
            "ResolutionY": shape[0],
            "Magnification": f"{instrument.magnification(shape[1]):.6g}",
        },
        "Detectors": {"Number": 1, "Name": instrument.detector, "Mode": instrument.mode},
    }
    return "\r\n".join(_section(name, values) for name, values in sections.items())


def write_tiff(
    path: Path, image: NDArray[np.uint8], instrument: Instrument, scanned: tuple[int, int], description: str
) -> None:
    """Write `image` (H, W), with its banner if any, and the tag for its `scanned` part (H, W); lossless.

    `description` goes into the ImageDescription tag: say there that the image is synthetic.

    Raises:
        OutputError: if the file can't be written.
    """
    text = tag_text(instrument, scanned).encode("ascii") + b"\0"
    per_cm = 1e7 / instrument.pixel_size_nm
    with atomic_file(path) as temporary:
        tifffile.imwrite(
            temporary,
            image,
            photometric="minisblack",
            compression="zlib",
            compressionargs={"level": 9},
            predictor=True,
            description=description,
            software=False,
            metadata=None,
            resolution=(per_cm, per_cm),
            resolutionunit="CENTIMETER",
            extratags=[(_FEI_TAG, _ASCII, len(text), text, True)],
        )


def _slashed(date: str) -> str:
    """``MM/DD/YYYY``, as the instruments write it."""
    year, month, day = date.split("-")
    return f"{month}/{day}/{year}"


def _section(name: str, values: dict[str, object]) -> str:
    return "\r\n".join([f"[{name}]", *(f"{key}={value}" for key, value in values.items()), ""])
