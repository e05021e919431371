"""policies/security.yaml to security policies."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from doorward.domain.security import (
    PolicyType,
    RuleValue,
    SecurityLevel,
    SecurityPolicies,
    SecurityPolicy,
    security_policies,
)
from doorward.engine import Problems
from doorward.policy.fields import Fields, listed
from doorward.policy.yaml_reader import Located, read_yaml

_KEYS: Final = ("name", "type", "description", "level", "rules")
_MAX_DAYS: Final = 36_500
_MAX_MINUTES: Final = 525_600
_MAX_HOURS: Final = 8_760
ReadRule = Callable[[Fields, str], RuleValue]


def _number(least: int, most: int) -> ReadRule:
    return lambda fields, key: fields.number(key, least, most)


def _flag(fields: Fields, key: str) -> RuleValue:
    return fields.flag(key)


def _roles(fields: Fields, key: str) -> RuleValue:
    return fields.names(key, "[admin]")


_RULES: Final[Mapping[PolicyType, Mapping[str, ReadRule]]] = {
    PolicyType.PASSWORD: {
        "min_length": _number(1, 256),
        "require_uppercase": _flag,
        "require_lowercase": _flag,
        "require_numbers": _flag,
        "require_special_chars": _flag,
        "max_age_days": _number(1, _MAX_DAYS),
        "history": _number(0, 100),
        "blocklist": _flag,
    },
    PolicyType.SESSION: {
        "timeout_minutes": _number(1, _MAX_MINUTES),
        "absolute_hours": _number(1, _MAX_HOURS),
        "max_concurrent": _number(1, 1_000),
    },
    PolicyType.ACCESS_CONTROL: {
        "mfa_required_roles": _roles,
        "max_login_attempts": _number(1, 1_000),
        "lockout_minutes": _number(1, _MAX_MINUTES),
    },
    PolicyType.DATA_PROTECTION: {
        "encryption_at_rest": _flag,
        "audit_retention_days": _number(1, _MAX_DAYS),
    },
}
_MAY_BE_NULL: Final = "max_age_days"


def read_security(text: str, problems: Problems) -> SecurityPolicies:
    """Read the file; faults go to `problems` and what they spoil is left out."""
    top = read_yaml(text, problems)
    if top is None:
        return SecurityPolicies()
    fields = Fields(top, problems)
    fields.only(("policies",))
    entries = top.get("policies")
    if entries is None:
        return SecurityPolicies()
    if not isinstance(entries, list):
        fields.fault("policies", "policies must be a list of `{name: ..., type: ..., level: ..., rules: {...}}`")
        return SecurityPolicies()
    found: dict[str, SecurityPolicy] = {}
    for entry in entries:
        if not isinstance(entry, Located):
            fields.fault("policies", f"policies holds {entry!r}; write `{{name: ..., type: ..., rules: {{...}}}}`")
        elif (policy := _policy(Fields(entry, problems), found)) is not None:
            found[policy.name] = policy
    return security_policies(list(found.values()))


def _policy(fields: Fields, before: Mapping[str, SecurityPolicy]) -> SecurityPolicy | None:
    fields.only(_KEYS)
    for key in ("name", "type", "level", "rules"):
        if fields.entry.get(key) is None:
            fields.fault(key, f"a security policy without {key}; write {_wanted(key)}")
    name, kind = fields.name("name"), fields.choice("type", PolicyType)
    level, description = fields.choice("level", SecurityLevel), fields.text("description")
    rules = {} if kind is None else _rules(kind, fields)
    if name is None or kind is None or level is None:
        return None
    if name in before:
        fields.fault(
            "name", f"the security policy {name} stands in line {before[name].line} already; name it otherwise"
        )
    return SecurityPolicy(
        name=name, type=kind, description=description, level=level, rules=rules, line=fields.entry.line
    )


def _wanted(key: str) -> str:
    match key:
        case "type":
            return listed([*PolicyType], "or")
        case "level":
            return listed([*SecurityLevel], "or")
        case _:
            return "`rules: {...}`" if key == "rules" else "`name: ...`"


def _rules(kind: PolicyType, fields: Fields) -> Mapping[str, RuleValue]:
    """The rules that an entry names; null is no rule but for the age of passwords, where it is no end."""
    known = _RULES[kind]
    rules = fields.entry.get("rules")
    if not isinstance(rules, Located):
        if rules is not None:
            fields.fault("rules", f"rules must be a mapping, `{{{next(iter(known))}: ...}}`")
        return MappingProxyType({})
    given = Fields(rules, fields.problems)
    given.only((*known,))
    for key in rules:
        if key in known and rules[key] is None and key != _MAY_BE_NULL:
            given.fault(key, f"{key} has no value; give it one, or remove it")
    return MappingProxyType({key: known[key](given, key) for key in rules if key in known})
