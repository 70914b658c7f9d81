"""Which scale-bar labels there are, and how well a line of text fits each of them.

Readers of text take ``100 nm`` for ``100 im`` now and then. What microscopes write on scale bars is a small language,
though: a round number and one of five units. So every label of that language is scored against the probabilities
that the text was read from (forward sums of connectionist temporal classification; Graves et al., ICML 2006), which
finds the label that the picture supports most and tells how far behind the next one is.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from uniaims.scalebar.text import BLANK, TextLine

MANTISSAS = {1.0: 1.0, 2.0: 1.0, 5.0: 1.0, 2.5: 0.2, 3.0: 0.3, 4.0: 0.3, 1.5: 0.05, 6.0: 0.1, 7.5: 0.02, 8.0: 0.1}
"""First digits of bar lengths and how common they are; instruments choose 1, 2 and 5."""
UNIT_RANGES_NM = {"pm": (0.02, 1.0), "Å": (0.1, 100.0), "nm": (0.1, 5e3), "µm": (50.0, 1e6), "mm": (1e5, 1.1e7)}
"""Unit -> the lengths in nm that are written in it."""
UNIT_WORDS = {"µm": ("microns", "micron")}
WORD_COMMONNESS = 0.1
PRIOR_IN_SUPPORT = 0.3
"""How much the commonness of a number counts in the support of its label; that of the unit counts in full."""
UNIT_COMMONNESS = {"pm": 0.01, "Å": 0.02, "nm": 1.0, "µm": 1.0, "mm": 0.3}
NM = {"pm": 1e-3, "Å": 0.1, "nm": 1.0, "µm": 1e3, "mm": 1e6}
SAME = {"0": "0Oo", "1": "1lI|", "5": "5S", ".": ".,", "n": "n", "m": "m", "µ": "µμu", "Å": "ÅA", "p": "p"}
"""Character of the language -> what readers take it for; the space counts as a blank."""
SELDOM = {"µ": "p", "n": "p"}
SELDOM_SHARE = 0.2
"""What readers take a character for now and then, and what such a reading counts."""
SMALLEST = 1e-300
"""Spellings are not less probable than this beside their likeliest part, so that all have a logarithm."""


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
    """All spellings: `states` (N, S) int, the classes of each with blanks between, and what each says.

    `skippable` (N, S) is 1 where the blank before a state may be left out, else 0.

    With units written out too, if they are made with `words`.
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
    language = _language("micr" in line.text)
    said = _log_forward(_classes(window, characters), language)
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
    return np.asarray(unit + PRIOR_IN_SUPPORT * (language.log_priors[own] - unit), np.float64)


@cache
def _language(words: bool) -> _Language:
    labels, owners, texts, priors = [], [], [], []
    for unit, (least, most) in UNIT_RANGES_NM.items():
        for decade in range(-3, 4):
            for mantissa, commonness in MANTISSAS.items():
                value = mantissa * 10.0**decade
                if not least <= value * NM[unit] <= most or value < 0.05:
                    continue
                labels.append(Label(float(f"{value:g}"), unit))
                for form in spellings(value):
                    owners.append(len(labels) - 1)
                    texts.append(form + unit)
                    priors.append(commonness * UNIT_COMMONNESS[unit])
                    for word in UNIT_WORDS.get(unit, ()) if words else ():
                        owners.append(len(labels) - 1)
                        texts.append(form + word)
                        priors.append(WORD_COMMONNESS * commonness * UNIT_COMMONNESS[unit])
    classes = "".join(_CLASSES)
    longest = max(map(len, texts))
    states = np.zeros((len(texts), 2 * longest + 1), np.intp)
    for row, text in enumerate(texts):
        states[row, 1 : 2 * len(text) : 2] = [classes.index(character) + 1 for character in text]
    lengths = np.array([2 * len(text) + 1 for text in texts])
    skippable = np.zeros(states.shape)
    skippable[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    return _Language(tuple(labels), np.array(owners), states, skippable, lengths, np.log(priors))


_CLASSES = tuple(dict.fromkeys([*"0123456789.", "n", "m", "µ", "Å", "p", *"icros"]))


def _classes(window: NDArray[np.float64], characters: str) -> NDArray[np.float64]:
    """(T, 1 + classes) log probabilities of the language's characters; column 0 is the blank or a space."""
    columns = [[BLANK, *(characters.index(" ") + 1,)]]
    columns += [[characters.index(alike) + 1 for alike in SAME.get(each, each)] for each in _CLASSES]
    classes = [np.logaddexp.reduce(window[:, column], axis=1) for column in columns]
    for each, alike in SELDOM.items():
        place = 1 + _CLASSES.index(each)
        seldom = np.logaddexp.reduce(window[:, [characters.index(other) + 1 for other in alike]], axis=1)
        classes[place] = np.logaddexp(classes[place], seldom + np.log(SELDOM_SHARE))
    return np.stack(classes, axis=1)


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
        largest = np.maximum(alpha.max(axis=1), SMALLEST)
        alpha /= largest[:, None]
        scale += np.log(largest)
    rows = np.arange(len(states))
    ends: NDArray[np.float64] = np.log(np.maximum(alpha[rows, lengths + 1] + alpha[rows, lengths], SMALLEST)) + scale
    return ends
