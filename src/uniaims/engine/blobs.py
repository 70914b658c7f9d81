"""Blobs: bytes called by their hash, so that they are written once, never changed, and shared by whoever names them."""

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from uniaims.atomic import atomic_file, atomic_files, sweep
from uniaims.errors import DataFolderError, NotFoundError

_NAME = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 1 << 20


def hash_of(data: bytes) -> str:
    """The name of some bytes: SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def hash_of_file(path: Path) -> str:
    """The name of a file's bytes, read piece by piece."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


class Blobs(Protocol):
    """Where blobs lie. What `put` has returned the name of is on the disk for good."""

    def put(self, data: bytes) -> str:
        """Keep some bytes and return their name."""

    def put_named(self, blobs: Mapping[str, bytes]) -> None:
        """Keep many blobs that have names already: those of what they hold, before it was compressed."""

    def put_file(self, path: Path) -> str:
        """Keep a copy of a file and return its name."""

    def get(self, name: str) -> bytes:
        """The bytes of a blob.

        Raises:
            NotFoundError: if there is none of this name.
        """

    def __contains__(self, name: str) -> bool:
        """Whether there is a blob of this name."""


@dataclass(frozen=True)
class FolderBlobs:
    """Blobs as files ``ab/abcd...`` of a folder; several programs may write into it at once."""

    folder: Path

    def put(self, data: bytes) -> str:
        """See `Blobs`."""
        name = hash_of(data)
        self.put_named({name: data})
        return name

    def put_named(self, blobs: Mapping[str, bytes]) -> None:
        """See `Blobs`."""
        missing = {f"{name[:2]}/{name}": data for name, data in blobs.items() if name not in self}
        if missing:
            atomic_files(self.folder, missing)

    def put_file(self, path: Path) -> str:
        """See `Blobs`."""
        name = hash_of_file(path)
        if name not in self:
            with atomic_file(self.path(name)) as temporary:
                shutil.copyfile(path, temporary)
        return name

    def get(self, name: str) -> bytes:
        """See `Blobs`."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"{name}: no such blob in {self.folder}. Was it deleted, or moved?") from error
        except OSError as error:
            raise DataFolderError(f"{self.path(name)}: can't be read ({error.strerror}).") from error

    def sweep(self) -> None:
        """Delete what killed programs left half written; what living ones are writing stays."""
        if self.folder.is_dir():
            sweep(self.folder)
            for folder in self.folder.iterdir():
                sweep(folder)

    def path(self, name: str) -> Path:
        """Where a blob lies, or will lie.

        Raises:
            NotFoundError: if that is no name of a blob.
        """
        if not _NAME.fullmatch(name):
            raise NotFoundError(f"{name[:80]!r} is no name of a blob: 64 hexadecimal digits are wanted.")
        return self.folder / name[:2] / name

    def __contains__(self, name: str) -> bool:
        return self.path(name).is_file()
