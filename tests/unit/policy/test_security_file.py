"""policies/security.yaml: what is read, what is refused, and what several policies say together."""

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.domain.security import PasswordPolicy, PolicyType, SecurityLevel, SecurityPolicies
from doorward.policy import Snapshot, Tree, load_snapshot
from support.trees import ROOT, SECURITY, tree


def loaded(text: str, previous: Snapshot | None = None) -> Snapshot:
    return load_snapshot(Tree(tree() | {SECURITY: text.encode()}), previous=previous)


def policy(kind: str, rules: str, name: str = "a") -> str:
    return f"  - {{name: {name}, type: {kind}, level: high, rules: {rules}}}\n"


def test_a_tree_without_the_file_has_the_built_in_profile() -> None:
    assert load_snapshot(Tree(tree())).security == SecurityPolicies()


def test_the_default_file_declares_the_built_in_profile() -> None:
    security = loaded((ROOT / SECURITY).read_text()).security
    assert (security.passwords, security.sessions) == (SecurityPolicies().passwords, SecurityPolicies().sessions)
    assert (security.access, security.data) == (SecurityPolicies().access, SecurityPolicies().data)
    assert [one.name for one in security.declared] == ["passwords", "sessions", "access", "data"]


def test_a_policy_is_read_with_what_it_names() -> None:
    text = "policies:\n- name: strong\n  type: password\n  level: critical\n  description: As asked\n  rules: {min_length: 14}\n"
    (one,) = loaded(text).security.declared
    assert (one.name, one.type, one.level) == ("strong", PolicyType.PASSWORD, SecurityLevel.CRITICAL)
    assert (one.description, one.rules, one.line) == ("As asked", {"min_length": 14}, 2)


@pytest.mark.parametrize("text", ["", "policies:\n", "policies: []\n", "# none\n"])
def test_a_file_without_policies_says_nothing(text: str) -> None:
    assert loaded(text).security == SecurityPolicies()


def test_the_strictest_value_of_each_rule_counts_and_the_built_in_one_where_none_names_it() -> None:
    security = loaded(
        "policies:\n"
        + policy(
            "password", "{min_length: 6, require_numbers: false, max_age_days: 90, history: 2, blocklist: false}", "a"
        )
        + policy("password", "{min_length: 5, require_numbers: true, max_age_days: null, history: 1}", "b")
        + policy("password", "{max_age_days: 30, blocklist: false}", "c")
        + policy("session", "{timeout_minutes: 60, max_concurrent: 9}", "d")
        + policy("session", "{timeout_minutes: 45, max_concurrent: 10}", "e")
        + policy("access_control", "{mfa_required_roles: [user, admin], max_login_attempts: 4}", "f")
        + policy("access_control", "{mfa_required_roles: [admin], max_login_attempts: 7, lockout_minutes: 20}", "g")
        + policy("access_control", "{lockout_minutes: 5}", "h")
        + policy("data_protection", "{encryption_at_rest: false, audit_retention_days: 30}", "i")
        + policy("data_protection", "{encryption_at_rest: true, audit_retention_days: 20}", "j")
    ).security
    assert security.passwords == PasswordPolicy(
        min_length=6, require_numbers=True, max_age_days=30, history=2, blocklist=False
    )
    sessions, access, data = security.sessions, security.access, security.data
    assert (sessions.timeout_minutes, sessions.absolute_hours, sessions.max_concurrent) == (45, 12, 9)
    assert access.mfa_required_roles == ("admin", "user")
    assert (access.max_login_attempts, access.lockout_minutes) == (4, 20)
    assert (data.encryption_at_rest, data.audit_retention_days) == (True, 30)


def test_one_policy_may_be_weaker_than_the_built_in_profile() -> None:
    passwords = loaded(
        "policies:\n" + policy("password", "{min_length: 1, require_uppercase: false}")
    ).security.passwords
    assert (passwords.min_length, passwords.require_uppercase, passwords.require_lowercase) == (1, False, True)


FAULTS = [
    pytest.param("policy: []\n", 1, "unknown key 'policy'; there is policies", id="an unknown key"),
    pytest.param("policies: {a: {}}\n", 1, "policies must be a list", id="a mapping"),
    pytest.param("policies: [7]\n", 1, "policies holds 7; write", id="a number"),
    pytest.param("policies:\n" + policy("passwords", "{}"), 2, "type must be password, session", id="a type"),
    pytest.param("policies:\n" + policy("password", "[]"), 2, "rules must be a mapping", id="rules that are a list"),
    pytest.param("policies:\n" + policy("password", "{length: 8}"), 2, "unknown key 'length'; there are min_length", id="a rule"),
    pytest.param("policies:\n" + policy("session", "{min_length: 8}"), 2, "unknown key 'min_length'", id="a rule of another type"),
    pytest.param("policies:\n" + policy("password", "{min_length: 0}"), 2, "from 1 to 256, not 0", id="no length"),
    pytest.param("policies:\n" + policy("password", "{min_length: '8'}"), 2, "not '8'", id="a number in quotes"),
    pytest.param("policies:\n" + policy("password", "{min_length: null}"), 2, "min_length has no value", id="no value"),
    pytest.param("policies:\n" + policy("password", "{blocklist: yes}"), 2, "true or false, not 'yes'", id="yes"),
    pytest.param("policies:\n" + policy("password", "{blocklist: 1}"), 2, "true or false, not 1", id="one"),
    pytest.param("policies:\n" + policy("session", "{timeout_minutes: true}"), 2, "not True", id="true for a number"),
    pytest.param("policies:\n" + policy("access_control", "{mfa_required_roles: admin}"), 2, "a list, like [admin]", id="one role"),
    pytest.param("policies:\n" + policy("access_control", "{mfa_required_roles: ['role:a']}"), 2, "not 'role:a'", id="no bare name"),
    pytest.param("policies:\n" + policy("access_control", "{mfa_required_roles: [a, a]}"), 2, "'a' twice", id="a role twice"),
    pytest.param("policies:\n" + policy("password", "{}") * 2, 3, "a stands in line 2 already", id="a name twice"),
    pytest.param("policies:\n" + policy("password", "{}", "1st"), 2, "name must be a letter", id="no name"),
    pytest.param("policies:\n- {name: a, type: password, rules: {}}\n", 2, "without level; write low, medium, high or critical", id="no level"),
    pytest.param("policies:\n- {name: a, type: password, level: HIGH, rules: {}}\n", 2, "not 'HIGH'", id="a level in capitals"),
    pytest.param("policies:\n- {name: a, level: high, rules: {}}\n", 2, "without type; write password", id="no type"),
    pytest.param("policies:\n- {name: a, type: password, level: high}\n", 2, "without rules", id="no rules"),
    pytest.param("policies:\n- {type: password, level: high, rules: {}}\n", 2, "without name", id="no name at all"),
    pytest.param("policies:\n- {name: a, type: password, level: high, rules: {}, on: x}\n", 2, "unknown key 'on'", id="a key"),
    pytest.param("policies: *a\n", 1, "an alias", id="an alias"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), FAULTS)
@pytest.mark.parametrize("changed", [False, True], ids=["a whole load", "a change"])
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, says: str, changed: bool) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        loaded(text, loaded("policies: []\n") if changed else None)
    (fault,) = refused.value.problems
    assert (fault.path, fault.line) == (SECURITY, line)
    assert says in fault.message


def test_all_faults_are_told_at_once() -> None:
    text = (
        "policies:\n"
        + policy("password", "{min_length: 0, history: -1, x: 1}")
        + policy("session", "{absolute_hours: no}", "2")
    )
    with pytest.raises(PolicyInvalid) as refused:
        loaded(text)
    assert [one.line for one in refused.value.problems] == [2, 2, 2, 3, 3]


def test_changed_security_is_served_with_the_rules_that_were_built_before() -> None:
    served = loaded("policies: []\n")
    changed = loaded("policies:\n" + policy("session", "{timeout_minutes: 5}"), served)
    assert changed.evaluator is served.evaluator
    assert changed.security.sessions.timeout_minutes == 5
