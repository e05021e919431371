"""Security policies: what passwords, sessions, logins and kept data must be like."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_PASSWORD_BYTES: Final = 1024
RuleValue = bool | int | tuple[str, ...] | None
Rules = Mapping[str, RuleValue]


class SecurityLevel(StrEnum):
    """How much a security policy weighs."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class PolicyType(StrEnum):
    """What a security policy is about."""

    PASSWORD = "password"  # noqa: S105 - a kind of policy
    SESSION = "session"
    ACCESS_CONTROL = "access_control"
    DATA_PROTECTION = "data_protection"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPolicy:
    """One policy as policies/security.yaml declares it, in which line; `rules` are those that it names."""

    name: str
    type: PolicyType
    description: str | None
    level: SecurityLevel
    rules: Rules
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """What a password must be like. `max_age_days` is None where it never ends; `history` counts former ones."""

    min_length: int = 8
    require_uppercase: bool = True
    require_lowercase: bool = True
    require_numbers: bool = True
    require_special_chars: bool = True
    max_age_days: int | None = None
    history: int = 0
    blocklist: bool = True

    def faults(self, password: str) -> tuple[str, ...]:
        """Every reason why a password is refused, for a person, without a word of it; () where it is good."""
        return tuple(self._faults(password))

    def _faults(self, password: str) -> Iterator[str]:
        is_short = len(password) <= MAX_PASSWORD_BYTES  # the normal form of a longer text may take long
        normal = unicodedata.normalize("NFC", password) if is_short else password
        if not _is_text(password):
            yield "The password holds half a character, which cannot be written; type it again."
        if len(normal) < self.min_length:
            yield f"The password must have at least {self.min_length} characters."
        if len(password.encode("utf-8", "surrogatepass")) > MAX_PASSWORD_BYTES:
            yield f"The password must have at most {MAX_PASSWORD_BYTES:,} bytes."
        if self.require_uppercase and not any(one.isupper() for one in normal):
            yield "The password must contain an uppercase letter."
        if self.require_lowercase and not any(one.islower() for one in normal):
            yield "The password must contain a lowercase letter."
        if self.require_numbers and not any(one.isdecimal() for one in normal):
            yield "The password must contain a number."
        if self.require_special_chars and all(one.isalnum() or one.isspace() for one in normal):
            yield "The password must contain a special character, like ! or #."
        if self.blocklist and is_short and _is_common(normal):
            yield "The password is one of the most common ones; choose another."


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """How long a session lasts without use and at all, and how many a user may have at a time."""

    timeout_minutes: int = 30
    absolute_hours: int = 12
    max_concurrent: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessControlPolicy:
    """Which roles need a second factor, and how many failed logins lock an account for how long."""

    mfa_required_roles: tuple[str, ...] = ()
    max_login_attempts: int = 5
    lockout_minutes: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class DataProtectionPolicy:
    """Whether personal data is encrypted where it is kept, and how long the audit log is."""

    encryption_at_rest: bool = True
    audit_retention_days: int = 2555


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPolicies:
    """What holds, type by type, and the policies that say so; where none does, the built-in profile."""

    passwords: PasswordPolicy = PasswordPolicy()
    sessions: SessionPolicy = SessionPolicy()
    access: AccessControlPolicy = AccessControlPolicy()
    data: DataProtectionPolicy = DataProtectionPolicy()
    declared: tuple[SecurityPolicy, ...] = ()


def security_policies(declared: Sequence[SecurityPolicy]) -> SecurityPolicies:
    """What some policies say together: the strictest value of each rule, the built-in one where none names it."""
    rules = {kind: [one.rules for one in declared if one.type is kind] for kind in PolicyType}
    return SecurityPolicies(
        passwords=_passwords(rules[PolicyType.PASSWORD]),
        sessions=_sessions(rules[PolicyType.SESSION]),
        access=_access(rules[PolicyType.ACCESS_CONTROL]),
        data=_data(rules[PolicyType.DATA_PROTECTION]),
        declared=tuple(declared),
    )


def _passwords(given: Sequence[Rules]) -> PasswordPolicy:
    built_in = PasswordPolicy()
    ages = [one["max_age_days"] for one in given if "max_age_days" in one]
    return PasswordPolicy(
        min_length=_largest(given, "min_length", built_in.min_length),
        require_uppercase=_any(given, "require_uppercase", built_in.require_uppercase),
        require_lowercase=_any(given, "require_lowercase", built_in.require_lowercase),
        require_numbers=_any(given, "require_numbers", built_in.require_numbers),
        require_special_chars=_any(given, "require_special_chars", built_in.require_special_chars),
        max_age_days=min((one for one in ages if isinstance(one, int)), default=None),
        history=_largest(given, "history", built_in.history),
        blocklist=_any(given, "blocklist", built_in.blocklist),
    )


def _sessions(given: Sequence[Rules]) -> SessionPolicy:
    built_in = SessionPolicy()
    return SessionPolicy(
        timeout_minutes=_least(given, "timeout_minutes", built_in.timeout_minutes),
        absolute_hours=_least(given, "absolute_hours", built_in.absolute_hours),
        max_concurrent=_least(given, "max_concurrent", built_in.max_concurrent),
    )


def _access(given: Sequence[Rules]) -> AccessControlPolicy:
    built_in = AccessControlPolicy()
    named = [one.get("mfa_required_roles") for one in given]
    return AccessControlPolicy(
        mfa_required_roles=tuple(sorted({role for one in named if isinstance(one, tuple) for role in one})),
        max_login_attempts=_least(given, "max_login_attempts", built_in.max_login_attempts),
        lockout_minutes=_largest(given, "lockout_minutes", built_in.lockout_minutes),
    )


def _data(given: Sequence[Rules]) -> DataProtectionPolicy:
    built_in = DataProtectionPolicy()
    return DataProtectionPolicy(
        encryption_at_rest=_any(given, "encryption_at_rest", built_in.encryption_at_rest),
        audit_retention_days=_largest(given, "audit_retention_days", built_in.audit_retention_days),
    )


def _numbers(given: Sequence[Rules], name: str) -> Iterator[int]:
    return (value for one in given if isinstance(value := one.get(name), int))


def _largest(given: Sequence[Rules], name: str, built_in: int) -> int:
    return max(_numbers(given, name), default=built_in)


def _least(given: Sequence[Rules], name: str, built_in: int) -> int:
    return min(_numbers(given, name), default=built_in)


def _any(given: Sequence[Rules], name: str, built_in: bool) -> bool:  # noqa: FBT001 - a value, no switch
    return bool(_largest(given, name, built_in))


def _is_text(password: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in password)


def _is_common(normal: str) -> bool:
    from doorward.domain.common_passwords import common_passwords  # noqa: PLC0415 - hundreds of texts, seldom asked

    return normal.casefold() in common_passwords()
