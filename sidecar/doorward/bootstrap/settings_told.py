"""The settings of the enterprise features as they are told: what is set, else what policy says or is built in."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from doorward.configuration import NAMES, OF_OTHER_PARTS, PASSWORDS, SESSION_TIMEOUT, Configuration
from doorward.domain.security import PolicyType, SecurityPolicies
from doorward.domain.usage import RETENTION_DAYS
from doorward.services.tenants import DEFAULT_PLAN
from doorward.web.settings import Setting

_BUILT_IN: Final = {
    "multi_tenancy.default_plan": DEFAULT_PLAN,
    "billing.usage_tracking.enabled": True,
    "billing.usage_tracking.retention_days": RETENTION_DAYS,
}
_DECLARED: Final = "policies/security.yaml"


def settings_of(
    configuration: Configuration, declared: Callable[[], SecurityPolicies]
) -> Callable[[], Sequence[Setting]]:
    """What tells all settings."""
    return lambda: [_setting(name, configuration, declared()) for name in NAMES]


def _setting(name: str, configuration: Configuration, declared: SecurityPolicies) -> Setting:
    value, origin = _value(name, configuration, declared)
    plain = value if value is None or isinstance(value, bool | int) else str(value)
    return Setting(name, plain, origin, name not in OF_OTHER_PARTS)


def _value(name: str, configuration: Configuration, declared: SecurityPolicies) -> tuple[Any, str]:
    if name in configuration.values:
        return configuration.values[name], configuration.origins[name]
    if name == SESSION_TIMEOUT:
        return declared.sessions.timeout_minutes, _place(declared, PolicyType.SESSION, "timeout_minutes")
    if name.startswith(PASSWORDS):
        rule = name.removeprefix(PASSWORDS)
        return getattr(declared.passwords, rule), _place(declared, PolicyType.PASSWORD, rule)
    return _BUILT_IN.get(name), "built-in"


def _place(declared: SecurityPolicies, kind: PolicyType, rule: str) -> str:
    says = any(one.type is kind and rule in one.rules for one in declared.declared)
    return _DECLARED if says else "built-in"
