"""Sessions as rows."""

from collections.abc import Sequence
from typing import Any, Final

from doorward.domain.errors import Conflict, NotFound
from doorward.domain.sessions import Session, SessionFilter
from doorward.store.rows import Rows, Statements

_LIVE: Final = "revoked_at = 0 AND expires_at > $now AND last_seen_at + idle_seconds * 1000000 > $now"


class SessionRows:
    """The port `Sessions`."""

    def __init__(self, rows: Rows, statements: Statements) -> None:
        self._rows = rows
        self._statements = statements

    def add(self, session: Session) -> None:
        """Record one. Raises NotFound where its user is not recorded."""
        self._rows.add(
            {"id": session.id, **_fields(session)},
            {"session_id": Conflict(f"the id {session.id!r} is taken; choose another one")},
            NotFound(f"there is no user {session.user!r}"),
        )

    def find(self, session_id: str, *, lock: bool = False) -> Session | None:
        """One by its id; with `lock` nobody else changes it until the transaction ends."""
        return _found(self._rows.find("id = $id", lock=lock, id=session_id))

    def find_by_digest(self, digest: str) -> Session | None:
        """One by the hash of its token."""
        return _found(self._rows.find("digest = $digest", digest=digest))

    def save(self, session: Session) -> None:
        """Write one."""
        self._rows.save(session.id, _fields(session), {})

    def seen(self, session_id: str, now: int) -> None:
        """Note that it was used."""
        self._statements.count(
            "UPDATE session SET last_seen_at = $now WHERE id = $id AND last_seen_at < $now", id=session_id, now=now
        )

    def page(self, wanted: SessionFilter, after: str, count: int) -> Sequence[Session]:
        """At most `count`, by id, after an id."""
        asked: dict[str, Any] = {"account": wanted.user, "tenant": wanted.tenant}
        conditions = ["id > $after", *(f"{name} = ${name}" for name, value in asked.items() if value is not None)]
        if wanted.live_at is not None:
            conditions.append(_LIVE)
        where = f"{' AND '.join(conditions)} ORDER BY id LIMIT $count"
        rows = self._rows.all(where, after=after, count=count, now=wanted.live_at, **asked)
        return [_session(row) for row in rows]

    def live_of(self, user_id: str, now: int) -> Sequence[Session]:
        """The live sessions of a user, the oldest first."""
        rows = self._rows.all(f"account = $user AND {_LIVE} ORDER BY created_at, id", user=user_id, now=now)
        return [_session(row) for row in rows]

    def revoke_all(self, user_id: str, now: int, keep: str | None = None) -> int:
        """Revoke the live sessions of a user, but for one; how many were revoked."""
        return self._statements.count(
            f"UPDATE session SET revoked_at = $now WHERE account = $user AND id <> $keep AND {_LIVE}",  # noqa: S608
            user=user_id,
            now=now,
            keep=keep or "",
        )

    def forget_all(self, user_id: str) -> None:
        """Forget every session of a user."""
        self._statements.count("DELETE FROM session WHERE account = $user", user=user_id)

    def prune(self, before: int, most: int) -> int:
        """Forget sessions that ended before a time, so many at most; how many were forgotten."""
        return self._statements.count(
            "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires_at < $before"
            " OR last_seen_at + idle_seconds * 1000000 < $before OR (revoked_at <> 0 AND revoked_at < $before)"
            " LIMIT $most)",
            before=before,
            most=most,
        )


def _fields(session: Session) -> dict[str, object]:
    return {
        "account": session.user,
        "tenant": session.tenant,
        "digest": session.digest,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "expires_at": session.expires_at,
        "idle_seconds": session.idle_seconds,
        "revoked_at": session.revoked_at,
        "mfa": int(session.mfa),
        "address": session.address,
        "user_agent": session.user_agent,
    }


def _found(row: Any) -> Session | None:  # noqa: ANN401 - an entity's object
    return None if row is None else _session(row)


def _session(row: Any) -> Session:  # noqa: ANN401 - an entity's object
    return Session(
        id=row.id,
        user=row.account,
        tenant=row.tenant,
        digest=row.digest,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        idle_seconds=row.idle_seconds,
        revoked_at=row.revoked_at,
        mfa=bool(row.mfa),
        address=row.address,
        user_agent=row.user_agent,
    )
