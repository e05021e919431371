"""Puts tenants and users into a migrated database, many rows at a time; says how many there are, again and again."""

from __future__ import annotations

import base64
import io
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.facts import id_hash
from doorward_bench.many_users import ROLES, TENANTS, tenant_id, user_id
from doorward_bench.policies import dice
from doorward_bench.workers.loop import arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Row = tuple[object, ...]

_AT_ONCE = 20_000
_MICROSECONDS = 1_000_000
_TENANT = ("id", "name", "domain", "plan", "status", "settings", "created_at", "updated_at", "version")
_ACCOUNT = (
    *("id", "id_hash", "tenant", "username", "username_key", "first_name", "last_name", "status", "email_sealed"),
    *("email_index", "password", "password_changed_at", "password_history", "totp_confirmed", "totp_step"),
    *("created_at", "updated_at", "version"),
)
_ROLE = ("account", "role", "tenant", "given_at", "given_by")


def main() -> None:
    """Record them, as long as they are in real records: sealed addresses, hashed passwords."""
    wanted = arguments()
    address = DatabaseAddress.parse(wanted["address"])
    (_into_sqlite if address.is_sqlite else _into_postgresql)(address.place, wanted["users"])


def _into_sqlite(place: str, users: int) -> None:
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")

        def put(table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
            places = ", ".join("?" for _ in columns)
            connection.execute("BEGIN")
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608
            connection.execute("COMMIT")

        _put_all(put, users)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _into_postgresql(place: str, users: int) -> None:
    with closing(psycopg2.connect(place)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:

            def put(table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
                lines = "".join("\t".join(map(str, row)) + "\n" for row in rows)
                cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(lines))

            _put_all(put, users)
            cursor.execute("VACUUM ANALYZE")  # as the server does by itself, some minutes later
            cursor.execute("CHECKPOINT")


def _put_all(put: Callable[[str, tuple[str, ...], Iterable[Row]], None], users: int) -> None:
    now = time.time_ns() // 1000
    put("tenant", _TENANT, [_tenant(number, now) for number in range(TENANTS)])
    roll = dice()
    for start in range(0, users, _AT_ONCE):
        some = range(start, min(start + _AT_ONCE, users))
        put("account", _ACCOUNT, [_account(number, now, roll.randbytes(32)) for number in some])
        put("role_assignment", _ROLE, [_role(number, now) for number in some])
        print(some.stop, flush=True)


def _tenant(number: int, now: int) -> Row:
    name = tenant_id(number)
    return name, f"Tenant {number}", f"{name}.example", "basic", "active", "{}", now, now, 1


def _account(number: int, now: int, noise: bytes) -> Row:
    user, name = user_id(number), f"user{number}"
    secret = base64.urlsafe_b64encode(noise).decode().rstrip("=")
    sealed = f"v1.{user_id(0)}.{secret}{secret}"
    password = f"$argon2id$v=19$m=19456,t=2,p=1${secret[:22]}${secret}"
    who = user, id_hash(user), tenant_id(number % TENANTS), name, name, f"First{number % 997}", f"Last{number % 9973}"
    return (*who, "active", sealed, secret, password, now, "[]", 0, 0, now, now, 1)


def _role(number: int, now: int) -> Row:
    tenant = tenant_id(number % TENANTS)
    return user_id(number), ROLES[number % len(ROLES)], tenant, now - now % _MICROSECONDS, "key:bench"


if __name__ == "__main__":
    main()
