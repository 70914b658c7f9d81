"""Names of files are data: any bytes that a disk takes, shown safely, looked up as they are, fit for a result folder.

::

    shown(text) -> str            what a page, a table or a terminal may be sent of a text that holds names
    listed(names) -> str          some of them in a sentence, and how many more there are
    folder_name(stem) -> str      name of a folder for the results of an image of this stem
    alike(name) -> str            names that some disk takes for one have this in common
    is_there(path) -> bool        whether there is such a file or folder; never an error
    on_disk(path) -> Path         the same path as it is spelled on the disk
    place_in(folder, parts)       what an annotation calls so: accents composed or not, in any case, never a pattern
    files_in, folders_in          what lies in a folder, sorted, by suffix
    matches(pattern) -> [Path]    what a pattern stands for
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from glob import escape, glob, has_magic
from itertools import islice, product
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

LONGEST_BYTES = 200
"""Of a folder name: disks take 255, and while it is written some more stand before and behind it."""
DIGEST_DIGITS = 8

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
_NOT_SHOWN = re.compile(f"[{_CONTROL}]")
_NOT_IN_NAMES = re.compile(f"[{_CONTROL}\t\n]")
_PAGE = re.compile(r"_page\d{3,}$")
_FORMULA_OR_HIDDEN = (".", "-", "=", "+", "@")


def shown(text: str) -> str:
    """Text for the eye, with replacement signs (U+FFFD) for what does harm there.

    That is what steers a terminal or turns the direction of writing, and bytes that are no UTF-8. Line feeds and tabs
    stay, since messages have lines.
    """
    return _NOT_SHOWN.sub("\ufffd", text)


def shown_name(name: str) -> str:
    """A name in one line for the eye; see `shown`."""
    return _NOT_IN_NAMES.sub("\ufffd", name)


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence: ``a, b, c, d, e and 7 more``."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def folder_name(stem: str) -> str:
    """A folder name that can be typed, joined into tables and written on any disk of this system.

    Signs that can't be shown become ``_``. A ``_`` goes before names that begin as hidden files, as options or as
    formulas of spreadsheets do, and behind those that a folder for a page of another file might have. Names too long
    are cut, and end in a part of the digest of the whole.
    """
    name = _PAGE.sub(r"\g<0>_", _NOT_IN_NAMES.sub("_", stem).rstrip(" ")) or "_"
    name = f"_{name}" if name.startswith(_FORMULA_OR_HIDDEN) else name
    if len(name.encode()) <= LONGEST_BYTES:
        return name
    digest = hashlib.sha256(os.fsencode(stem)).hexdigest()[:DIGEST_DIGITS]
    return f"{name.encode()[: LONGEST_BYTES - DIGEST_DIGITS - 1].decode(errors='ignore')}_{digest}"


def page_folder_name(name: str, page: int) -> str:
    """The folder for image ``page`` (counted from 0) of a file whose folder is ``name``."""
    return f"{name}_page{page:03}"


def file_folder_name(name: str) -> str:
    """Invert `page_folder_name`."""
    return _PAGE.sub("", name)


def alike(name: str) -> str:
    """The same for names that a disk may take for one: upper or lower case, umlauts composed or decomposed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def uri(path: Path) -> str:
    """An absolute path as ``file:`` URI: ASCII, and exact where the name is no UTF-8."""
    return path.as_uri()


def path_of_uri(text: str) -> Path:
    """Invert `uri`."""
    place = os.fsdecode(unquote_to_bytes(urlsplit(text).path))
    return Path(place.lstrip("/") if os.name == "nt" else place)


def is_there(path: str | Path) -> bool:
    """Whether a file or folder is there; a name that is longer than any file's is not."""
    return os.path.exists(path)  # noqa: PTH110  Path.exists raises for such names


def on_disk(path: Path) -> Path:
    """The path as it is spelled on the disk, where its umlauts are composed there and decomposed here, or the reverse.

    A path that is there, and one that nothing fits, comes back as it is.
    """
    if is_there(path) or str(path).isascii():
        return path
    place = Path(path.anchor)
    for part in path.parts[len(path.anchor) > 0 :]:
        place = _child(place, part, in_any_case=False) or place / part
    return place if is_there(place) else path


def composed(name: str) -> str:
    """A name with its accents composed (NFC); Macs and the zips they pack have them decomposed."""
    return unicodedata.normalize("NFC", name)


def stem_of(path: Path) -> str:
    """Name of a file without its suffix, composed, so that an image and its labels have the same."""
    return composed(path.stem)


def files_in(folder: Path, *suffixes: str) -> list[Path]:
    """Files of a folder with one of the suffixes (in any case; all if none), sorted; hidden ones are passed over."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [
        path
        for path in paths
        if not path.name.startswith(".") and (not suffixes or path.suffix.lower() in suffixes) and path.is_file()
    ]


def folders_in(folder: Path) -> list[Path]:
    """Folders in a folder, sorted; hidden ones are passed over."""
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]


def place_in(folder: Path, parts: Iterable[str]) -> Path | None:
    """The file or folder that ``parts`` of a path lead to from ``folder``; None if there is none, or several fit."""
    place: Path | None = folder
    for part in parts:
        place = _child(place, part, in_any_case=True) if place is not None else None
    return place


def _child(folder: Path, name: str, *, in_any_case: bool) -> Path | None:
    """What is called ``name`` in a folder: exactly so, else composed, else but for the case of suffix or letters."""
    if name in {"", ".", ".."}:
        return None
    try:
        if (folder / name).exists():
            return folder / name
        listing = _listing(folder.absolute(), folder.stat().st_mtime_ns)
    except (OSError, ValueError):  # a name that is too long or holds a NUL, or a folder that is none
        return None
    fittings = _fitting(listing.get(alike(name), ()), composed(name))
    for fitting in fittings if in_any_case else islice(fittings, 1):
        if len(fitting) == 1:
            return folder / fitting[0]
    return None


def _fitting(others: tuple[str, ...], name: str) -> Iterator[list[str]]:
    """Names that are alike but for case, the more similar ones first."""
    yield [other for other in others if composed(other) == name]
    yield [other for other in others if composed(Path(other).stem) == Path(name).stem]
    yield list(others)


@lru_cache(64)
def _listing(folder: Path, changed_ns: int) -> dict[str, tuple[str, ...]]:  # noqa: ARG001 - part of the key
    """Names in a folder as it was at a time, by what they are in small letters."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.iterdir()):
        key = alike(path.name)
        found[key] = (*found.get(key, ()), path.name)
    return found


def matches(pattern: str) -> list[Path]:
    """What a pattern with ``*``, ``?``, ``[...]`` and ``**`` stands for, sorted.

    Folders in front whose very name is there are no patterns (``data [2024]/*.tif``). A suffix fits in upper and lower
    case, an umlaut composed and decomposed.
    """
    folder, rest = _literal_part(Path(pattern))
    forms = product(*(_spellings(part) for part in rest.parts))
    found = {name for parts in forms for name in glob(os.path.join(folder, *parts), recursive=True)}  # noqa: PTH118, PTH207
    return sorted(map(Path, found))


def _literal_part(pattern: Path) -> tuple[str, Path]:
    """The folders in front that are there by their very names, escaped, and the pattern behind them."""
    place = Path(pattern.anchor)
    parts = pattern.parts[len(pattern.anchor) > 0 :]
    for number, part in enumerate(parts[:-1]):
        inside = on_disk(place / part)
        if not inside.is_dir():
            return escape(str(place)) if number or pattern.anchor else "", Path(*parts[number:])
        place = inside
    return escape(str(place)) if len(parts) > 1 or pattern.anchor else "", Path(parts[-1])


def _spellings(part: str) -> list[str]:
    """One component of a pattern in every spelling of it that a disk may have."""
    stem, dot, suffix = part.rpartition(".")
    if has_magic(stem) and suffix.isalnum():
        part = stem + dot + "".join(f"[{sign.lower()}{sign.upper()}]" if sign.isalpha() else sign for sign in suffix)
    return list(dict.fromkeys((part, *(unicodedata.normalize(form, part) for form in ("NFC", "NFD")))))
