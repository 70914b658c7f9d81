"""Answers to requests that may come twice, kept by the key that their sender gave them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from uniaims.engine.database import Database, now_ms
from uniaims.engine.tables import requests

LIFETIME_MS = 24 * 3600 * 1000
"""So long an answer is kept."""


@dataclass(frozen=True)
class Kept:
    """An answer.

    Attributes:
        digest: of the request that it answers.
        status, headers, body: of the answer.
    """

    digest: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Repeats:
    """The answers of a database."""

    database: Database

    def find(self, account_id: int, key: str) -> Kept | None:
        """The answer to a request of somebody that had this key; none if there was none in the last day."""
        own = select(requests).where(requests.c.account_id == account_id, requests.c.key == key)
        with self.database.read() as connection:
            row = connection.execute(own.where(requests.c.created_ms > now_ms() - LIFETIME_MS)).first()
        return Kept(row.digest, row.status, row.headers, row.body) if row is not None else None

    def keep(self, account_id: int, key: str, answer: Kept) -> None:
        """Keep an answer; those that are too old go."""
        values: dict[str, Any] = {name: getattr(answer, name) for name in Kept.__dataclass_fields__}
        values |= {"account_id": account_id, "key": key, "created_ms": now_ms(), "headers": dict(answer.headers)}

        def unit(connection: Connection) -> None:
            own = (requests.c.account_id == account_id) & (requests.c.key == key)
            connection.execute(delete(requests).where(own | (requests.c.created_ms < now_ms() - LIFETIME_MS)))
            connection.execute(insert(requests).values(values))

        self.database.write(unit)
