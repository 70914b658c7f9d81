"""Who is signed in: random tokens, of which only the hash is stored."""

import hashlib
import secrets
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select, update

from uniaims.engine.database import Database, now_ms
from uniaims.engine.tables import sessions

IDLE_MS = 30 * 24 * 3600 * 1000
"""So long a session lives without being used: it outlives servers, so that unsent work finds its way."""
_SEEN_STEP_MS = 60_000
"""So often it is noted that a session is used."""
_MOST_RECENT = 1_000


@dataclass(frozen=True)
class Sessions:
    """The sessions of a database; who used his in the last minute is known without looking into it."""

    database: Database
    _recent: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    def begin(self, account_id: int, user_agent: str = "") -> str:
        """Sign somebody in; gives the token, which is told once."""
        token, now = secrets.token_urlsafe(32), now_ms()
        row = {
            "token_hash": _hash(token), "account_id": account_id, "created_ms": now, "seen_ms": now,
            "expires_ms": now + IDLE_MS, "address": "", "user_agent": user_agent[:200],
        }  # fmt: skip
        self.database.write(lambda connection: connection.execute(insert(sessions).values(row)))
        return token

    def recent(self, token: str) -> int | None:
        """Number of the account that a token belongs to, if it was used just now; else ask `account_of`."""
        account_id, until_ms = self._recent.get(_hash(token), (None, 0))
        return account_id if now_ms() < until_ms else None

    def account_of(self, token: str) -> int | None:
        """Number of the account that a token belongs to; ``None`` if there is no such session any more."""
        now = now_ms()
        live = select(sessions).where(sessions.c.token_hash == _hash(token), sessions.c.expires_ms > now)
        with self.database.read() as connection:
            row = connection.execute(live).first()
        if row is None:
            return None
        if row.seen_ms < now - _SEEN_STEP_MS:
            used = update(sessions).where(sessions.c.id == row.id).values(seen_ms=now, expires_ms=now + IDLE_MS)
            self.database.write(lambda connection: connection.execute(used))
        if len(self._recent) >= _MOST_RECENT:
            self._recent.clear()
        self._recent[row.token_hash] = row.account_id, min(now + _SEEN_STEP_MS, row.expires_ms)
        return int(row.account_id)

    def end(self, token: str) -> None:
        """Sign out."""
        gone = delete(sessions).where(sessions.c.token_hash == _hash(token))
        self.database.write(lambda connection: connection.execute(gone))
        self._recent.pop(_hash(token), None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
