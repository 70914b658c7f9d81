"""The database: units are whole or not there, and what is wrong with a file is told in words."""

import shutil
import sqlite3
import threading

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from uniaims.engine.database import NEWEST, Database, now_ms, open_database
from uniaims.engine.tables import accounts
from uniaims.errors import DataFolderError, OutputError


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """The file of a database without rows; making its tables takes a while."""
    path = tmp_path_factory.mktemp("empty") / "engine.db"
    open_database(path).close()
    return path


@pytest.fixture
def path(tmp_path, empty):
    return shutil.copy(empty, tmp_path / "engine.db")


@pytest.fixture
def database(path):
    opened = open_database(path)
    yield opened
    opened.close()


def _add(name):
    return lambda connection: connection.execute(insert(accounts).values(name=name, created_ms=now_ms()))


def _names(database):
    with database.read() as connection:
        return set(connection.execute(select(accounts.c.name)).scalars())


def test_a_unit_that_fails_leaves_nothing_and_takes_no_other_with_it(database):
    blocking, waiting = threading.Event(), threading.Event()

    def block(connection):
        waiting.set()
        blocking.wait(10)

    def fail(connection):
        _add("half")(connection)
        raise KeyError("half way")

    errors = []

    def write(unit):
        try:
            database.write(unit)
        except KeyError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(unit,)) for unit in (block, _add("a"), fail, _add("b"))]
    threads[0].start()
    waiting.wait(10)
    for thread in threads[1:]:
        thread.start()
    blocking.set()
    for thread in threads:
        thread.join()
    assert _names(database) == {"a", "b"}
    assert [str(error) for error in errors] == ["'half way'"]


def test_the_rules_of_tables_are_enforced(database):
    database.write(_add("a"))
    with pytest.raises(IntegrityError):
        database.write(_add("a"))
    with pytest.raises(IntegrityError):
        database.write(lambda connection: connection.execute(text("INSERT INTO memberships VALUES (1, 1, 'expert')")))
    assert _names(database) == {"a"}


def test_readers_see_one_moment_and_can_not_write(database):
    with database.read() as connection:
        assert connection.execute(select(accounts)).all() == []
        database.write(_add("later"))
        assert connection.execute(select(accounts)).all() == []
    with pytest.raises(DataFolderError, match="can't be written"), database.read() as connection:
        connection.execute(insert(accounts).values(name="no", created_ms=0))
    assert _names(database) == {"later"}


def test_a_unit_may_not_wait_for_another(database):
    with pytest.raises(RuntimeError, match="pass its connection on"):
        database.write(lambda _: database.write(_add("inner")))


def test_a_closed_database_says_so(database):
    database.close()
    with pytest.raises(DataFolderError, match="is closed"):
        database.write(_add("late"))


def test_a_full_disk_is_told_and_what_was_saved_stays(database):
    database.write(_add("before"))

    def too_much(connection):
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.execute(insert(accounts).values(name="x" * 1_000_000, created_ms=0))

    with pytest.raises(OutputError, match="the disk is full"):
        database.write(too_much)
    assert _names(database) == {"before"}


@pytest.mark.parametrize("spoilt", [b"no database, but a text" * 99, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_told(tmp_path, spoilt):
    path = tmp_path / "engine.db"
    path.write_bytes(spoilt)
    with pytest.raises(DataFolderError, match="damaged"):
        open_database(path)
    assert path.read_bytes() == spoilt


def test_a_damaged_page_is_told(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 4096 * 3 + whole[8192 + 3 * 4096 :])
    with pytest.raises(DataFolderError, match="damaged"):
        open_database(path)


def test_a_newer_database_is_left_alone(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(DataFolderError, match=f"newer version.*9999.*{NEWEST}"):
        open_database(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


def test_a_folder_without_rights_is_told(tmp_path):
    with pytest.raises(DataFolderError, match="can't be written"):
        open_database(tmp_path / "no such folder" / "engine.db")


def test_many_threads_write_at_once(database):
    threads = [threading.Thread(target=database.write, args=(_add(f"{i}"),)) for i in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_names(database)) == 100
    assert isinstance(database, Database)


def test_a_commit_that_fails_is_told_and_the_next_one_works(database):
    """As on a full disk: all statements of the unit were done, and yet nothing of it stays."""

    def unit(connection):
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("INSERT INTO memberships VALUES (7, 7, 'viewer')")

    with pytest.raises(IntegrityError):
        database.write(unit)
    count = "SELECT count(*) FROM memberships"
    assert database.write(lambda connection: connection.exec_driver_sql(count).scalar()) == 0
