"""What is probably wrong with a policy that loads: findings with a code, a place, a fix and a way to silence them.

docs/reference/lint.md has a section for each code. Nothing here is quadratic in the number of rules.
"""

from doorward.policy.lint.action_checks import check_actions
from doorward.policy.lint.catalog_checks import check_catalog
from doorward.policy.lint.character_checks import check_characters
from doorward.policy.lint.codes import CODES, LIVE, Code, Severity
from doorward.policy.lint.condition_checks import check_conditions
from doorward.policy.lint.examined import Live, LiveOverride, examine
from doorward.policy.lint.findings import Finding, Report
from doorward.policy.lint.flag_checks import check_flags
from doorward.policy.lint.load_faults import report_problems
from doorward.policy.lint.model_checks import check_models
from doorward.policy.lint.name_checks import check_names
from doorward.policy.lint.override_checks import check_overrides
from doorward.policy.lint.plan_checks import check_limit_rows, check_limits, check_plans
from doorward.policy.lint.plan_use_checks import check_plan_use
from doorward.policy.lint.quote_checks import check_quotes
from doorward.policy.lint.role_checks import check_roles
from doorward.policy.lint.rule_checks import check_rules
from doorward.policy.lint.security_checks import check_security
from doorward.policy.lint.silence import Ignores
from doorward.policy.lint.speed_checks import check_speed
from doorward.policy.lint.tenant_checks import check_tenants
from doorward.policy.snapshot import Snapshot

__all__ = ["CODES", "Code", "Finding", "Live", "LiveOverride", "Report", "Severity", "lint", "report_problems"]

_CHECKS = (
    check_characters,
    check_models,
    check_quotes,
    check_roles,
    check_tenants,
    check_names,
    check_catalog,
    check_plans,
    check_limits,
    check_limit_rows,
    check_security,
    check_flags,
    check_overrides,
    check_plan_use,
    check_actions,
    check_rules,
    check_conditions,
    check_speed,
)


def lint(snapshot: Snapshot, now: float | None = None, live: Live | None = None) -> Report:
    """Everything that is probably wrong with a policy that loads, in the order of its files.

    `now`, epoch seconds, tells which flags and rules are over; without it nothing is said of that. `live` is
    what a sidecar has recorded, if one was asked.
    """
    examined = examine(snapshot, now, live or Live())
    for check in _CHECKS:
        check(examined)
    findings, silenced = Ignores(examined.sources).apply(dict.fromkeys(examined.findings), LIVE if live is None else ())
    return Report(
        findings=sorted(findings, key=lambda one: (one.path, one.line, one.code.code)),
        revision=snapshot.revision,
        rules=snapshot.rule_count,
        silenced=silenced,
        overrides=None if live is None else len(live.overrides),
        tenants=None if live is None else sum(one.tenants for one in live.plans),
    )
