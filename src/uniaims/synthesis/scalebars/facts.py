"""What an instrument's strip says about the exposure: numbers that fit each other and the pixel size."""

import numpy as np

from uniaims.synthesis.scalebars.lengths import length_text

_PRINT_WIDTH_NM = 127e6
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SAMPLES = (
    "sample 3", "TiO2-400C", "Au NPs", "PS 500", "S1", "control", "ZIF-8", "Fe3O4@SiO2", "run 12 B", "LFP-02",
    "Ni-Co 800", "MOF-5", "film cross section", "IITR", "CNT mat", "AlSi10Mg", "as received", "No. 25", "blank",
)  # fmt: skip
_DETECTORS = {
    "fei": ("ETD", "TLD", "CBS", "vCD", "LFD", "GSED", "T1", "T2", "ICD", "BSED"),
    "zeiss": ("InLens", "SE2", "SE1", "AsB", "ESB", "NTS BSD", "VPSE"),
    "jeol": ("SEI", "LEI", "COMPO", "SEM", "LABE", "BEC", "SED", "BED-C", "UED"),
    "hitachi": ("SE(U)", "SE(M)", "SE(L)", "SE(UL)", "LM(L)", "LA0(U)", "SE", "BSECOMP", "YAGBSE", "PDBSE(CP)"),
    "tescan": ("SE", "BSE", "InBeam", "In-Beam SE", "LVSTD", "MD", "E-T"),
}
_ELEMENTS = ("Si", "Fe", "O", "Al", "Ti", "Ni", "C", "Cu", "Mg", "Ca", "Co", "Mn")


def random_facts(rng: np.random.Generator, pixel_size_nm: float, width_px: int) -> dict[str, str]:
    """Texts by name, for the templates of `looks.Column` and `looks.Caption`.

    Magnification is that of a print 127 mm wide; the field width is that of `width_px` pixels.
    """
    field_nm = pixel_size_nm * width_px
    facts = {name: str(rng.choice(names)) for name, names in _DETECTORS.items()}
    facts |= _beam(rng) | _magnification(_PRINT_WIDTH_NM / field_nm) | _calendar(rng)
    first, second = rng.choice(_ELEMENTS, 2, replace=False)
    return facts | {
        "hfw": length_text(field_nm),
        "hfw_close": length_text(field_nm).replace(" ", ""),
        "pixel": length_text(max(pixel_size_nm, 1e-3), 4),
        "sample": str(rng.choice(_SAMPLES)),
        "number": f"{rng.integers(1, 9999):04d}",
        "count": str(rng.integers(1, 60)),
        "element": str(first),
        "other_element": str(second),
        "x": f"{rng.uniform(-900, 900):.2f}",
        "y": f"{rng.uniform(-900, 900):.2f}",
    }


def _beam(rng: np.random.Generator) -> dict[str, str]:
    volts = float(rng.choice([1, 2, 3, 5, 5, 7, 10, 10, 15, 15, 20, 20, 25, 30]))
    distance = float(rng.uniform(2.0, 20.0))
    return {
        "kv": f"{volts:g}",
        "kv1": f"{volts:.1f}",
        "kv2": f"{volts:.2f}",
        "tem_kv": str(rng.choice(["80", "100", "120", "200", "300"])),
        "wd": f"{distance:.0f}",
        "wd1": f"{distance:.1f}",
        "wd2": f"{distance:.2f}",
        "spot": f"{rng.choice([2, 2.5, 3, 3.5, 4, 4.5, 5]):.1f}",
        "current": str(rng.choice(["13 pA", "25 pA", "50 pA", "0.10 nA", "0.20 nA", "0.40 nA", "1.6 nA"])),
        "dwell": str(rng.choice(["300 ns", "1 µs", "3 µs", "10 µs", "30 µs"])),
        "tilt": str(rng.choice(["0 °", "-0 °", "45 °", "52 °"])),
        "vacuum": f"{rng.uniform(1, 9.9):.2f}e-00{rng.integers(3, 8)}",
        "exposure": str(rng.integers(100, 2000)),
    }


def _magnification(magnification: float) -> dict[str, str]:
    rounded = float(f"{magnification:.3g}")
    thousands = rounded / 1e3
    return {
        "mag": f"{rounded:,.0f}".replace(",", " "),
        "mag_comma": f"{rounded:,.0f}",
        "mag_plain": f"{rounded:.0f}",
        "mag_k": _thousands(thousands) if thousands >= 1 else f"{rounded:.0f}",
        "mag_kx": f"{thousands:.2f} K X" if thousands >= 1 else f"{rounded:.0f} X",
        "mag_tescan": f"{thousands:.1f} kx" if thousands >= 1 else f"{rounded:.0f} x",
    }


def _thousands(thousands: float) -> str:
    """``1.00k``, ``25.0k``, ``1200k``."""
    return f"{thousands:.{max(0, 2 - int(np.log10(thousands)))}f}k"


def _calendar(rng: np.random.Generator) -> dict[str, str]:
    year, month, day = int(rng.integers(1998, 2026)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    hour, minute, second = int(rng.integers(8, 20)), int(rng.integers(60)), int(rng.integers(60))
    name = _MONTHS[month - 1]
    return {
        "date": f"{month}/{day}/{year}",
        "date_iso": f"{year}-{month:02d}-{day:02d}",
        "date_words": f"{day} {name} {year}",
        "date_short": f"{day:02d}-{name}-{year % 100:02d}",
        "date_caps": f"{day:2d} {name.upper()} {year % 100:02d}",
        "time": f"{hour:02d}:{minute:02d}:{second:02d}",
        "time_short": f"{hour:02d}:{minute:02d}",
        "clock": f"{(hour - 1) % 12 + 1}:{minute:02d}:{second:02d} {'AM' if hour < 12 else 'PM'}",
    }
