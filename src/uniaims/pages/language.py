"""The language that a reader is told things in: English, or a translation of it where a catalogue has one.

Code writes English. What is whole sentences of a report stands in ``report.wording``, one module for each language; all
else (headings, axes, heads of tables, warnings of any stage) is translated where a page is finished, by a catalogue of
English patterns: ``{n} of {m} images`` fits ``3 of 12 images``, and its parts are translated in turn.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from html import escape, unescape
from importlib.resources import files
from typing import Literal

Language = Literal["en", "zh"]
CATALOGUES: Mapping[str, str] = {"zh": "chinese.json"}
"""Language -> file with ``words``, ``patterns`` (a name of one letter stands for a number, a longer one for anything,
which is translated in turn) and what the pages' scripts say. Names of figures follow GB/T 15445 and GB/T 21649."""
_SPOKEN: ContextVar[Language] = ContextVar("language", default="en")
_JOINTS = (("\n", "\n"), (". ", "。"), ("; ", "；"))
"""Between parts that are translated one by one: in English, in the other language."""
_SPACE = re.compile(r"[\u00a0\u202f ]")
_PLACE = re.compile(r"\{(\w+)\}")
_UNIT = re.compile(r"(?P<label>.+) / (?P<unit>nm|µm|mm|px|Mpx|%|kV|s|pm|Å|°)(?P<power>[²³]?)")
_TEXT = re.compile(
    r"(?P<skipped><(?:style|script|code)\b.*?</(?:style|script|code)>"
    r"|<(?P<kept>\w+)[^>]*\btranslate=\"no\"[^>]*>.*?</(?P=kept)>)"
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


def script_words() -> Mapping[str, str]:
    """What the scripts of a page say: English pattern -> pattern in the language that is spoken."""
    return _catalogue(spoken())["script"] if spoken() in CATALOGUES else {}


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
    """An English pattern, what stands for it, and the texts between its places."""

    english: str
    other: str
    texts: tuple[str, ...]

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The pattern to be fitted, made when a text has all of its texts; names of one letter stand for numbers."""
        parts = _PLACE.split(self.english)
        places = [rf"(?P<{name}>{_NUMBER if len(name) == 1 else '.+?'})" for name in parts[1::2]]
        joined = "".join(re.escape(text) + place for text, place in zip(parts[::2], [*places, ""], strict=True))
        return re.compile(joined, re.DOTALL)

    def translated(self, text: str, language: str) -> str | None:
        """A text that it fits, translated."""
        if not all(part in text for part in self.texts) or not (fits := self.expression.fullmatch(text)):
            return None
        return self.other.format(**{name: _translated(part, language) for name, part in fits.groupdict().items()})


@cache
def _catalogue(language: str) -> Mapping[str, Mapping[str, str]]:
    text = files("uniaims.pages").joinpath(CATALOGUES[language]).read_text(encoding="utf-8")
    catalogue: Mapping[str, Mapping[str, str]] = json.loads(text)
    return catalogue


@cache
def _patterns(language: str) -> tuple[_Pattern, ...]:
    """The patterns of a language, those of most words first."""
    known = {_without_stop(name): _without_stop(other) for name, other in _catalogue(language)["patterns"].items()}
    ordered = sorted(known.items(), key=lambda item: -len(_PLACE.sub("", item[0])))
    return tuple(
        _Pattern(english, other, tuple(filter(None, _PLACE.split(english)[::2]))) for english, other in ordered
    )


def _without_stop(text: str) -> str:
    return text.removesuffix(".").removesuffix("。")


_NUMBER = r"[−-]?\d[\d ,.]*(?:×10[⁰¹²³⁴-⁹⁻]+)?(?: ?%)?|–"


@cache
def _words(language: str) -> Mapping[str, str]:
    known = {_without_stop(name): _without_stop(other) for name, other in _catalogue(language)["words"].items()}
    return known | {name[:1].upper() + name[1:]: other for name, other in known.items()}


@lru_cache(maxsize=10_000)
def _translated(text: str, language: str) -> str:
    """Whole text, else by pattern, else line by line, else sentence by sentence; spaces of all kinds are alike."""
    kept = " ".join(_SPACE.sub(" ", text).strip().split(" "))
    if not any(map(str.isalpha, kept)):
        return text
    found = _found(kept, language)
    if found is None:
        return text
    return text[: len(text) - len(text.lstrip())] + found + text[len(text.rstrip()) :]


def _found(text: str, language: str) -> str | None:
    """The translation; a full stop at the end becomes one, unless what stands for the text ends in a space."""
    if text.endswith(".") and len(text) > 1:
        whole = _found(text[:-1], language)
        return whole if whole is None or whole.endswith(" ") else f"{whole}。"
    words = _words(language)
    if text in words:
        return words[text]
    if unit := _UNIT.fullmatch(text):
        label = _found(unit["label"], language)
        return None if label is None else f"{label} / {unit['unit']}{unit['power']}"
    for pattern in _patterns(language):
        if (found := pattern.translated(text, language)) is not None:
            return found
    for between, joint in _JOINTS:
        if between in text:
            return _pieces(text, between, joint, language)
    return None


def _pieces(text: str, between: str, joint: str, language: str) -> str | None:
    pieces = text.split(between)
    found = [_found(piece, language) for piece in pieces]
    if all(piece is None for piece in found):
        return None
    told_pieces = [piece if new is None else new for piece, new in zip(pieces, found, strict=True)]
    return joint.join(piece.rstrip("。") if joint == "。" and place < len(pieces) - 1 else piece
                      for place, piece in enumerate(told_pieces))  # fmt: skip
