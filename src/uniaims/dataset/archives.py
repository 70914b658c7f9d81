"""Zip archives from strangers: unpacked into a folder of their own, or refused."""

import lzma
import shutil
import stat
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath

from uniaims.atomic.disk import is_of_the_disk, write_error
from uniaims.errors import InputError
from uniaims.texts import decoded

MOST_FILES = 1_000_000
MOST_GROWTH = 200
"""An archive may not unpack to more than this many times its size. Pictures grow little, label images some 100-fold."""
SMALL_BYTES = 2**26
"""Archives that unpack to less than this are not held to `MOST_GROWTH`."""

_CHUNK_BYTES = 2**20
_IS_UTF_8 = 0x800
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError)


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive, by its content."""
    return path.is_file() and zipfile.is_zipfile(path)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack into ``folder`` and return where the files are: there, or in the only folder in there.

    Raises:
        InputError: if the archive is damaged, holds a path that leads out of the folder, or unpacks to absurdly much.
        OutputError: if it can't be written.
    """
    allowed = max(SMALL_BYTES, MOST_GROWTH * archive.stat().st_size)
    try:
        with zipfile.ZipFile(archive) as content:
            members = content.infolist()
            _check(archive, members, min(allowed, shutil.disk_usage(folder).free))
            for member in members:
                allowed -= _unpack_member(content, member, folder, allowed)
    except _DAMAGED as error:
        if is_of_the_disk(error):
            raise write_error(folder, error) or error from error
        raise InputError(f"{archive}: can't be unpacked ({error}). Unpack it yourself and give the folder.") from error
    inside = [path for path in folder.iterdir() if path.name != "__MACOSX"]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _check(archive: Path, members: list[zipfile.ZipInfo], allowed: int) -> None:
    for member in members:
        path = PurePosixPath(_name_of(member))
        is_link = stat.S_ISLNK(member.external_attr >> 16)
        if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]) or is_link:
            raise InputError(
                f"{archive}: {_name_of(member)!r} leads out of the archive. Don't trust where it came from."
            )
    total = sum(member.file_size for member in members)
    if total > allowed or len(members) > MOST_FILES:
        raise InputError(
            f"{archive}: it says to hold {len(members):,} files of {total / 1e9:.1f} GB in all; {allowed / 1e9:.1f} GB "
            "are allowed for its size and the free space. If you trust it, unpack it yourself and give the folder."
        )


def _name_of(member: zipfile.ZipInfo) -> str:
    """Path of a file in an archive; names that don't say to be UTF-8 are in any encoding, whatever the standard is."""
    name = member.filename
    if not (name.isascii() or member.flag_bits & _IS_UTF_8):
        with suppress(UnicodeEncodeError, InputError):
            name = decoded(name.encode("cp437"), "a name").text
    return name.replace("\\", "/")


def _unpack_member(content: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, allowed: int) -> int:
    """Write a file and return its size; what an archive says of sizes may be a lie, so they are counted."""
    if member.is_dir():
        return 0
    target, written = folder / _name_of(member), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with content.open(member) as source, target.open("wb") as stream:
        while chunk := source.read(_CHUNK_BYTES):
            written += len(chunk)
            if written > allowed:
                raise InputError(
                    f"{content.filename}: it unpacks to more than it says. Don't trust where it came from."
                )
            stream.write(chunk)
    return written
