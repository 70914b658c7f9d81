"""Which images of a file that holds several: one, some, or all; counted from 0."""

from collections.abc import Iterator
from typing import Literal

from uniaims.errors import SettingsError

PageChoice = int | tuple[int, ...] | Literal["all"] | None
"""One by its number, several, all; ``None``: the only one, or the first."""
METAVAR = "<N|N-M|N,M|all>"
MOST_PAGES = 100_000
_EXAMPLES = "wanted a number counted from 0, a range such as 0-4, several as 1-3,7, or all."


def parse_pages(text: str) -> PageChoice:
    """What a user writes: ``3``, ``0-4`` (the last one too), ``1-3,7``, ``all``; several come in the order given, once.

    Raises:
        SettingsError: where it is none of these.
    """
    if text.strip().casefold() == "all":
        return "all"
    pages = tuple(dict.fromkeys(page for part in text.split(",") for page in _range(part, text)))
    return pages if len(pages) > 1 or "-" in text or "," in text else pages[0]


def check_pages(choice: PageChoice) -> None:
    """Refuse what is no choice of pages.

    Raises:
        SettingsError: where it is none.
    """
    numbers = choice if isinstance(choice, tuple) else (choice,)
    if choice in (None, "all") or (numbers and all(type(page) is int and page >= 0 for page in numbers)):
        return
    raise SettingsError(f"page = {choice!r}: {_EXAMPLES}")


def _range(part: str, whole: str) -> Iterator[int]:
    first, dash, last = (piece.strip() for piece in part.partition("-"))
    if not (_is_number(first) and (_is_number(last) if dash else not last)):
        raise SettingsError(f"--page {whole}: {_EXAMPLES}")
    low, high = int(first), int(last or first)
    if high < low:
        raise SettingsError(f"--page {whole}: {part.strip()} goes backwards, write {high}-{low}.")
    if high - low >= MOST_PAGES:
        raise SettingsError(
            f"--page {whole}: that is more than {MOST_PAGES:,} images. For every one there is, write all."
        )
    yield from range(low, high + 1)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
