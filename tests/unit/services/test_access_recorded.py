"""Questions about what is recorded: tenants, users and their roles, and what conditions read of them."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from doorward.domain.access import AccessRequest, Decision, Explanation, Question
from doorward.domain.callers import ALL_SCOPES, Caller, Scope
from doorward.domain.errors import BadRequest, NotPermitted
from doorward.domain.facts import FactsMissing
from doorward.domain.limit_overrides import OwnLimit
from doorward.domain.plans import Per, PlanLimit, PlanRows, plans_of
from doorward.domain.tenants import TenantStatus
from doorward.domain.users import UserStatus
from doorward.services.access import AccessService
from doorward.services.facts import Facts
from doorward.services.ports import PolicySnapshot
from support.recorded import RecordedFacts
from support.trees import snapshot

RULES = """\
p, readers, role:reader, *, doc:*, read, True, allow
p, anyone-pings, *, *, doc:*, ping, True, allow
p, plan, *, *, doc:*, plan, r.ctx.tenant.plan == 'gold' and r.ctx.tenant.status == 'active', allow
p, features, *, *, doc:*, feature, 'reports' in r.ctx.tenant.features, allow
p, limits, *, *, doc:*, limit, r.ctx.tenant.limits.agents > 5 and r.ctx.tenant.limits.calls > 1000000, allow
p, unpaid, *, *, doc:*, unpaid, not r.ctx.tenant.subscribed, allow
p, named, *, *, doc:*, name, r.ctx.subject.username == 'ann' and r.ctx.subject.first_name == 'First', allow
p, mail, *, *, doc:*, mail, r.ctx.subject.email == 'root@acme.com', allow
p, team, *, *, doc:*, team, r.ctx.subject.team == 'red', allow
p, home, *, *, doc:*, home, r.ctx.subject.tenant == 'acme' and r.ctx.subject.status == 'active', allow
p, roles, *, *, doc:*, roles, 'reader' in r.ctx.subject.roles, allow
g, user:guest, role:reader, globex
g, user:everywhere, role:reader, *
"""
DIRECTORY = """\
tenants: [globex, gone]
subjects: {user: {ann: {team: blue, tenant: globex}, declared: {tenant: globex}}}
"""
ADMIN = Caller("admin", ALL_SCOPES)
SERVICE = AccessService(lambda: 50.0)
POLICY = snapshot(RULES, directory=DIRECTORY)


def _limit(name: str, amount: int | None, per: Per = Per.TOTAL) -> PlanLimit:
    return PlanLimit(limit=name, per=per, amount=amount)


GOLD = PlanRows(
    features=("reports",),
    limits=(_limit("agents", 10), _limit("agents", 7, Per.DAY), _limit("calls", None)),
)
WITH_PLANS = replace(
    POLICY,
    plans=plans_of({"gold": GOLD}, {}),
    catalog=replace(POLICY.catalog, suspended_may=frozenset({("ping", "doc")})),
)


@dataclass
class World:
    """What is recorded, and a policy."""

    source: RecordedFacts = field(default_factory=RecordedFacts)
    policy: PolicySnapshot = POLICY
    caller: Caller = ADMIN

    def __post_init__(self) -> None:
        self.facts = Facts(self.source, lambda: 50.0)
        self.facts.start()

    def asked(self, subject: str, action: str, **given: Any) -> AccessRequest:
        tenant = given.pop("tenant", None)
        if tenant is not None:
            given["context"] = {**given.get("context", {}), "tenant": tenant}
        return AccessRequest("user", subject, action, "doc", "1", **given)

    def ask(self, subject: str, action: str = "ping", **given: Any) -> Decision:
        self.facts.refresh()
        return SERVICE.decide(self.asked(subject, action, **given), self.caller, self.policy, "", self.facts.reading)

    def explain(self, subject: str, action: str = "ping", **given: Any) -> Explanation:
        self.facts.refresh()
        return SERVICE.explain(self.asked(subject, action, **given), self.caller, self.policy, "", self.facts.reading)


@pytest.fixture
def world() -> World:
    made = World()
    made.source.record_tenant("acme", "acme.com", plan="gold")
    made.source.record_tenant("other", "other.com")
    made.source.record_user("ann", "acme")
    return made


def status_of(decision: Decision) -> int | None:
    return decision.error.status if decision.error else None


@pytest.mark.parametrize("tenant", ["acme", "globex"])
def test_tenant_is_known_that_is_recorded_or_declared(world: World, tenant: str) -> None:
    assert world.ask("stranger", tenant=tenant).allowed


def test_tenant_that_is_neither_is_unknown(world: World) -> None:
    assert status_of(world.ask("stranger", tenant="ghost")) == 404


@pytest.mark.parametrize("status", [TenantStatus.DELETED, TenantStatus.PURGED])
def test_deleted_tenant_is_unknown_though_policy_names_it(world: World, status: TenantStatus) -> None:
    world.source.record_tenant("gone", status=status)
    assert status_of(world.ask("stranger", tenant="gone")) == 404


def test_suspended_tenant_is_a_denial_that_says_so_and_may_not_be_tried_again(world: World) -> None:
    world.source.record_tenant("acme", status=TenantStatus.SUSPENDED)
    error = world.ask("ann", tenant="acme").error
    assert error is not None
    assert (error.status, error.retryable) == (403, False)
    assert "suspended" in error.message


def test_suspended_tenant_may_what_the_catalog_lets_it(world: World) -> None:
    world.policy = WITH_PLANS
    world.source.record_tenant("acme", status=TenantStatus.SUSPENDED)
    assert world.ask("ann", "ping", tenant="acme").allowed
    assert status_of(world.ask("ann", "read", tenant="acme")) == 403


def test_deleted_tenant_may_nothing_whatever_the_catalog_says(world: World) -> None:
    world.policy = WITH_PLANS
    world.source.record_tenant("acme", status=TenantStatus.DELETED)
    assert status_of(world.ask("stranger", "ping", tenant="acme")) == 404


def test_key_of_a_suspended_tenant_gets_denials(world: World) -> None:
    world.source.record_tenant("acme", status=TenantStatus.SUSPENDED)
    world.caller = Caller("acme", ALL_SCOPES, tenant="acme")
    assert status_of(world.ask("ann")) == 403


@pytest.mark.parametrize("domain", ["acme.com", "ACME.com.", "\uff41\uff43\uff4d\uff45.com"])
def test_domain_names_its_tenant_in_any_spelling(world: World, domain: str) -> None:
    assert world.ask("ann", "plan", context={"domain": domain}).error is None
    world.source.record_user("reader", "acme", ("reader", "acme"))
    assert world.ask("reader", "read", context={"domain": domain}).allowed


def test_domain_of_nobody_is_a_denial_with_an_error(world: World) -> None:
    assert status_of(world.ask("ann", context={"domain": "ghost.com"})) == 404


def test_domain_of_a_deleted_tenant_is_nobodys(world: World) -> None:
    world.source.record_tenant("acme", "acme.com", status=TenantStatus.DELETED)
    assert status_of(world.ask("x", context={"domain": "acme.com"})) == 404


@pytest.mark.parametrize("domain", ["a b", "", "x" * 300, "a." * 1000, 7])
def test_domain_must_be_one(world: World, domain: Any) -> None:
    with pytest.raises(BadRequest, match=r"context\.domain"):
        world.ask("ann", context={"domain": domain})


def test_domain_and_tenant_that_differ_are_refused(world: World) -> None:
    with pytest.raises(BadRequest, match="name one tenant"):
        world.ask("ann", tenant="other", context={"domain": "acme.com"})
    assert world.ask("ann", tenant="acme", context={"domain": "acme.com"}).allowed


@pytest.mark.parametrize("domain", ["other.com", "ghost.com"])
def test_key_of_a_tenant_does_not_learn_whether_a_domain_is_somebodys(world: World, domain: str) -> None:
    world.caller = Caller("acme", ALL_SCOPES, tenant="acme")
    with pytest.raises(NotPermitted, match="is not its own"):
        world.ask("ann", context={"domain": domain})
    assert world.ask("ann", context={"domain": "acme.com"}).allowed


def test_stored_tenant_of_the_subject_counts_where_none_is_named(world: World) -> None:
    world.source.record_user("reader", "acme", ("reader", "acme"))
    assert world.ask("reader", "read").allowed
    assert world.ask("ann", "home").allowed  # not globex, which the directory says


def test_recorded_roles_count_in_their_tenant(world: World) -> None:
    world.source.record_user("reader", "acme", ("reader", "acme"))
    world.source.record_user("abroad", "acme", ("reader", "other"))
    world.source.record_user("all", "acme", ("reader", "*"))
    assert world.ask("reader", "read", tenant="acme").rule == "readers"
    assert world.ask("abroad", "read", tenant="other").rule == "readers"
    assert not world.ask("abroad", "read", tenant="acme").allowed
    assert world.ask("all", "read", tenant="other").rule == "readers"
    assert world.ask("all", "roles", tenant="other").allowed


def test_recorded_role_that_the_policy_does_not_know_is_no_role(world: World) -> None:
    world.source.record_user("x", "acme", ("ghost", "acme"))
    request = world.asked("x", "read")
    world.facts.refresh()
    question = SERVICE.question(request, ADMIN, POLICY, "", world.facts.reading)
    assert isinstance(question, Question)
    assert question.asserted == ()


def test_user_who_neither_belongs_nor_has_a_role_is_denied_before_any_rule(world: World) -> None:
    decision = world.ask("ann", "ping", tenant="other")
    assert (decision.allowed, decision.rule, decision.error) == (False, None, None)
    assert "neither belongs" in world.explain("ann", tenant="other").reason
    assert world.ask("nobody-recorded", "ping", tenant="other").allowed


@pytest.mark.parametrize("user", ["guest", "everywhere"])
def test_user_whom_a_role_row_gives_a_role_in_the_tenant_is_no_stranger(world: World, user: str) -> None:
    world.source.record_user(user, "acme")
    assert world.ask(user, "ping", tenant="globex").allowed
    assert world.ask(user, "read", tenant="globex").rule == "readers"
    assert world.ask(user, "ping", tenant="other").allowed is (user == "everywhere")


@pytest.mark.parametrize("status", [UserStatus.SUSPENDED, UserStatus.DELETED, UserStatus.PURGED])
def test_user_who_is_not_active_is_plainly_denied(world: World, status: UserStatus) -> None:
    world.source.record_user("ann", "acme", ("reader", "*"), status=status)
    for given in ({}, {"tenant": "acme"}, {"tenant": "globex"}):
        decision = world.ask("ann", "ping", **given)
        assert (decision.allowed, decision.rule, decision.error) == (False, None, None)
    assert "suspended or deleted" in world.explain("ann").reason


def test_another_type_with_the_id_of_a_user_is_somebody_else(world: World) -> None:
    world.source.record_user("ann", "acme", status=UserStatus.DELETED)
    world.facts.refresh()
    request = AccessRequest("service", "ann", "ping", "doc", "1", context={"tenant": "other"})
    assert SERVICE.decide(request, ADMIN, POLICY, "", world.facts.reading).allowed


def test_asserted_roles_never_add_to_those_of_a_recorded_user(world: World) -> None:
    asserted = {"subject_properties": {"roles": ["reader"]}}
    assert not world.ask("ann", "read", **asserted).allowed
    assert world.ask("stranger", "read", **asserted).allowed
    assert "recorded user" in world.explain("ann", "read", **asserted).notes[0]


def test_asserted_roles_of_a_recorded_user_still_need_the_scope(world: World) -> None:
    world.caller = Caller("weak", frozenset({Scope.DECIDE}))
    with pytest.raises(NotPermitted, match="assert:roles"):
        world.ask("ann", "read", subject_properties={"roles": ["reader"]})


def test_resource_of_another_tenant_is_denied(world: World) -> None:
    assert not world.ask("ann", resource_properties={"tenant": "other"}).allowed
    assert world.ask("ann", resource_properties={"tenant": "acme"}).allowed


FORGED = {
    "username": "ann",
    "first_name": "First",
    "status": "active",
    "email": "root@acme.com",
    "id": "root",
    "type": "service",
    "last_name": "Forged",
}


def test_what_is_recorded_of_a_user_comes_from_the_record_alone(world: World) -> None:
    world.source.record_user("bob", "acme", username="bob", first_name="Bob")
    assert world.ask("ann", "name").allowed
    assert not world.ask("bob", "name", subject_properties=FORGED).allowed
    assert not world.ask("bob", "mail", subject_properties=FORGED).allowed
    assert world.ask("stranger", "mail", subject_properties=FORGED).allowed
    world.facts.refresh()
    question = SERVICE.question(
        world.asked("bob", "ping", subject_properties=FORGED), ADMIN, POLICY, "", world.facts.reading
    )
    assert isinstance(question, Question)
    assert question.context([])["subject"] == {
        "type": "user",
        "id": "bob",
        "roles": [],
        "status": "active",
        "tenant": "acme",
        "username": "bob",
        "first_name": "Bob",
        "last_name": "Last",
    }


def test_other_properties_of_a_recorded_user_override_declared_ones(world: World) -> None:
    assert not world.ask("ann", "team").allowed
    assert world.ask("ann", "team", subject_properties={"team": "red"}).allowed


def test_conditions_read_the_recorded_tenant_and_its_plan(world: World) -> None:
    world.policy = WITH_PLANS
    for action in ("plan", "feature", "limit", "unpaid"):
        assert world.ask("ann", action).allowed, action
    assert not world.ask("x", "plan", tenant="other").allowed


def test_conditions_read_of_a_tenant_that_only_policy_names_its_id_alone(world: World) -> None:
    for action in ("plan", "feature", "limit", "unpaid"):
        decision = world.ask("x", action, tenant="globex")
        assert not decision.allowed
        assert decision.absent


def test_tenant_without_a_known_plan_has_neither_features_nor_limits(world: World) -> None:
    world.policy = WITH_PLANS
    assert world.ask("x", "feature", tenant="other").absent == ("tenant.features",)


def test_conditions_read_the_tenants_own_limits_in_the_place_of_its_plans(world: World) -> None:
    world.policy = WITH_PLANS
    own = (OwnLimit(_limit("agents", 3), 0), OwnLimit(_limit("calls", 5), 40_000_000))
    world.source.record_tenant("acme", plan="gold", limits=own)
    assert world.explain("ann", "limit").read["tenant.limits.agents"] == 3


def test_limit_that_was_the_tenants_own_until_now_is_its_plans_again(world: World) -> None:
    world.policy = WITH_PLANS
    own = (OwnLimit(_limit("agents", 3), 50_000_000), OwnLimit(_limit("agents", 3, Per.DAY), 50_000_000))
    world.source.record_tenant("acme", plan="gold", limits=own)
    assert world.ask("ann", "limit").allowed


def test_tenant_without_a_known_plan_has_the_limits_of_its_own(world: World) -> None:
    world.policy = WITH_PLANS
    own = (OwnLimit(_limit("agents", 9), 0), OwnLimit(_limit("calls", None), 0))
    world.source.record_tenant("other", plan="gone", limits=own)
    assert world.ask("x", "limit", tenant="other").allowed


def test_what_must_be_read_is_missing_from_memory(world: World) -> None:
    world.facts.refresh()
    with pytest.raises(FactsMissing):
        SERVICE.decide(world.asked("ann", "ping"), ADMIN, POLICY, "", world.facts.memory)
    assert world.ask("ann").allowed
    assert SERVICE.decide(world.asked("ann", "ping"), ADMIN, POLICY, "", world.facts.memory).allowed


def test_store_that_does_not_answer_is_an_error_of_the_question_that_needs_it(world: World) -> None:
    assert world.ask("ann").allowed
    world.facts.refresh()
    world.source.is_down = True
    for asked, allowed in ((world.asked("ann", "ping"), True), (world.asked("x", "ping", tenant="new"), False)):
        decision = SERVICE.decide(asked, ADMIN, POLICY, "", world.facts.reading)
        assert decision.allowed is allowed
        if not allowed:
            assert decision.error is not None
            assert (decision.error.status, decision.error.retryable) == (503, True)
            told = SERVICE.explain(asked, ADMIN, POLICY, "", world.facts.reading)
            assert "cannot be read" in told.reason


def test_user_facts_are_used_by_questions_of_any_policy_revision(world: World) -> None:
    other = snapshot(RULES.replace("role:reader, *, doc", "role:writer, *, doc"))
    world.source.record_user("w", "acme", ("writer", "acme"))
    assert not world.ask("w", "read").allowed
    assert replace(world, policy=other).ask("w", "read").allowed
