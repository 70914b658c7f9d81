"""Files found by the names that annotations give them: accents composed or not, in any case, never as patterns."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize


def composed(name: str) -> str:
    """A name with its accents composed (NFC); Macs and the zips they pack have them decomposed."""
    return normalize("NFC", name)


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
        place = _child(place, part) if place is not None else None
    return place


def _child(folder: Path, name: str) -> Path | None:
    """What is called ``name`` in a folder: exactly so, else composed, else but for the case of suffix or letters."""
    if name in {"", ".", ".."}:
        return None
    try:
        if (folder / name).exists():
            return folder / name
        listing = _listing(folder, folder.stat().st_mtime_ns)
    except (OSError, ValueError):  # a name that is too long or holds a NUL, or a folder that is none
        return None
    alike = listing.get(_folded(name), ())
    for fitting in _fitting(alike, composed(name)):
        if len(fitting) == 1:
            return folder / fitting[0]
    return None


def _fitting(alike: tuple[str, ...], name: str) -> Iterator[list[str]]:
    """Names that are alike but for case, the more similar ones first."""
    yield [other for other in alike if composed(other) == name]
    yield [other for other in alike if composed(Path(other).stem) == Path(name).stem]
    yield list(alike)


@lru_cache(64)
def _listing(folder: Path, changed_ns: int) -> dict[str, tuple[str, ...]]:  # noqa: ARG001 - part of the key
    """Names in a folder as it was at a time, by what they are in small letters."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.iterdir()):
        key = _folded(path.name)
        found[key] = (*found.get(key, ()), path.name)
    return found


def _folded(name: str) -> str:
    return composed(composed(name).casefold())
