"""Policy tests of tenants: asked as if they were recorded with a plan and a subscription."""

import pytest

from doorward.policy import Tree
from doorward.policy.policy_tests import load_with_tests, read_tests, run_tests
from support.trees import CATALOG, FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, RULES, tree

PATH = "policies/tests/tenants.yaml"
HEAD = "tests:\n  - name: a\n    subject: user:alice\n"
GATED = """p, see, *, *, doc:*, view, True, allow
p, see.requires-subscription, *, *, doc:*, view, not r.ctx.tenant.subscribed, deny
p, dun, *, *, bill:*, pay, r.ctx.tenant.subscription == 'past_due', allow
p, analyse, *, *, doc:*, analyse, contains(r.ctx.tenant.features, 'analytics') and r.ctx.tenant.limits.max_agents >= 20, allow
"""
SOLD = """after_end: basic
counts_as_subscribed: [trialing, active]
plans: {basic: {}, professional: {grace_days: 7}}
"""
FLAG = "f: {type: boolean, default: off, rules: [{when: r.ctx.tenant.subscribed, serve: on}]}\n"


def faults(entry: str) -> list[str]:
    files = {PLANS_MODEL: PLANS_CONF, PLANS: PLANS_CSV, CATALOG: SOLD, FLAGS: FLAG, PATH: HEAD + entry}
    snapshot, tests = load_with_tests(Tree(tree(RULES + GATED) | {path: text.encode() for path, text in files.items()}))
    return [fault for result in run_tests(tests, snapshot) for answer in result.answers for fault in answer.faults]


def asked(tenant: str, action: str = "view", resource: str = "doc:1", expect: str = "allow") -> list[str]:
    return faults(f"    tenant: {tenant}\n    resource: {resource}\n    action: {action}\n    expect: {expect}\n")


@pytest.mark.parametrize(
    ("subscription", "expect"),
    [
        ("trialing", "allow"),
        ("active", "allow"),
        ("past_due", "deny"),
        ("paused", "deny"),
        ("canceled", "deny"),
        ("expired", "deny"),
    ],
)
def test_a_gate_opens_in_the_statuses_that_count(subscription: str, expect: str) -> None:
    assert asked(f"{{id: acme, plan: professional, subscription: {subscription}}}", expect=expect) == []


def test_a_tenant_without_a_subscription_stays_outside() -> None:
    assert asked("{id: acme, plan: professional}", expect="deny") == []


def test_conditions_read_the_status_the_features_and_the_limits() -> None:
    assert asked("{id: acme, plan: professional, subscription: past_due}", "pay", "bill:1") == []
    assert asked("{id: acme, plan: professional}", "analyse") == []
    assert asked("{id: acme, plan: basic}", "analyse", expect="deny") == []


def test_a_suspended_tenant_cannot_be_decided() -> None:
    assert asked("{id: acme, plan: basic, status: suspended}") == ["not decided: the tenant 'acme' is suspended"]


def test_a_plan_that_is_not_there_is_told() -> None:
    assert "there is no plan gold; correct its name" in asked("{id: acme, plan: gold}", expect="deny")


def test_days_of_grace_are_the_plan_s() -> None:
    """Without any, a subscription whose payment failed has expired."""
    assert asked("{id: acme, plan: basic, subscription: past_due}", "pay", "bill:1", "deny") == []


def test_flags_know_the_subscription_too() -> None:
    assert (
        faults("    flag: f\n    tenant: {id: acme, plan: professional, subscription: active}\n    expect: on\n") == []
    )
    assert (
        faults("    flag: f\n    tenant: {id: acme, plan: professional, subscription: paused}\n    expect: off\n") == []
    )


@pytest.mark.parametrize(
    ("tenant", "message"),
    [
        ("{id: acme, plan: basic, subscription: gone}", "subscription must be trialing, active, past_due, paused"),
        ("{id: acme, plan: basic, subscription: [active]}", "subscription must be trialing"),
        ("{id: acme, subscription: active}", "a tenant that is more than an id needs a plan"),
        ("{id: acme}", "a tenant that is more than an id needs a plan"),
        ("{plan: basic}", "a tenant needs an id"),
        ("{id: acme, plan: basic, status: gone}", "status must be active or suspended, not 'gone'"),
        (
            "{id: acme, plan: basic, level: 3}",
            "unknown key 'level' of a tenant; there are id, plan, status, subscription",
        ),
        ("{id: acme, plan: 3}", "plan 3 is no text; quote it"),
        ("[acme]", "tenant"),
    ],
)
def test_what_cannot_be_said_of_a_tenant_is_told_with_its_line(tenant: str, message: str) -> None:
    text = f"{HEAD}    resource: doc:1\n    tenant: {tenant}\n    expect: {{view: allow}}\n"
    tests, problems = read_tests({PATH: text.encode()})
    assert tests == []
    assert len(problems) == 1
    assert f"{PATH}:5: " in str(problems[0])
    assert message in str(problems[0])


def test_a_flag_s_subscription_is_to_a_plan() -> None:
    text = f"{HEAD}    flag: f\n    tenant: {{id: acme, subscription: active}}\n    expect: on\n"
    assert "a subscription is to a plan; name it" in str(read_tests({PATH: text.encode()})[1][0])
