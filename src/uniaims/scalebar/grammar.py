"""Which scale-bar labels there are, and how well a line of text fits each of them.

Readers of text take ``100 nm`` for ``100 im`` now and then. What microscopes write on scale bars is a small language,
though: a round number and one of five units. So every label of that language is scored against the probabilities
that the text was read from (forward sums of connectionist temporal classification; Graves et al., ICML 2006), which
finds the label that the picture supports most and tells how far behind the next one is.
"""

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from uniaims.scalebar.text import BLANK, TextLine

MANTISSAS = {1.0: 1.0, 2.0: 1.0, 5.0: 1.0, 2.5: 0.2, 3.0: 0.3, 4.0: 0.3, 1.5: 0.05, 6.0: 0.1, 7.5: 0.02, 8.0: 0.1}
"""First digits of bar lengths and how common they are; instruments choose 1, 2 and 5."""
UNIT_RANGES_NM = {"pm": (0.02, 1.0), "Å": (0.1, 100.0), "nm": (0.1, 5e3), "µm": (50.0, 1e6), "mm": (1e5, 1.1e7)}
INCH_RANGES_NM = {"in": (2.5e3, 2.6e7), "mil": (2.5e3, 2.6e7)}
"""Unit -> the lengths in nm that are written in it."""
UNIT_WORDS = {"µm": ("microns", "micron")}
INCH_WORDS = {"in": ("in", "in.", "inch", "inches"), "mil": ("mil", "mils")}
INCHES = re.compile(r"\d\s*(in(ch(es)?)?\.?|mils?)\W*$", re.IGNORECASE)
"""Lengths in inches or mils are only looked for where they are spelt out: they are rare, and ``in`` is a blurred nm."""
CAPITALS = re.compile(r"\d\s*([UNM]M|M[iI][cC]|IN|MIL)")
"""Units in capitals: ``10 MICRONS``, ``5 UM``."""


@dataclass(frozen=True)
class LanguageRules:
    """How much is made of what is common on bars."""

    least_value: float = 0.05
    """Numbers on bars are not smaller, but those of inches."""
    word_commonness: float = 0.1
    prior_in_support_factor: float = 0.3
    """How much the commonness of a number counts in the support of its label; that of the unit counts in full."""
    seldom_reading_factor: float = 0.2
    """What readers take a character for now and then, and what such a reading counts."""
    smallest_probability: float = 1e-300
    """Spellings are not less probable than this beside their likeliest part, so that all have a logarithm."""


LANGUAGE = LanguageRules()

UNIT_COMMONNESS = {"pm": 0.01, "Å": 0.02, "nm": 1.0, "µm": 1.0, "mm": 0.3, "in": 1.0, "mil": 1.0}
NM = {"pm": 1e-3, "Å": 0.1, "nm": 1.0, "µm": 1e3, "mm": 1e6, "in": 25.4e6, "mil": 25.4e3}
SAME = {"0": "0Oo", "1": "1lI|", "5": "5S", ".": ".,", "n": "n", "m": "m", "µ": "µμu", "Å": "ÅA", "p": "p", "l": "lI1|"}
"""Character of the language -> what readers take it for; the space counts as a blank."""
SELDOM = {"µ": "pN", "n": "pN"}


LanguageKind = Literal["plain", "words", "inches"]


@dataclass(frozen=True)
class Label:
    """A length as scale bars state it."""

    value: float
    unit: str

    @property
    def length_nm(self) -> float:
        """The length in nm."""
        return self.value * NM[self.unit]


@dataclass(frozen=True)
class ScoredLabel:
    """A label, its share of the evidence for any label (0..1), and its evidence against that for the free reading.

    `support` is the natural logarithm of probabilities' ratio per character: 0 where the line says just this.
    """

    label: Label
    share: float
    support: float


@dataclass(frozen=True, eq=False)
class _Language:
    """All spellings of some labels.

    Attributes:
        labels: what may be said.
        owners: (N,) number of the label that each spelling says.
        states: (N, S) the classes of each spelling with blanks between, padded at the end.
        skippable: (N, S) 1 where the blank before a state may be left out, else 0.
        lengths: (N,) how many of the states are its own.
        log_priors: (N,) natural logarithm of how common each spelling is.
    """

    labels: tuple[Label, ...]
    owners: NDArray[np.intp]
    states: NDArray[np.intp]
    skippable: NDArray[np.float64]
    lengths: NDArray[np.intp]
    log_priors: NDArray[np.float64]


def best_labels(line: TextLine, characters: str, first: int = 0, end: int | None = None) -> tuple[ScoredLabel, ...]:
    """The labels that steps `first` to `end` of a line may say, the likeliest first; at most three."""
    window = line.log_probabilities[first:end].astype(np.float64)
    if not len(window):
        return ()
    language = _language(_kind(line.text))
    capitals = CAPITALS.search(line.text) is not None
    said = _log_forward(_classes(window, characters, capitals), language)
    spelled = said + language.log_priors
    free = float(window.max(axis=1).sum())
    by_label = np.full(len(language.labels), -np.inf)
    np.logaddexp.at(by_label, language.owners, spelled)
    total = np.logaddexp.reduce(by_label)
    order = np.argsort(-by_label, kind="stable")[:3]
    found = []
    for number in order:
        own = language.owners == number
        support = (np.logaddexp.reduce(said[own] + _prior_in_support(language, number, own)) - free) / (
            max(language.lengths[own]) // 2
        )
        found.append(ScoredLabel(language.labels[number], float(np.exp(by_label[number] - total)), float(support)))
    return tuple(found)


def spellings(value: float) -> tuple[str, ...]:
    """How a number is written: ``0.5`` as 0.5, .5, 0.50; ``10`` as 10, 10.0, 10.00."""
    plain = f"{value:g}"
    forms = [plain, f"{value:.1f}", f"{value:.2f}"] if value < 1000 else [plain]
    if value < 1:
        forms.append(plain.removeprefix("0"))
    return tuple(dict.fromkeys(form for form in forms if math.isclose(float(form), value)))


def digits(number: str) -> str:
    """The digits of a number as readers give it, without point, spaces and leading zeros: ``"O.5O"`` as 50."""
    meant = (next((digit for digit in "0123456789" if each in SAME.get(digit, digit)), "") for each in number)
    return "".join(meant).lstrip("0")


def _prior_in_support(language: _Language, number: int, own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What the commonness of a label, of which ``own`` are the spellings, adds to its support."""
    unit = np.log(UNIT_COMMONNESS[language.labels[number].unit])
    return np.asarray(unit + LANGUAGE.prior_in_support_factor * (language.log_priors[own] - unit), np.float64)


def _kind(text: str) -> LanguageKind:
    """In which units and words a text may state a length."""
    if INCHES.search(text):
        return "inches"
    return "words" if "mic" in text.lower() else "plain"


@cache
def _lengths(inches: bool) -> tuple[tuple[Label, float], ...]:
    """All labels, and how common their numbers are."""
    found = []
    for unit, (least, most) in (INCH_RANGES_NM if inches else UNIT_RANGES_NM).items():
        for decade in range(-4, 4):
            for mantissa, commonness in MANTISSAS.items():
                value = float(f"{mantissa * 10.0**decade:g}")
                if least <= value * NM[unit] <= most and (inches or value >= LANGUAGE.least_value):
                    found.append((Label(value, unit), commonness))
    return tuple(found)


@cache
def _language(kind: LanguageKind) -> _Language:
    labels, owners, texts, priors = [], [], [], []
    for label, commonness in _lengths(kind == "inches"):
        labels.append(label)
        plain = INCH_WORDS.get(label.unit, (label.unit,))
        words = UNIT_WORDS.get(label.unit, ()) if kind == "words" else ()
        for form in spellings(label.value):
            for word in (*plain, *words):
                owners.append(len(labels) - 1)
                texts.append(form + word)
                share = LANGUAGE.word_commonness if word in words else 1.0
                priors.append(share * commonness * UNIT_COMMONNESS[label.unit])
    classes = "".join(_CLASSES)
    longest = max(map(len, texts))
    states = np.zeros((len(texts), 2 * longest + 1), np.intp)
    for row, text in enumerate(texts):
        states[row, 1 : 2 * len(text) : 2] = [classes.index(character) + 1 for character in text]
    lengths = np.array([2 * len(text) + 1 for text in texts])
    skippable = np.zeros(states.shape)
    skippable[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    return _Language(tuple(labels), np.array(owners), states, skippable, lengths, np.log(priors))


_CLASSES = tuple(dict.fromkeys([*"0123456789.", "n", "m", "µ", "Å", "p", *"icroslhe"]))


def _classes(window: NDArray[np.float64], characters: str, capitals: bool) -> NDArray[np.float64]:
    """(T, 1 + classes) log probabilities of the language's characters; column 0 is the blank or a space.

    With `capitals` a letter may be written as one.
    """
    columns = [[BLANK, *(characters.index(" ") + 1,)]]
    columns += [[characters.index(alike) + 1 for alike in _alike(each, capitals)] for each in _CLASSES]
    classes = [np.logaddexp.reduce(window[:, column], axis=1) for column in columns]
    for each, alike in SELDOM.items():
        place = 1 + _CLASSES.index(each)
        seldom = np.logaddexp.reduce(window[:, [characters.index(other) + 1 for other in alike]], axis=1)
        classes[place] = np.logaddexp(classes[place], seldom + np.log(LANGUAGE.seldom_reading_factor))
    return np.stack(classes, axis=1)


def _alike(letter: str, capitals: bool) -> str:
    """What readers give for a letter."""
    alike = SAME.get(letter, letter)
    return "".join(dict.fromkeys(alike + alike.upper().replace("Μ", ""))) if capitals and letter.isalpha() else alike


def _log_forward(classes: NDArray[np.float64], language: _Language) -> NDArray[np.float64]:
    """(N,) log probability of each spelling under ``classes`` (T, C).

    Sums of probabilities, scaled for each spelling at each step: logarithms of sums take five times as long.
    """
    states, lengths, skippable = language.states, language.lengths, language.skippable
    likely = np.exp(classes)
    alpha = np.zeros((len(states), states.shape[1] + 2))
    alpha[:, 2:4] = likely[0][states[:, :2]]
    scale = np.zeros(len(states))
    for step in likely[1:]:
        alpha[:, 2:] = (alpha[:, 2:] + alpha[:, 1:-1] + skippable * alpha[:, :-2]) * step[states]
        largest = np.maximum(alpha.max(axis=1), LANGUAGE.smallest_probability)
        alpha /= largest[:, None]
        scale += np.log(largest)
    rows = np.arange(len(states))
    ends: NDArray[np.float64] = (
        np.log(np.maximum(alpha[rows, lengths + 1] + alpha[rows, lengths], LANGUAGE.smallest_probability)) + scale
    )
    return ends
