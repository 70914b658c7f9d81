"""How the tables came to be: one file in ``versions`` for each change, up and down."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from uniaims.errors import DataFolderError


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables; ``None`` of an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(path: Path, connection: Connection, target: str) -> None:
    """Bring the tables to a revision, or with ``base`` to none, in the transaction of the connection.

    ``path`` is told in messages.

    Raises:
        DataFolderError: if they are newer than this program knows.
    """
    config = _config(connection)
    now = revision_of(connection)
    known = sorted(each.revision for each in ScriptDirectory.from_config(config).walk_revisions())
    if now is not None and now not in known:
        raise DataFolderError(
            f"{path}: the database is of a newer version of Uni-AIMS (its tables are {now[:20]}, the newest known are "
            f"{known[-1]}). Update Uni-AIMS, or choose another data folder."
        )
    ranks = (now or "", "" if target == "base" else target)
    (command.downgrade if ranks[1] < ranks[0] else command.upgrade)(config, target)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
