"""People. On one's own machine there is one account, which has no password; more come with the first log-in."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from uniaims.engine.database import Database, now_ms
from uniaims.engine.permissions import ROLE_NAMES, Role
from uniaims.engine.tables import accounts, memberships, projects
from uniaims.errors import NotFoundError

LOCAL = "local"
"""Name of the account of whoever sits at the machine."""


@dataclass(frozen=True)
class Account:
    """A person."""

    id: int
    name: str
    display_name: str
    is_administrator: bool
    language: str


class Accounts:
    """The people of a data folder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def local(self) -> Account:
        """The account of whoever sits at the machine; made at first use."""
        with self._database.read() as connection:
            row = connection.execute(select(accounts).where(accounts.c.name == LOCAL)).first()
        return _account(row) if row else _account(self._database.write(_make_local))

    def account(self, account_id: int) -> Account:
        """One person.

        Raises:
            NotFoundError: if there is none of this id.
        """
        with self._database.read() as connection:
            row = connection.execute(select(accounts).where(accounts.c.id == account_id)).first()
        if row is None:
            raise NotFoundError(f"there is no account {account_id}.")
        return _account(row)

    def names(self, account_ids: set[int]) -> dict[int, str]:
        """How people are called, by id."""
        with self._database.read() as connection:
            rows = connection.execute(select(accounts).where(accounts.c.id.in_(account_ids)))
            return {row.id: row.display_name or row.name for row in rows}

    def role(self, account: Account, project_id: int) -> Role | None:
        """What somebody is in a project; ``None``: nothing, he may not know that it is there."""
        if account.is_administrator:
            return Role.ADMINISTRATOR
        held = select(memberships.c.role).where(
            memberships.c.project_id == project_id, memberships.c.account_id == account.id
        )
        owned = select(projects.c.id).where(projects.c.id == project_id, projects.c.owner_id == account.id)
        with self._database.read() as connection:
            if connection.execute(owned).first():
                return Role.EXPERT
            name = connection.execute(held).scalar()
        return ROLE_NAMES[name] if name else None


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.name, row.display_name or row.name, row.is_administrator, row.language)


def _make_local(connection: Connection) -> Row[Any]:
    row = connection.execute(select(accounts).where(accounts.c.name == LOCAL)).first()
    if row is None:
        values = {"name": LOCAL, "is_administrator": True, "created_ms": now_ms()}
        row = connection.execute(insert(accounts).values(values).returning(accounts)).one()
    return row
