"""Files on their way to the server, in parts that can be taken up again after any failure.

The table says how many bytes are here for good; a file may be longer where a part was cut off, and is cut back to that.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Literal

from sqlalchemy import Connection, delete, insert, select, update

from uniaims.atomic import keep_folder, make_folder
from uniaims.engine.database import Database, now_ms
from uniaims.engine.tables import uploads
from uniaims.errors import InputError, OutputError
from uniaims.names import LONGEST_BYTES, shown_name

Purpose = Literal["image", "archive", "model"]
LARGEST_BYTES = 8 * 10**9
LIFETIME_MS = 24 * 3600 * 1000
"""So long a file may be on its way after its last part."""
SPARE_BYTES = 200 * 10**6
"""Left free on the disk, for the database and what is made of the file."""


LONGEST_PATH_BYTES = 1000


class OffsetError(InputError):
    """A part that does not begin where the file ends."""


@dataclass(frozen=True)
class Upload:
    """A file on its way.

    Attributes:
        id: 32 hex digits.
        name: as its sender calls it; text only, never a path.
        bytes: of the whole.
        offset: bytes that are here.
        state: ``open``, or ``finished`` when it has been taken further.
    """

    id: str
    project_id: int
    account_id: int
    name: str
    bytes: int
    offset: int
    purpose: str
    state: str
    expires_ms: int

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        return self.offset == self.bytes


@dataclass(frozen=True)
class Uploads:
    """The files on their way to an engine.

    Attributes:
        database: where they are listed.
        folder: where their bytes lie.
    """

    database: Database
    folder: Path

    def create(self, project_id: int, account_id: int, name: str, size: int, purpose: Purpose = "image") -> Upload:
        """Announce a file.

        Raises:
            InputError: if it has no name, or is larger than any may be.
            OutputError: if the disk has no room for it.
        """
        if not 0 < size <= LARGEST_BYTES:
            raise InputError(f"a file of {size:,} bytes: wanted 1 to {LARGEST_BYTES:,}.")
        make_folder(self.folder)
        free = shutil.disk_usage(self.folder).free - SPARE_BYTES
        if size > free:
            raise OutputError(f"{size:,} bytes are to come and the disk has room for {max(0, free):,}. Free space.")
        now = now_ms()
        made = Upload(
            secrets.token_hex(16), project_id, account_id, _named(name) if purpose == "image" else path_named(name),
            size, 0, purpose, "open", now + LIFETIME_MS,
        )  # fmt: skip
        self.path(made.id).touch()
        keep_folder(self.folder)
        row = asdict(made) | {"created_ms": now}
        self.database.write(lambda connection: connection.execute(insert(uploads).values(row)))
        return made

    def path(self, number: str) -> Path:
        """Where the bytes of a file lie."""
        return self.folder / number

    def find(self, number: str, account_id: int) -> Upload | None:
        """A file of somebody; ``None`` if there is none, or it is another's."""
        mine = select(uploads).where(uploads.c.id == number, uploads.c.account_id == account_id)
        with self.database.read() as connection:
            row = connection.execute(mine).first()
        return Upload(**{name: row._mapping[name] for name in Upload.__dataclass_fields__}) if row is not None else None

    async def append(self, upload: Upload, offset: int, parts: AsyncIterator[bytes]) -> Upload:
        """Take the next bytes; what came of a part that broke off is kept if the sender is still there to be told.

        Raises:
            OffsetError: if they don't begin where the file ends.
            InputError: if more come than were announced.
        """
        if offset != upload.offset:
            raise OffsetError(f"bytes from {offset:,} on came: wanted those from {upload.offset:,} on. Ask with HEAD.")
        with self.path(upload.id).open("r+b") as file:
            file.truncate(offset)
            file.seek(offset)
            async for part in parts:
                if file.tell() + len(part) > upload.bytes:
                    raise InputError(f"more than the {upload.bytes:,} bytes came that were announced.")
                file.write(part)
            await asyncio.to_thread(_on_disk, file)
            reached = file.tell()
        return await asyncio.to_thread(self._reached, upload, offset, reached)

    def _reached(self, upload: Upload, before: int, reached: int) -> Upload:
        here = update(uploads).where(uploads.c.id == upload.id, uploads.c.offset == before)
        values = {"offset": reached, "expires_ms": now_ms() + LIFETIME_MS}

        def moved(connection: Connection) -> int:
            """In one transaction."""
            return connection.execute(here.values(values)).rowcount

        if not self.database.write(moved):
            raise OffsetError("the same bytes came twice at a time. Ask with HEAD how many are here.")
        return replace(upload, offset=reached, expires_ms=values["expires_ms"])

    def done(self, upload: Upload) -> None:
        """The file is where it belongs: its bytes here go."""
        closed = update(uploads).where(uploads.c.id == upload.id).values(state="finished")
        self.database.write(lambda connection: connection.execute(closed))
        self.path(upload.id).unlink(missing_ok=True)

    def remove(self, upload: Upload) -> None:
        """Forget a file."""
        self.database.write(lambda connection: connection.execute(delete(uploads).where(uploads.c.id == upload.id)))
        self.path(upload.id).unlink(missing_ok=True)

    def whole(self) -> Sequence[Upload]:
        """Images that are whole and have not been taken further: a server that was killed left them so."""
        here = (uploads.c.offset == uploads.c.bytes) & (uploads.c.purpose == "image")
        left = select(uploads).where(uploads.c.state == "open", here)
        with self.database.read() as connection:
            rows = connection.execute(left).all()
        return [Upload(**{name: row._mapping[name] for name in Upload.__dataclass_fields__}) for row in rows]

    def expire(self) -> None:
        """Forget files whose time is over, and bytes that belong to none."""
        late = delete(uploads).where(uploads.c.state == "open", uploads.c.expires_ms < now_ms())
        self.database.write(lambda connection: connection.execute(late))
        with self.database.read() as connection:
            known = set(connection.execute(select(uploads.c.id).where(uploads.c.state == "open")).scalars())
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if path.name not in known:
                path.unlink()


def _on_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def path_named(name: str) -> str:
    """A name that may stand in folders, as files of a dataset do; none leads out of where it is put."""
    parts = [part.strip() for part in name.replace("\\", "/").split("/")]
    kept = "/".join(_named(part) for part in parts if part not in {"", ".", ".."}) or _named("")
    if len(kept.encode()) > LONGEST_PATH_BYTES:
        raise InputError(f"a file in so many folders came: wanted a path of at most {LONGEST_PATH_BYTES} bytes.")
    return kept


def _named(name: str) -> str:
    """A name as it is kept: the last part of what may be a path, shown safely, not too long."""
    last = shown_name(name.replace("\\", "/").rpartition("/")[2]).strip()
    if not last:
        raise InputError("a file without a name came. Send its name.")
    stem, dot, suffix = last.rpartition(".")
    cut = (stem or suffix).encode()[: LONGEST_BYTES - len(suffix.encode()) - 1].decode(errors="ignore")
    return (
        f"{cut}{dot}{suffix}" if stem and len(suffix) <= 12 else last.encode()[:LONGEST_BYTES].decode(errors="ignore")
    )
