"""Flags: from the context that a client sends to what a policy's flags are asked, and what they answer."""

from collections.abc import Mapping
from typing import Any, Final

from doorward.domain.access import ANY, NO_TENANT, Attributes, Refusal, check_id
from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest, InvalidContext
from doorward.domain.facts import TenantFacts, UserFacts
from doorward.domain.limit_overrides import ends_after
from doorward.domain.tenants import TenantStatus
from doorward.services.asked_tenant import asked_tenant
from doorward.services.facts import FactsView
from doorward.services.flag_questions import (
    TARGETING_KEY,
    FlagQuestion,
    OfAnother,
    flag_sections,
    subject_section,
)
from doorward.services.limits.conditions import UsageConditions
from doorward.services.limits.looking import OLD_SECONDS
from doorward.services.membership import NOT_ACTIVE, STRANGER, belongs, closed, granted, is_active, recorded_of, unknown
from doorward.services.ports import Clock, PolicySnapshot

_NOTHING: Final[Mapping[str, Any]] = {}
_NO_ROLES: Final[tuple[str, ...]] = ()


class FlagService:
    """Makes questions to the flags of a given policy snapshot, with a given view of what is recorded."""

    def __init__(self, clock: Clock, usage: UsageConditions | None = None) -> None:
        """`usage` is what rules read of what tenants use."""
        self._clock = clock
        self._usage = usage

    def of_another(self, question: FlagQuestion, user: str, now: float, facts: FactsView) -> OfAnother | None:
        """A question that suits others, of another user; None where that one is recorded or declared.

        Raises:
            InvalidContext: nobody has such an id.
            FactsMissing, StoreUnavailable: as `question`.
        """
        _check_targeting_key(user)
        if (facts.has_users and facts.user(user) is not None) or question.policy.subject_attributes(f"user:{user}"):
            return None
        return OfAnother(question, user, now)

    def question(  # noqa: PLR0913, PLR0917 - what a question is made of
        self,
        context: Attributes,
        caller: Caller,
        policy: PolicySnapshot,
        address: str,
        facts: FactsView,
        at: float | None = None,
    ) -> FlagQuestion:
        """What flags are asked for a context, as OFREP sends one, now or `at` another time (epoch seconds).

        Raises:
            InvalidContext: it contradicts itself, or whom it names is shut out.
            NotPermitted: it names another tenant than the key's.
            FactsMissing: what is recorded has to be read, and `facts` read nothing.
            StoreUnavailable: it cannot be read.
        """
        now = self._clock() if at is None else at
        key = _targeting_key(context)
        subject = "" if key is None else f"user:{key}"
        declared = policy.subject_attributes(subject) if subject else _NOTHING
        user = facts.user(key) if key is not None and facts.has_users else None
        tenant = _tenant(context, declared, caller, user, facts)
        place = None if tenant is None else _place(tenant, policy, facts)
        is_known = user is not None or bool(declared)
        user = None if user is None else _member(user, subject, tenant, caller, policy, facts)
        reads_roles = policy.flags.reads_roles
        recorded = recorded_of(user, place, policy, now)
        reads_usage = policy.flags.reads_usage
        if reads_usage and self._usage is not None:
            recorded.usage = self._usage.read if facts.may_read else self._usage.remembered
        whom: Mapping[str, Any] = _NOTHING
        if key is not None:
            held = _roles(user, subject, tenant, policy, now) if reads_roles else []
            attributes = declared if user is None else recorded.subject_attributes(declared, _NOTHING)
            whom = subject_section("user", key, attributes, held)
        where = _NOTHING if tenant is None else {"id": tenant, **recorded.tenant_attributes(now)}
        ctx = flag_sections(whom, where, context, now, address)
        features = () if recorded.plan is None else recorded.plan.features
        overrides, until = _NOTHING, now if reads_roles and policy.has_timed_roles else policy.flags.steady_until(now)
        if tenant is not None:
            own = facts.overrides(tenant)
            overrides, until = own.at(now), min(until, own.until(now))
        if reads_usage:
            until = min(until, now + OLD_SECONDS)
        if recorded.state is not None:
            until = min(until, recorded.state.until / 1_000_000)
        if place is not None:
            until = min(until, ends_after(place.limit_overrides, now))
        question = FlagQuestion(policy, ctx, now, tenant, features, overrides, until)
        question.suits_others = key is not None and not is_known and not reads_roles and not reads_usage
        return question


def _targeting_key(context: Attributes) -> str | None:
    """The id of the user that flags are for; None where nobody is named."""
    key: Any = context.get(TARGETING_KEY)
    if key is None or key == "":
        return None
    if not isinstance(key, str):
        raise InvalidContext("context.targetingKey must be a string")
    _check_targeting_key(key)
    return key


def _check_targeting_key(key: str) -> None:
    if key == ANY:
        raise InvalidContext("context.targetingKey '*' is nobody; name one user, or leave it out")
    try:
        check_id("context.targetingKey", key)
    except BadRequest as error:
        raise InvalidContext(str(error)) from error


def _tenant(
    context: Attributes, declared: Attributes, caller: Caller, user: UserFacts | None, facts: FactsView
) -> str | None:
    """The key's tenant, else the one that is named, else the user's."""
    try:
        tenant = asked_tenant(context, _NOTHING, caller, facts)
    except BadRequest as error:
        raise InvalidContext(str(error)) from error
    if isinstance(tenant, Refusal):
        raise _shut_out(tenant)
    if tenant is not None:
        return tenant
    stored: Any = declared.get("tenant") if user is None else user.tenant
    if stored is not None and not isinstance(stored, str):
        raise _shut_out(unknown(stored))
    return stored


def _member(  # noqa: PLR0913, PLR0917 - what it depends on
    user: UserFacts, subject: str, tenant: str | None, caller: Caller, policy: PolicySnapshot, facts: FactsView
) -> UserFacts | None:
    """A recorded user, if it belongs to the tenant; None for somebody of whom the caller must not learn.

    A caller that is bound to a tenant learns of nobody elsewhere: to it, who does not belong is not recorded.
    """
    active = is_active(user, tenant, facts)
    if caller.tenant in {None, user.tenant} and not active:
        raise _shut_out(NOT_ACTIVE)
    if active and tenant is not None and belongs(user, subject, tenant, policy):
        return user
    if caller.tenant is None:
        raise _shut_out(STRANGER)
    return None


def _roles(user: UserFacts | None, subject: str, tenant: str | None, policy: PolicySnapshot, now: float) -> list[str]:
    """All roles that somebody has in the tenant, recorded and declared."""
    recorded = _NO_ROLES if user is None or tenant is None else granted(user, tenant, policy)
    return policy.role_names(subject, NO_TENANT if tenant is None else tenant, recorded, now)


def _place(tenant: str, policy: PolicySnapshot, facts: FactsView) -> TenantFacts | None:
    """What is recorded of a tenant; None where only the policy knows it."""
    place = facts.tenant(tenant)
    if place is not None:
        if place.status is not TenantStatus.ACTIVE:
            raise _shut_out(closed(place))
    elif tenant not in policy.tenants:
        raise _shut_out(unknown(tenant))
    return place


def _shut_out(refusal: Refusal) -> InvalidContext:
    return InvalidContext(refusal.reason)
