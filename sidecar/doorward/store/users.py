"""Users as rows, with their roles and recovery codes."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from doorward.domain.errors import Conflict, EmailTaken, NotFound
from doorward.domain.facts import id_hash
from doorward.domain.users import Account, Grant, UserFilter, UserStatus
from doorward.store.faults import conflicts_told
from doorward.store.rows import Rows, Statements

_GRANTS_AT_ONCE: Final = 50
# A sealed value is VERSION.KEY.TEXT: without the name of the key that is looked for nothing is taken out of it.
_SEALED_WITH_OTHERS: Final = (
    "(replace(email_sealed, $mark, '') = email_sealed OR replace(totp_sealed, $mark, '') = totp_sealed)"
)
_THERE: Final = (
    "status IN ('active', 'suspended')",
    "EXISTS (SELECT 1 FROM tenant AS t WHERE t.id = account.tenant AND t.status IN ('active', 'suspended'))",
)
_FILTERS: Final = ("tenant", "status", "username_key", "email_index")


class AccountRows:
    """The port `Accounts`."""

    def __init__(self, rows: Rows, statements: Statements) -> None:
        self._rows = rows
        self._statements = statements

    def add(self, account: Account) -> None:
        """Record one. Raises Conflict where its id, username or address is taken, NotFound without its tenant."""
        fields = {"id": account.id, "id_hash": id_hash(account.id), **_fields(account)}
        self._rows.add(fields, _taken(account), NotFound(f"there is no tenant {account.tenant!r}"))

    def find(self, user_id: str, *, lock: bool = False) -> Account | None:
        """One by its id; with `lock` nobody else changes it until the transaction ends."""
        return _account(self._rows.find("id = $id", lock=lock, id=user_id))

    def find_by_email(self, email_index: str) -> Account | None:
        """One by the keyed hash of its address."""
        return _account(self._rows.find("email_index = $index", index=email_index))

    def find_by_username(self, tenant: str, username_key: str) -> Account | None:
        """One by its username in a tenant, in canonical spelling."""
        return _account(self._rows.find("tenant = $tenant AND username_key = $key", tenant=tenant, key=username_key))

    def save(self, account: Account) -> None:
        """Write one that was found with `lock`. Raises Conflict where its username or address is taken.

        While the secret of its one-time codes stays, a step that was used stays used, though `account` is older.
        """
        fields = _fields(account)
        kept = self._rows.find("id = $id", id=account.id)
        if kept is not None and kept.totp_sealed == fields["totp_sealed"]:
            fields["totp_step"] = max(kept.totp_step, account.totp_step)
        self._rows.save(account.id, fields, _taken(account))
        if account.status is UserStatus.PURGED:
            for table in ("role_assignment", "recovery_code", "session"):
                self._statements.count(f"DELETE FROM {table} WHERE account = $id", id=account.id)  # noqa: S608

    def page(self, wanted: UserFilter, after: str, count: int) -> Sequence[Account]:
        """At most `count` of those that are there, as their tenants are, by id, after an id (empty: from the first)."""
        asked = {name: value for name in _FILTERS if (value := getattr(wanted, name)) is not None}
        conditions = ["id > $after", *_THERE, *(f"{name} = ${name}" for name in asked)]
        where = " AND ".join(conditions)
        return list(_accounts(self._rows.all(f"{where} ORDER BY id LIMIT $count", after=after, count=count, **asked)))

    def of_tenant(self, tenant: str, count: int) -> Sequence[Account]:
        """At most `count` users of a tenant that are not purged, deleted ones too, locked."""
        where = "tenant = $tenant AND status <> 'purged' ORDER BY id LIMIT $count"
        return list(_accounts(self._rows.all(where, lock=True, tenant=tenant, count=count)))

    def grants(self, user_ids: Iterable[str]) -> dict[str, tuple[Grant, ...]]:
        """The recorded roles of some users, sorted."""
        found: dict[str, list[Grant]] = {user_id: [] for user_id in user_ids}
        for some in _batches(list(found), _GRANTS_AT_ONCE):
            for user_id, role, tenant in self._grants_of(some):
                found[user_id].append(Grant(role=role, tenant=tenant))
        return {user_id: tuple(sorted(grants)) for user_id, grants in found.items()}

    def _grants_of(self, user_ids: Sequence[str]) -> Sequence[tuple[str, str, str]]:
        values = {f"u{place}": user_id for place, user_id in enumerate(user_ids)}
        places = ", ".join(f"${name}" for name in values)
        return self._statements.rows(
            f"SELECT account, role, tenant FROM role_assignment WHERE account IN ({places})",  # noqa: S608
            **values,
        )

    def give(self, user_id: str, grant: Grant, now: int, actor: str) -> bool:
        """Give a role; False where it was given already. Raises NotFound without the user."""
        with conflicts_told({}, NotFound(f"there is no user {user_id!r}")):
            return self._statements.changed(
                "INSERT INTO role_assignment (account, role, tenant, given_at, given_by)"
                " VALUES ($account, $role, $tenant, $now, $actor) ON CONFLICT DO NOTHING",
                account=user_id,
                role=grant.role,
                tenant=grant.tenant,
                now=now,
                actor=actor,
            )

    def take(self, user_id: str, grant: Grant) -> bool:
        """Take a role away; False where it was not given."""
        return self._statements.changed(
            "DELETE FROM role_assignment WHERE account = $account AND role = $role AND tenant = $tenant",
            account=user_id,
            role=grant.role,
            tenant=grant.tenant,
        )

    def use_step(self, user_id: str, step: int) -> bool:
        """Note that the one-time code of a time step was used; False where it, or a later one, was used before."""
        return self._statements.changed(
            "UPDATE account SET totp_step = $step WHERE id = $id AND totp_step < $step", id=user_id, step=step
        )

    def set_recovery_codes(self, user_id: str, digests: Iterable[str]) -> None:
        """Replace the recovery codes."""
        self._statements.count("DELETE FROM recovery_code WHERE account = $account", account=user_id)
        for digest in sorted(set(digests)):
            self._statements.count(
                "INSERT INTO recovery_code (account, digest) VALUES ($account, $digest)",
                account=user_id,
                digest=digest,
            )

    def use_recovery_code(self, user_id: str, digest: str) -> bool:
        """Use a recovery code up; False where there is no such code."""
        return self._statements.changed(
            "DELETE FROM recovery_code WHERE account = $account AND digest = $digest", account=user_id, digest=digest
        )

    def sealed_with_others(self, key_id: str, after: str, count: int) -> Sequence[Account]:
        """At most `count` users with a value that another key than `key_id` sealed, locked; deleted ones too.

        By id, after an id (empty: from the first).
        """
        where = f"{_SEALED_WITH_OTHERS} AND id > $after ORDER BY id LIMIT $count"
        return list(_accounts(self._rows.all(where, lock=True, mark=f".{key_id}.", after=after, count=count)))

    def count_sealed_with_others(self, key_id: str, after: str = "") -> int:
        """How many users have such a value, after an id."""
        sql = f"SELECT count(*) FROM account WHERE {_SEALED_WITH_OTHERS} AND id > $after"  # noqa: S608 - our own names
        counted: int = self._statements.first(sql, mark=f".{key_id}.", after=after)
        return counted


def _fields(account: Account) -> dict[str, object]:
    purged = account.status is UserStatus.PURGED
    kept = {
        "tenant": account.tenant,
        "username": account.username,
        "username_key": account.username_key,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "email_sealed": account.email_sealed,
        "email_index": account.email_index,
        "password": account.password,
        "password_history": json.dumps(account.password_history),
        "totp_sealed": account.totp_sealed,
    }
    return {
        **(dict.fromkeys(kept) if purged else kept),
        "status": account.status.value,
        "password_changed_at": 0 if purged else account.password_changed_at,
        "totp_confirmed": int(account.totp_confirmed and not purged),
        "totp_step": 0 if purged else account.totp_step,
        "created_at": account.created_at,
        "updated_at": account.updated_at,
        "version": account.version,
    }


def _taken(account: Account) -> Mapping[str, Conflict]:
    return {
        "account_id": Conflict(f"the id {account.id!r} is taken; choose another one"),
        "account_email_index": EmailTaken(),
        "account_tenant_username_key": Conflict(
            f"the username {account.username!r} is taken in this tenant; choose another one"
        ),
    }


def _accounts(rows: Iterable[Any]) -> Iterator[Account]:
    return (account for row in rows if (account := _account(row)))


def _account(row: Any) -> Account | None:  # noqa: ANN401 - an entity's object
    if row is None:
        return None
    return Account(
        id=row.id,
        tenant=row.tenant or "",
        username=row.username or "",
        first_name=row.first_name or "",
        last_name=row.last_name or "",
        status=UserStatus(row.status),
        email_sealed=row.email_sealed,
        email_index=row.email_index,
        password=row.password,
        password_changed_at=row.password_changed_at,
        password_history=tuple(json.loads(row.password_history or "[]")),
        totp_sealed=row.totp_sealed,
        totp_confirmed=bool(row.totp_confirmed),
        totp_step=row.totp_step,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
