"""Settings of whoever runs a sidecar: `BMAD_*` in the environment, and the JSON file that DOORWARD_CONFIG names."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from doorward.domain.names import MAX_NAME, NAME_PATTERN
from doorward.domain.security import PasswordPolicy, SecurityPolicies
from doorward.domain.usage import LEAST_RETENTION_DAYS, RETENTION_DAYS

MAX_DAYS: Final = 36_500
MOST_CHARACTERS: Final = 256
MOST_MINUTES: Final = 525_600
MAX_FILE_BYTES: Final = 1 << 20
_PREFIXES: Final = ("BMAD_ENTERPRISE_", "BMAD_SECURITY_", "BMAD_BILLING_")
_STATE: Final = "BMAD_ENTERPRISE_STORAGE_PATH"
_FILE: Final = "DOORWARD_CONFIG"
PASSWORDS: Final = "user_management.password_policy."
"""What the names of rules for passwords begin with."""
SESSION_TIMEOUT: Final = "security.session_timeout_minutes"
_NAME: Final = re.compile(NAME_PATTERN.removesuffix("$") + r"\Z")
_SWITCHES: Final = {"true": True, "false": False}
Read = Callable[[object], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What was set, by the names of the file: `values`, and where each was found.

    `unheeded` are settings that nothing heeds: those of parts that are not there, and those that nobody knows.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    unheeded: tuple[str, ...] = ()

    @property
    def default_plan(self) -> str | None:
        """The plan of a tenant that is created without one; None where nobody says."""
        found: str | None = self.values.get("multi_tenancy.default_plan")
        return found

    @property
    def database_folder(self) -> Path | None:
        """Where the SQLite database is; None where nobody says."""
        found: Path | None = self.values.get("user_management.storage_path")
        return found

    @property
    def usage_days(self) -> int:
        """How long events of usage are kept; without tracking as long only as limits and repeats need them."""
        if not self.values.get("billing.usage_tracking.enabled", True):
            return LEAST_RETENTION_DAYS
        days: int = self.values.get("billing.usage_tracking.retention_days", RETENTION_DAYS)
        return days

    def security(self, declared: SecurityPolicies) -> SecurityPolicies:
        """What a policy declares, but for what is set here."""
        rules = {one.name: PASSWORDS + one.name for one in fields(PasswordPolicy)}
        set_here = {rule: self.values[name] for rule, name in rules.items() if name in self.values}
        passwords = replace(declared.passwords, **set_here)
        minutes = self.values.get(SESSION_TIMEOUT)
        sessions = declared.sessions if minutes is None else replace(declared.sessions, timeout_minutes=minutes)
        return replace(declared, passwords=passwords, sessions=sessions)


def read_configuration(environment: Mapping[str, str] = os.environ) -> Configuration:
    """What the environment says, else the file. Raises ValueError naming the setting and the fix."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    file = environment.get(_FILE)
    for name, value in _members(_read_file(Path(file)), "") if file else ():
        values[name], origins[name] = _checked(f"{file}: {name}", _IN_FILE, name, value), f"{file}: {name}"
    for variable, name in _VARIABLES.items():
        if text := environment.get(variable):
            values[name], origins[name] = _checked(variable, _SETTINGS, name, _of_text(text, name)), variable
    unheeded = [origins[name] for name in origins if name in OF_OTHER_PARTS]
    unheeded += sorted(one for one in environment if one.startswith(_PREFIXES) and one not in {*_VARIABLES, _STATE})
    return Configuration(values=values, origins=origins, unheeded=tuple(unheeded))


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
        if len(content) > MAX_FILE_BYTES:
            raise ValueError(f"it has more than {MAX_FILE_BYTES} bytes")  # noqa: TRY301 - told as the others are
        found = json.loads(content, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        message = f'{path} must hold a JSON object, like {{"billing": {{"usage_tracking": {{"enabled": true}}}}}}'
        raise ValueError(message)  # noqa: TRY004 - told as all that is wrong with settings
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(f"one of {', '.join(sorted(made))[:100]} stands twice in one object; keep one")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _members(value: object, above: str) -> Iterator[tuple[str, object]]:
    """The settings of a file by their whole names; an object is what stands above others."""
    if not isinstance(value, dict) or above in _IN_FILE:
        yield above, value
        return
    if above and not any(one.startswith(f"{above}.") for one in _IN_FILE):
        yield above, value
        return
    for name, one in value.items():
        yield from _members(one, f"{above}.{name}" if above else name)


def _checked(place: str, known: Mapping[str, Read], name: str, value: object) -> object:
    read = known.get(name)
    if read is None:
        raise ValueError(f"{place[:300]} is no setting; there are {', '.join(known)}")
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{place} {error}") from None


def _of_text(text: str, name: str) -> object:
    """What a variable holds, as a file would say it."""
    if name == "multi_tenancy.default_plan":
        return text
    if text.lower() in _SWITCHES:
        return _SWITCHES[text.lower()]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text  # noqa: PLR2004 - no more days


def _switch(value: object) -> object:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - told as all that is wrong with settings
    return value


def _number(least: int, most: int, of_what: str) -> Read:
    def read(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number of {of_what}, from {least} to {most}")
        return value

    return read


def _plan(value: object) -> object:
    if not isinstance(value, str) or len(value) > MAX_NAME or not _NAME.match(value):
        raise ValueError("must be the name of a plan, like basic")
    return value


def _folder(value: object) -> object:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("must be the path of a folder")
    return Path(value)


_DAYS: Final = _number(LEAST_RETENTION_DAYS, MAX_DAYS, "days")
_IN_FILE: Final[Mapping[str, Read]] = {
    "multi_tenancy.storage_path": _folder,
    "multi_tenancy.default_plan": _plan,
    "user_management.storage_path": _folder,
    PASSWORDS + "min_length": _number(1, MOST_CHARACTERS, "characters"),
    PASSWORDS + "require_uppercase": _switch,
    PASSWORDS + "require_lowercase": _switch,
    PASSWORDS + "require_numbers": _switch,
    PASSWORDS + "require_special_chars": _switch,
    "billing.storage_path": _folder,
    "billing.usage_tracking.enabled": _switch,
    "billing.usage_tracking.retention_days": _DAYS,
    "security.storage_path": _folder,
    "security.audit_logging.enabled": _switch,
    "security.audit_logging.retention_days": _number(1, MAX_DAYS, "days"),
}
"""What a file may say, by the names of its members."""
_SETTINGS: Final[Mapping[str, Read]] = {
    **_IN_FILE,
    SESSION_TIMEOUT: _number(1, MOST_MINUTES, "minutes"),
}
_VARIABLES: Final[Mapping[str, str]] = {
    "BMAD_BILLING_DEFAULT_PLAN": "multi_tenancy.default_plan",
    "BMAD_BILLING_USAGE_TRACKING_ENABLED": "billing.usage_tracking.enabled",
    "BMAD_SECURITY_PASSWORD_MIN_LENGTH": PASSWORDS + "min_length",
    "BMAD_SECURITY_SESSION_TIMEOUT_MINUTES": SESSION_TIMEOUT,
    "BMAD_SECURITY_AUDIT_LOG_RETENTION_DAYS": "security.audit_logging.retention_days",
}
OF_OTHER_PARTS: Final = frozenset(
    {
        "multi_tenancy.storage_path",
        "billing.storage_path",
        "security.storage_path",
        "security.audit_logging.enabled",
        "security.audit_logging.retention_days",
    }
)
"""What may be set, and is heeded by nothing that is there."""
NAMES: Final = tuple(_SETTINGS)
"""Every setting."""
