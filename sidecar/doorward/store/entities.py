"""The tables that are read and written row by row, as Pony's entities; the SQL in `migrations/` makes them.

Every attribute is volatile: rows are read anew each time (`rows.py`), never believed from an earlier read.
"""

from dataclasses import dataclass
from typing import Any, Final

from pony.orm import Database as PonyDatabase
from pony.orm import Optional, PrimaryKey, Required

Entity = Any  # Pony has no types
_AS_IT_IS: Final = {"volatile": True, "autostrip": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """The entities of one database."""

    tenant: Entity
    account: Entity
    api_key: Entity
    api_key_secret: Entity
    session: Entity
    audit_event: Entity
    encryption_key: Entity


def _text() -> Any:  # noqa: ANN401
    return Optional(str, **_AS_IT_IS)


def _text_or_null() -> Any:  # noqa: ANN401
    return Optional(str, nullable=True, **_AS_IT_IS)


def _number() -> Any:  # noqa: ANN401
    return Required(int, size=64, volatile=True)


def define_entities(database: PonyDatabase) -> Entities:
    """The entities of a database, mapped to the tables that are there."""
    entities = Entities(
        tenant=_tenant(database),
        account=_account(database),
        api_key=_api_key(database),
        api_key_secret=_api_key_secret(database),
        session=_session(database),
        audit_event=_audit_event(database),
        encryption_key=_encryption_key(database),
    )
    database.generate_mapping(create_tables=False, check_tables=False)
    return entities


def _tenant(database: PonyDatabase) -> Entity:
    class Tenant(database.Entity):  # type: ignore[misc]
        _table_ = "tenant"
        id = PrimaryKey(str, autostrip=False)
        name = _text_or_null()
        domain = _text_or_null()
        plan = _text_or_null()
        status = _text()
        settings = _text_or_null()
        created_at = _number()
        updated_at = _number()
        version = _number()

    return Tenant


def _account(database: PonyDatabase) -> Entity:
    class Account(database.Entity):  # type: ignore[misc]
        _table_ = "account"
        id = PrimaryKey(str, autostrip=False)
        id_hash = _number()
        tenant = _text_or_null()
        username = _text_or_null()
        username_key = _text_or_null()
        first_name = _text_or_null()
        last_name = _text_or_null()
        status = _text()
        email_sealed = _text_or_null()
        email_index = _text_or_null()
        password = _text_or_null()
        password_changed_at = _number()
        password_history = _text_or_null()
        totp_sealed = _text_or_null()
        totp_confirmed = _number()
        totp_step = _number()
        created_at = _number()
        updated_at = _number()
        version = _number()

    return Account


def _api_key(database: PonyDatabase) -> Entity:
    class ApiKey(database.Entity):  # type: ignore[misc]
        _table_ = "api_key"
        id = PrimaryKey(str, autostrip=False)
        name = _text()
        scopes = _text()
        tenant = _text_or_null()
        expires_at = _number()
        revoked_at = _number()
        last_used_at = _number()
        created_at = _number()
        updated_at = _number()
        version = _number()

    return ApiKey


def _api_key_secret(database: PonyDatabase) -> Entity:
    class ApiKeySecret(database.Entity):  # type: ignore[misc]
        _table_ = "api_key_secret"
        digest = PrimaryKey(str, autostrip=False)
        api_key = _text()
        prefix = _text()
        created_at = _number()
        expires_at = _number()

    return ApiKeySecret


def _session(database: PonyDatabase) -> Entity:
    class Session(database.Entity):  # type: ignore[misc]
        _table_ = "session"
        id = PrimaryKey(str, autostrip=False)
        account = _text()
        tenant = _text()
        digest = _text()
        created_at = _number()
        last_seen_at = _number()
        expires_at = _number()
        idle_seconds = _number()
        revoked_at = _number()
        mfa = _number()
        address = _text()
        user_agent = _text()

    return Session


def _audit_event(database: PonyDatabase) -> Entity:
    class AuditEvent(database.Entity):  # type: ignore[misc]
        _table_ = "audit_event"
        seq = PrimaryKey(int, size=64, auto=True)
        at = _number()
        actor = _text()
        tenant = _text_or_null()
        type = _text()
        resource = _text()
        action = _text()
        details = _text()
        success = _number()
        request_id = _text_or_null()
        address = _text()

    return AuditEvent


def _encryption_key(database: PonyDatabase) -> Entity:
    class EncryptionKey(database.Entity):  # type: ignore[misc]
        _table_ = "encryption_key"
        id = PrimaryKey(str, autostrip=False)
        purpose = _text()
        wrapped = Required(bytes, volatile=True)
        created_at = _number()

    return EncryptionKey
