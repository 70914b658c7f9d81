"""The database: reads on connections of their own, writes one after another on one thread.

SQLite has one writer. Several writing connections starve each other for seconds; one thread that takes all that waits,
gives each unit its own savepoint and commits them together does not, and waits for the disk once.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from time import time
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError

from uniaims.errors import DataFolderError, OutputError

NEWEST = "0002"
"""The revision of the tables that this version of the program works with."""

Result = TypeVar("Result")
Unit = Callable[[Connection], Result]
"""What is written as a whole or not at all."""

MOST_UNITS = 64
"""So many waiting units are committed together."""
_BUSY_MS = 10_000
_PRAGMAS = (
    f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "cache_size=-16000", "temp_store=MEMORY",
)  # fmt: skip


def now_ms() -> int:
    """Milliseconds since 1970, UTC, as all tables tell times."""
    return int(time() * 1000)


def open_database(path: Path) -> "Database":
    """Open the database at ``path``, a new one if none is there, and bring its tables up to date.

    Raises:
        DataFolderError: if it is damaged, of a newer version, held by another program, or can't be written.
        OutputError: if the disk is full.
    """
    engine = _engine(path, begin="BEGIN IMMEDIATE", pragmas=("foreign_keys=OFF",))
    with _explained(path):
        try:
            with engine.begin() as connection:
                _check_whole(path, connection)
                bring_up_to_date(path, connection)
        finally:
            engine.dispose()
        return Database(path)


def bring_up_to_date(path: Path, connection: Connection, target: str = NEWEST) -> None:
    """Migrate the tables to a revision and see that all references still hold; none may be enforced meanwhile.

    SQLite changes a table by making another and dropping the first, which would take along what refers to it.

    Raises:
        DataFolderError: if the tables are of a newer version.
    """
    is_there = sqlalchemy.inspect(connection).has_table("alembic_version")
    if is_there and connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == target:
        return
    from uniaims.engine.migrations import migrate  # Alembic takes a third of a second to import

    migrate(path, connection, target)
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise DataFolderError(f"{path}: the database is damaged (rows refer to others that are not there).")


def _check_whole(path: Path, connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise DataFolderError(f"{path}: the database is damaged ({found}). Bring it back from a backup.")


@dataclass(frozen=True)
class _Waiting:
    unit: Unit[Any]
    done: "Future[Any]"


class Database:
    """An SQLite file, opened for this process; `open_database` checks it first and brings its tables up to date."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = _engine(path, begin="BEGIN", pragmas=("query_only=ON",))
        self._writer = _engine(path, begin="BEGIN IMMEDIATE", pragmas=("foreign_keys=ON",))
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="database writer", daemon=True)
        self._thread.start()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees the database as it is at its first statement, until the block is left."""
        with _explained(self.path), self._readers.connect() as connection:
            yield connection

    def write(self, unit: Unit[Result]) -> Result:
        """Run a unit on the writer's thread, and return its result once it is committed: on the disk.

        A unit that raises leaves nothing behind, and its exception comes out here.

        Raises:
            OutputError: if the disk is full, or the database can't be written or is damaged.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a unit may not wait for another one: pass its connection on.")
        if self._is_closed:
            raise DataFolderError(f"{self.path}: the database is closed.")
        waiting = _Waiting(unit, Future())
        self._queue.put(waiting)
        with _explained(self.path):
            return waiting.done.result()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Finish what waits, and let go of the file."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
            self._thread.join()
            self._readers.dispose()
            self._writer.dispose()

    def _run(self) -> None:
        is_open = True
        while is_open:
            units = [self._queue.get()]
            while len(units) < MOST_UNITS and not self._queue.empty():
                units.append(self._queue.get())
            is_open = None not in units
            self._commit([each for each in units if each is not None])
        self._refuse_rest()

    def _commit(self, units: list[_Waiting]) -> None:
        """Run units in one transaction; results are told after the commit, for only then they are true."""
        results: list[tuple[Future[Any], Any]] = []
        try:
            with self._writer.connect() as connection:
                for each in units:
                    try:
                        with connection.begin_nested():
                            results.append((each.done, each.unit(connection)))
                    except Exception as error:
                        each.done.set_exception(error)
                try:
                    connection.commit()
                except DatabaseError:
                    connection.invalidate()  # SQLAlchemy would take it for rolled back, and SQLite may not have done so
                    raise
        except Exception as error:
            for each in units:
                if not each.done.done():
                    each.done.set_exception(error)
            return
        for done, result in results:
            done.set_result(result)

    def _refuse_rest(self) -> None:
        while not self._queue.empty():
            waiting = self._queue.get()
            if waiting is not None:
                waiting.done.set_exception(DataFolderError(f"{self.path}: the database is closed."))


def _engine(path: Path, begin: str, pragmas: tuple[str, ...]) -> Engine:
    """An engine whose transactions begin when we say so; Python's driver begins them late, and not before reading."""
    engine = create_engine(f"sqlite:///{path}", pool_size=16, max_overflow=48)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Tell what the disk refuses in our words; what breaks a rule of the tables is our fault and stays as it is."""
    try:
        yield
    except IntegrityError:
        raise
    except (DatabaseError, sqlite3.DatabaseError) as error:
        raise _in_words(path, error) or error from error


def _in_words(path: Path, error: BaseException) -> OutputError | None:
    """The error to raise for one of the driver; what led to it tells more, where SQLite took all back by itself."""
    told: OutputError | None = None
    seen: BaseException | None = error
    while seen is not None:
        cause = getattr(seen, "orig", None) or seen
        told = _of_code(path, getattr(cause, "sqlite_errorcode", 0) & 0xFF, str(cause)) or told
        seen = seen.__context__
    return told


def _of_code(path: Path, code: int, reason: str) -> OutputError | None:
    if code == sqlite3.SQLITE_FULL:
        return OutputError(f"{path}: the disk is full. Free space, then repeat; what was saved before is whole.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DataFolderError(f"{path}: the database is damaged ({reason}). Bring it back from a backup.")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM):
        return DataFolderError(f"{path}: can't be written ({reason}). Are you allowed to, and is the disk all right?")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DataFolderError(f"{path}: another program is writing to the database. Stop it, then repeat.")
    return None
