"""The codes of lint: what each is called, and whether it is an error or a warning. docs/reference/lint.md has more."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How much a finding weighs: an error keeps a tree from loading, a warning is probably a mistake."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One kind of finding: a code that never changes its meaning, and a name for people."""

    code: str
    name: str
    severity: Severity
    summary: str

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


def _error(code: str, name: str, summary: str) -> Code:
    return Code(code=code, name=name, severity=Severity.ERROR, summary=summary)


def _warning(code: str, name: str, summary: str) -> Code:
    return Code(code=code, name=name, severity=Severity.WARNING, summary=summary)


FILES: Final = _error("DW001", "invalid-files", "a file is missing, unknown, too large or no text")
MODEL: Final = _error("DW002", "invalid-model", "the model cannot be read")
ROW: Final = _error("DW003", "invalid-row", "a row of rules cannot be read")
ROLE: Final = _error("DW004", "invalid-role", "a role row cannot be read, or roles run in a circle")
CONDITION: Final = _error("DW005", "invalid-condition", "a condition is refused")
DIRECTORY: Final = _error("DW006", "invalid-directory", "directory.yaml cannot be read")
CATALOG: Final = _error("DW007", "invalid-catalog", "catalog.yaml cannot be read")
TESTS: Final = _error("DW008", "invalid-tests", "a file of policy tests cannot be read")
PLANS: Final = _error("DW009", "invalid-plans", "plans.conf or plans.csv cannot be read")
SECURITY: Final = _error("DW010", "invalid-security", "security.yaml cannot be read")
FLAGS: Final = _error("DW011", "invalid-flags", "flags.yaml cannot be read")

UNKNOWN_ROLE: Final = _warning("DW101", "unknown-role", "a rule is for a role that nobody has")
UNUSED_ROLE: Final = _warning("DW102", "unused-role", "a role is given, and no rule names it")
UNKNOWN_TENANT: Final = _warning("DW103", "unknown-tenant", "a tenant that is not among the known ones")
UNTYPED_SUBJECT: Final = _warning("DW104", "untyped-subject", "a subject without a type never matches")
UNTYPED_RESOURCE: Final = _warning(
    "DW105", "untyped-resource", "a resource without a type matches nothing, or too much"
)
UNKNOWN_SUBJECT_TYPE: Final = _warning("DW106", "unknown-subject-type", "a subject's type looks misspelt")
UNKNOWN_RESOURCE_TYPE: Final = _warning("DW107", "unknown-resource-type", "a resource's type looks misspelt")
UNKNOWN_ACTION: Final = _warning("DW108", "unknown-action", "an action that its resource type does not have")
TYPE_AS_A_WHOLE: Final = _warning("DW109", "type-as-a-whole", "`TYPE:*` is no pattern where the matcher compares")
HIDDEN_CHARACTERS: Final = _warning("DW110", "hidden-characters", "a name holds characters that cannot be told apart")
QUOTED_NAME: Final = _warning("DW111", "quoted-name", "a name begins and ends with a quote")
DESCRIBED_RULE_MISSING: Final = _warning(
    "DW112", "described-rule-missing", "catalog.yaml describes a rule that is not there"
)
PLAN_WITHOUT_ROWS: Final = _warning(
    "DW113", "plan-without-rows", "catalog.yaml has a plan that plans.csv gives nothing"
)
UNDESCRIBED_PLAN: Final = _warning("DW114", "undescribed-plan", "plans.csv has a plan that catalog.yaml leaves out")
UNKNOWN_MFA_ROLE: Final = _warning("DW115", "unknown-mfa-role", "a second factor is asked of a role that is not there")
UNKNOWN_LIMIT: Final = _warning("DW116", "unknown-limit", "catalog.yaml says how a limit is held that nobody has")
UNUSED_SEGMENT: Final = _warning("DW117", "unused-segment", "flags.yaml has a segment that no rule names")
EXPIRED_FLAG: Final = _warning("DW118", "expired-flag", "a flag is there after its last day")
REQUIRES_EXPIRED_FLAG: Final = _warning("DW119", "requires-expired-flag", "a flag needs one that expired")
LIMIT_OF_ONE_PLAN: Final = _warning(
    "DW120", "limit-of-one-plan", "one plan has a limit that no other plan and no catalog knows"
)

DUPLICATE_RULE: Final = _warning("DW201", "duplicate-rule", "a rule says what another one says")
SHADOWED_RULE: Final = _warning("DW202", "shadowed-rule", "a wider rule says it already")
UNREACHABLE_RULE: Final = _warning("DW203", "unreachable-rule", "another rule decides whenever this one matches")
GRANTS_EVERYTHING: Final = _warning("DW204", "grants-everything", "everyone may do everything")
RULE_WITHOUT_EFFECT: Final = _warning("DW205", "rule-without-effect", "the model allows it without the rule")
NEVER_READ: Final = _warning("DW206", "never-read", "the matcher forgets to read a column or a token")
FLAG_RULE_OVER: Final = _warning("DW207", "flag-rule-over", "a flag's rule has ended")
SPLIT_OF_ONE: Final = _warning("DW208", "split-of-one", "a split gives one variant all of the weight")

CONSTANT_CONDITION: Final = _warning("DW301", "constant-condition", "a condition is always true, or always false")
UNKNOWN_ATTRIBUTE: Final = _warning("DW302", "unknown-attribute", "a condition reads what nobody seems to provide")

UNINDEXED_RULES: Final = _warning("DW401", "unindexed-rules", "many rules are tried one by one")

OVERRIDE_WITHOUT_FLAG: Final = _warning(
    "DW501", "override-without-flag", "a tenant has its own value of a flag that is not there"
)
OVERRIDE_DOES_NOT_FIT: Final = _warning(
    "DW502", "override-does-not-fit", "a tenant's own value is of another type than the flag"
)
EXPIRED_OVERRIDE: Final = _warning("DW503", "expired-override", "a tenant's own value of a flag has ended")
TENANTS_WITHOUT_PLAN: Final = _warning("DW504", "tenants-without-plan", "tenants have a plan that is not there")

UNUSED_IGNORE: Final = _warning("DW901", "unused-ignore", "a comment silences nothing")
INVALID_IGNORE: Final = _warning("DW902", "invalid-ignore", "a comment that should silence cannot be read")

CODES: Final = tuple(
    sorted((value for value in list(globals().values()) if isinstance(value, Code)), key=lambda one: one.code)
)
"""Every code, in order."""
LIVE: Final = frozenset({OVERRIDE_WITHOUT_FLAG, OVERRIDE_DOES_NOT_FIT, EXPIRED_OVERRIDE, TENANTS_WITHOUT_PLAN})
"""What is found only where a sidecar is asked."""


def find_code(text: str) -> Code | None:
    """The code that a person means by `DW101` or `unknown-role`."""
    return next((one for one in CODES if text.lower() in {one.code.lower(), one.name}), None)
