"""Migrations make the tables that the program works with, and go up and down with rows in all of them."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Boolean, Float, LargeBinary, create_engine, insert, text

from uniaims.engine import migrations
from uniaims.engine.database import NEWEST, bring_up_to_date
from uniaims.engine.tables import metadata


@pytest.fixture
def connection(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'engine.db'}")
    with engine.begin() as opened:
        bring_up_to_date(tmp_path, opened)
        yield opened
    engine.dispose()


def _words(constraint):
    """The words that a check allows, by the column that it is called after."""
    return str(constraint.sqltext).split("'")[1::2]


def _row(table, number):
    """A row that fits the types and checks of a table; all that it refers to has the id 1."""
    values = {}
    checks = {
        check.name.removeprefix(f"ck_{table.name}_"): check for check in table.constraints if hasattr(check, "sqltext")
    }
    for column in table.columns:
        if column.name in checks and _words(checks[column.name]):
            values[column.name] = _words(checks[column.name])[0]
        elif isinstance(column.type, (BigInteger, Float, Boolean)):
            values[column.name] = number if column.primary_key or not column.foreign_keys else 1
        elif isinstance(column.type, LargeBinary):
            values[column.name] = b"\0\1"
        elif str(column.type) == "JSON":
            values[column.name] = {"a": [1, None, "é"]}
        else:
            values[column.name] = f"{column.name} \U0001f52c {number}"
    return values


def test_the_newest_migration_is_the_one_that_is_wanted_and_makes_the_tables(connection):
    scripts = ScriptDirectory.from_config(migrations._config(connection))
    assert scripts.get_heads() == [NEWEST]
    assert migrations.revision_of(connection) == NEWEST
    assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_up_and_down_with_rows_in_every_table(connection, tmp_path):
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for table in metadata.tables.values():
        connection.execute(insert(table).values(_row(table, 1)))
    known = {name: connection.execute(text(f"SELECT * FROM {name}")).all() for name in metadata.tables}
    assert all(len(rows) == 1 for rows in known.values())
    scripts = [
        script.revision for script in ScriptDirectory.from_config(migrations._config(connection)).walk_revisions()
    ]
    for revision in reversed(scripts):
        bring_up_to_date(tmp_path, connection, revision)
    del known["requests"]  # came with the second one, so its rows went with the way down
    assert {name: connection.execute(text(f"SELECT * FROM {name}")).all() for name in known} == known
    migrations.migrate(tmp_path, connection, "base")
    left = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    assert set(left) <= {"alembic_version", "sqlite_sequence"}
    bring_up_to_date(tmp_path, connection)
    assert compare_metadata(MigrationContext.configure(connection), metadata) == []
