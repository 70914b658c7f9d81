"""What a banner says in words: magnification, voltage, working distance, field width, detector, date."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from uniaims.boxes import Box
from uniaims.formats import Acquisition
from uniaims.scalebar.grammar import NM
from uniaims.scalebar.text import PlacedLine

SOURCE = "banner"


_NUMBER = r"(\d{1,3}(?:[ ,]\d{3})+(?!\d)|\d+(?:[.,]\d+)?)"


_VOLTAGE = re.compile(rf"{_NUMBER}\s*[kK][vVyYU]\b")


_MAGNIFICATION = (
    re.compile(rf"(?:mag\w*|direct mag|magn?)\.?\s*[:=+]?\s*[xX×]?\s*{_NUMBER}\s*([kK]?)\s*[xX×]?", re.IGNORECASE),
    re.compile(rf"(?<![\w.])[xX×P]:?\s?{_NUMBER}\s?([kK]?)\b"),
    re.compile(rf"{_NUMBER}\s*([kK]?)\s*[xX×](?![\w])"),
)


_DISTANCE = re.compile(rf"(?:W\.?D\.?|working distance)\s*[:=+]?\s*{_NUMBER}\s*mm", re.IGNORECASE)


_HITACHI_DISTANCE = re.compile(rf"[kK][vV]\s*{_NUMBER}\s*mm\s*[x×]")


_FIELD = re.compile(
    rf"(?:HFW|HFOV|FOV|view field|field of view|field)\s*[:=]?\s*{_NUMBER}\s*(nm|nn|mm|[µup][mn])", re.IGNORECASE
)


_LENGTH = re.compile(rf"^\s*{_NUMBER}\s*(nm|nn|mm|[µup][mn])\s*$")


_DETECTOR = re.compile(
    r"(?<![A-Za-z])(SE\s?\((?:UL|LA\d*|U|L|M)\)|SE2|SE1|SEI|LEI|BEC|COMPO|InLens|BSE|BSD|SESI|ETD|TLD|CBS|ABS|LFD|GSED|vCD|HAADF|"
    r"BF|DF|SE|YAGBSE|PDBSE|LABE|AsB)(?![A-Za-z])"
)


_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"


_DATE = re.compile(
    rf"(\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}|\d{{1,2}}[ -](?:{_MONTHS})[ -]\d{{2,4}}|(?:{_MONTHS}) \d{{1,2}} \d{{4}})",
    re.IGNORECASE,
)


_HEADS = {
    "field": re.compile(r"^\W*(HFW|HFOV|FOV|view field)\W*$", re.IGNORECASE),
    "distance": re.compile(r"^\W*W\.?D\.?\W*$", re.IGNORECASE),
    "detector": re.compile(r"^\W*det\w*\W*$", re.IGNORECASE),
}


VOLTAGES_KV = (0.02, 1500.0)


MAGNIFICATIONS = (5.0, 5e6)


DISTANCES_MM = (0.1, 200.0)


FIELD_WIDTHS_NM = (0.1, 1e9)


LAST_DAY, LAST_MONTH = 31, 12


@dataclass(frozen=True)
class BannerMetadata:
    """Facts on the acquisition, and the width of the field of view in nm where it is printed."""

    acquisition: Acquisition = field(default_factory=Acquisition)
    field_width_nm: float | None = None


def banner_metadata(lines: Sequence[PlacedLine]) -> BannerMetadata:
    """What lines of text say about how the image was taken; what can't be true is left out."""
    text = " | ".join(line.text for line in lines)
    magnification = _first(
        (_scaled(match) for pattern in _MAGNIFICATION for match in pattern.finditer(text)), MAGNIFICATIONS
    )
    distances = (_number(match[1]) for pattern in (_DISTANCE, _HITACHI_DISTANCE) for match in pattern.finditer(text))
    under = _below_heads(lines)
    acquisition = Acquisition(
        detector=_match(_DETECTOR, under.get("detector", "")) or _match(_DETECTOR, text),
        voltage_kv=_first((_number(match[1]) for match in _VOLTAGE.finditer(text)), VOLTAGES_KV),
        magnification=magnification,
        working_distance_mm=_first(distances, DISTANCES_MM) or _in_table(under.get("distance", "")),
        date=next((match[1] for match in _DATE.finditer(text) if _is_date(match[1])), None),
    )
    known = acquisition != Acquisition()
    width = _FIELD.search(text) or _LENGTH.search(under.get("field", ""))
    return BannerMetadata(
        replace(acquisition, source=SOURCE) if known else acquisition,
        _first([_number(width[1]) * NM[_unit(width[2])]], FIELD_WIDTHS_NM) if width else None,
    )


def _below_heads(lines: Sequence[PlacedLine]) -> dict[str, str]:
    """Name of a column -> the text below its head, for banners that are tables of two rows."""
    return {
        name: below.text
        for name, pattern in _HEADS.items()
        for head in lines
        if pattern.search(head.text)
        for below in lines
        if _is_below(head.box, below.box)
    }


def _is_below(head: Box, box: Box) -> bool:
    across = min(head.right, box.right) - max(head.left, box.left)
    gap = box.top - head.bottom
    return across >= 0.5 * min(head.width, box.width) and -0.5 * head.height <= gap <= head.height


def _in_table(text: str) -> float | None:
    match = re.fullmatch(rf"\s*{_NUMBER}\s*mm\s*", text)
    return _first([_number(match[1])], DISTANCES_MM) if match else None


def _number(text: str) -> float:
    """``"20 000"``, ``"25,000"``, ``"2.00"``, ``"1,5"`` as a number."""
    plain = text.replace(" ", "")
    if re.fullmatch(r"\d{1,3}(,\d{3})+", plain):
        plain = plain.replace(",", "")
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return float("nan")


def _scaled(match: "re.Match[str]") -> float:
    return _number(match[1]) * (1000 if match[2] else 1)


def _first(values: Iterable[float], allowed: tuple[float, float]) -> float | None:
    low, high = allowed
    return next((value for value in values if low <= value <= high), None)


def _match(pattern: "re.Pattern[str]", text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None


def _unit(text: str) -> str:
    """``"un"`` is how a blurred µm is read."""
    return {"n": "nm", "m": "mm"}.get(text[0].lower(), "µm")


def _is_date(text: str) -> bool:
    """Whether a calendar may have such a date; in whichever order day, month and year stand."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if len(numbers) == 2:  # the month is a word
        return 1 <= numbers[0] <= LAST_DAY
    if len(str(numbers[0])) > 2 or numbers[0] > LAST_DAY:
        numbers.reverse()
    day, month = max(numbers[:2]), min(numbers[:2])
    return 1 <= month <= LAST_MONTH and day <= LAST_DAY
