"""The language that a reader is told things in: English, or a translation of it where a catalogue has one.

Code writes English. What is whole sentences of a report stands in ``report.wording``, one module for each language; all
else (headings, axes, heads of tables, warnings of any stage) is translated where a page is finished, by a catalogue of
English patterns: ``{n} of {m} images`` fits ``3 of 12 images``, and its parts are translated in turn.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from importlib import import_module
from typing import Literal

Language = Literal["en", "zh"]
CATALOGUES: Mapping[str, str] = {"zh": "uniaims.pages.chinese"}
_SPOKEN: ContextVar[Language] = ContextVar("language", default="en")
_PLACE = re.compile(r"\{(\w+)\}")
_UNIT = re.compile(r"(?P<label>.+) / (?P<unit>nm|µm|mm|px|Mpx|%|kV|s|pm|Å|°)(?P<power>[²³]?)")
_TEXT = re.compile(
    r"(?P<skipped><(?:style|script)\b.*?</(?:style|script)>|<(?P<kept>\w+)[^>]*\btranslate=\"no\"[^>]*>.*?</(?P=kept)>)"
    r"|(?P<tag><[^>]*>)|(?P<text>[^<]+)",
    re.DOTALL,
)
_SAID = re.compile(r'(\b(?:aria-label|title|placeholder|alt|data-tip)=")([^"]+)(")')


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Within, what readers see is in this language."""
    before = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spoken() -> Language:
    """The language of what is being written."""
    return _SPOKEN.get()


def told(text: str) -> str:
    """A text in the language that is spoken; as it is where no catalogue has it."""
    return _translated(text, spoken()) if spoken() in CATALOGUES else text


def told_page(page: str) -> str:
    """An HTML page or an SVG drawing with its texts, and what its controls are called, in the language that is spoken.

    Styles and scripts stay, and so does an element with ``translate="no"`` that holds no other of its kind.
    """
    if spoken() not in CATALOGUES:
        return page
    return _TEXT.sub(_told_part, page)


def _told_part(part: re.Match[str]) -> str:
    if part["skipped"]:
        return part["skipped"]
    if part["tag"]:
        return _SAID.sub(lambda said: said[1] + _told_markup(said[2]) + said[3], part["tag"])
    return _told_markup(part["text"])


def _told_markup(text: str) -> str:
    known = unescape(text)
    new = told(known)
    return text if new == known else escape(new)


@dataclass(frozen=True)
class _Pattern:
    """An English pattern, and what stands for it."""

    english: re.Pattern[str]
    other: str


@cache
def _patterns(language: str) -> tuple[_Pattern, ...]:
    catalogue: Mapping[str, str] = import_module(CATALOGUES[language]).PATTERNS
    return tuple(_Pattern(_compiled(english), other) for english, other in catalogue.items())


def _compiled(english: str) -> re.Pattern[str]:
    """The pattern as a regular expression; spaces fit all spaces, numbers are told by names of one letter."""
    parts = _PLACE.split(english)
    texts = [re.escape(part).replace(r"\ ", r"\s+") for part in parts[::2]]
    places = [rf"(?P<{name}>{_NUMBER if len(name) == 1 else '.+?'})" for name in parts[1::2]]
    joined = "".join(text + place for text, place in zip(texts, [*places, ""], strict=True))
    return re.compile(joined, re.DOTALL)


_NUMBER = r"[\d\s.,–−×⁰¹²³⁴-⁹⁻…]*\d[\d.,⁰¹²³⁴-⁹⁻]*|–"


@cache
def _words(language: str) -> Mapping[str, str]:
    words: Mapping[str, str] = import_module(CATALOGUES[language]).WORDS
    return words | {name[:1].upper() + name[1:]: other for name, other in words.items()}


def _translated(text: str, language: str) -> str:
    """Whole text, else by pattern, else line by line, else sentence by sentence."""
    kept = text.strip()
    if not kept or (kept.isascii() and not any(map(str.isalpha, kept))):
        return text
    found = _found(" ".join(kept.split(" ")), language)
    return text if found is None else text.replace(kept, found)


def _found(text: str, language: str) -> str | None:
    words = _words(language)
    if text in words:
        return words[text]
    if unit := _UNIT.fullmatch(text):
        label = _found(unit["label"], language)
        return None if label is None else f"{label} / {unit['unit']}{unit['power']}"
    for pattern in _patterns(language):
        if fits := pattern.english.fullmatch(text):
            parts = {name: _translated(part, language) for name, part in fits.groupdict().items()}
            return pattern.other.format(**parts)
    for between, joint in (("\n", "\n"), (". ", "。"), ("; ", "；")):
        if between in text:
            return _pieces(text, between, joint, language)
    if text.endswith(".") and (whole := _found(text[:-1], language)) is not None:
        return f"{whole}。"
    return None


def _pieces(text: str, between: str, joint: str, language: str) -> str | None:
    pieces = text.split(between)
    found = [_found(piece, language) for piece in pieces]
    if all(piece is None for piece in found):
        return None
    told_pieces = [piece if new is None else new for piece, new in zip(pieces, found, strict=True)]
    return joint.join(piece.rstrip("。") if joint == "。" and place < len(pieces) - 1 else piece
                      for place, piece in enumerate(told_pieces))  # fmt: skip
