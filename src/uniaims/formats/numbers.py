"""A number as the text of a vendor says it: decimal points and commas, thousands set apart in any way.

``15,00`` is fifteen and ``1,234,567`` a million, but ``1,234`` may be either: it is decided by the other numbers of
the same text, or by what the quantity can be, and else not read, with a warning.
"""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

_SPACES = " \u00a0\u2009\u202f"
_NUMBER = re.compile(
    rf"\s*(?P<sign>[+-]?)(?P<digits>\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)(?:[.,]\d+)?"
    r"|\d+(?:[.,'’]\d+)*\.?|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
)
_DECIMAL_COMMA = re.compile(
    r"(?<![\w.,])[+-]?(?:\d+,\d+[eE][+-]?\d+|0,\d+|\d+,(?:\d{1,2}|\d{4,}))(?![\d.,])(?=\s*(?:[^\W\d]|[%°]|$))",
    re.MULTILINE,
)
_DECIMAL_POINT = re.compile(
    r"(?<![\w.,])[+-]?(?:\d+\.\d+[eE][+-]?\d+|0\.\d+|\d+\.(?:\d{1,2}|\d{4,}))(?![\d.,])(?=\s*(?:[^\W\d]|[%°]|$))",
    re.MULTILINE,
)


@dataclass
class _Habit:
    """How the text at hand writes numbers, and those that could not be told."""

    has_decimal_comma: bool = False
    doubts: list[str] = field(default_factory=list)


_habit: ContextVar[_Habit] = ContextVar("_habit")


@dataclass(frozen=True)
class FoundNumber:
    """A number at the start of a text, and the text behind it."""

    value: float
    rest: str


@contextmanager
def doubtful_numbers() -> Iterator[list[str]]:
    """While it lasts, what is said of numbers that can be read in two ways is collected in the list."""
    token = _habit.set(_Habit())
    try:
        yield _habit.get().doubts
    finally:
        _habit.reset(token)


def learn_habit(text: str) -> None:
    """Look whether the numbers of a whole text have decimal commas, for those of its numbers that don't tell."""
    habit = _habit.get(None)
    if habit is not None:
        habit.has_decimal_comma = bool(_DECIMAL_COMMA.search(text)) and not _DECIMAL_POINT.search(text)


def number_at_start(text: str, is_possible: Callable[[float, str], bool] | None = None) -> FoundNumber | None:
    """The number at the start of `text`; None where no finite number stands there, or one that can't be told.

    ``is_possible(value, rest)`` says whether a value makes sense: it decides between two readings of one number.
    """
    found = _NUMBER.match(text)
    if found is None:
        return None
    habit = _habit.get(None) or _Habit()
    digits, rest = found["digits"], text[found.end() :]
    texts = _readings(digits, bool(found["exponent"]), habit.has_decimal_comma)
    values = [float(f"{found['sign']}{plain}{found['exponent'] or ''}") for plain in texts]
    values = [value for value in values if math.isfinite(value)]
    if len(values) > 1 and is_possible is not None:
        values = [value for value in values if is_possible(value, rest)]
    if len(values) > 1:
        habit.doubts.append(
            f"{found[0].strip()!r} can be read as {values[0]:g} or {values[1]:,.0f}: it is not used; "
            "give the value, or write the number without a mark of thousands"
        )
    return FoundNumber(values[0], rest) if len(values) == 1 else None


def _readings(digits: str, has_exponent: bool, has_decimal_comma: bool) -> list[str]:
    """What `digits` may mean, as Python writes it: none, one, or a fraction and thousands."""
    plain = re.sub(rf"(?<=\d)['’{_SPACES}](?=\d{{3}}(?!\d))", "", digits)
    if not re.fullmatch(r"[\d.,]+", plain):
        return []
    marks = re.findall(r"[.,]", plain.rstrip("."))
    if len(set(marks)) == 2:
        return _two_marks(plain, marks)
    if len(marks) > 1:
        return [re.sub(r"[.,]", "", plain)] if _is_grouped(plain, marks[0]) else []
    fraction = plain.replace(",", ".")
    is_open = bool(marks) and plain == digits and not has_exponent and _is_grouped(plain, marks[0])
    if is_open and (marks[0] == ",") != has_decimal_comma:
        return [fraction, re.sub(r"[.,]", "", plain)]
    return [fraction]


def _two_marks(plain: str, marks: list[str]) -> list[str]:
    """The mark that comes last, and once, is the decimal one."""
    last = marks[-1]
    whole, fraction = plain.rsplit(last, 1)
    if last in whole or not _is_grouped(whole, marks[0]):
        return []
    return [f"{whole.replace(marks[0], '')}.{fraction}"]


def _is_grouped(plain: str, mark: str) -> bool:
    return bool(re.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+", plain))
