"""Access: from what a caller asked to the question the policy decides.

The tenant is found, asserted roles are checked, what is declared and what is recorded are joined; everything
that is unknown is a denial. docs/reference/policy.md has the rules in words.
"""

from dataclasses import replace
from typing import Any, Final

from doorward.domain.access import (
    ANY,
    NO_TENANT,
    AccessRequest,
    Attributes,
    Decision,
    Explanation,
    Outcome,
    Question,
    Refusal,
)
from doorward.domain.callers import Caller, Scope
from doorward.domain.errors import BadRequest, NotPermitted, NotSupported, StoreUnavailable
from doorward.domain.facts import Recorded, TenantFacts, UserFacts
from doorward.domain.tenants import TenantStatus
from doorward.services.asked_tenant import asked_tenant
from doorward.services.facts import NOTHING_RECORDED, FactsView
from doorward.services.limits.conditions import UsageConditions
from doorward.services.membership import (
    NOT_ACTIVE,
    STRANGER,
    belongs,
    closed,
    granted,
    is_active,
    recorded_of,
    refused,
    unknown,
)
from doorward.services.ports import Clock, PolicySnapshot

MAX_ASSERTED: Final = 256
_USER: Final = "user"
_NOTHING: Final[Attributes] = {}
_NO_ROLES: Final[tuple[str, ...]] = ()
_MAX_NOTES: Final = 20
_MISSED: Final = frozenset({Outcome.OTHER_SUBJECT, Outcome.OTHER_TENANT})
_ROLES_FAULT: Final = f"subject.properties.roles must be a list of role names, at most {MAX_ASSERTED}, like ['viewer']"
_ASSERT_ROLES: Final = Scope.ASSERT_ROLES
_DENIED: Final = Decision(False)
_OTHER_TENANT: Final = Refusal(_DENIED, "the resource belongs to another tenant")
_UNREADABLE: Final = "what is recorded of the subject or the tenant cannot be read; try again in a moment"


class AccessService:
    """Answers access questions from a given policy snapshot, and a given view of what is recorded."""

    def __init__(self, clock: Clock, usage: UsageConditions | None = None) -> None:
        """`usage` is what conditions read of what tenants use."""
        self._clock = clock
        self._usage = usage

    def decide(
        self,
        request: AccessRequest,
        caller: Caller,
        policy: PolicySnapshot,
        address: str = "",
        facts: FactsView = NOTHING_RECORDED,
    ) -> Decision:
        """Answer one request; `address` is the network address it came from.

        Raises:
            BadRequest: the request contradicts itself, or names a tenant or roles that are no text.
            NotPermitted: it asserts roles, or names another tenant, without the right to.
            NotSupported: the policy's model has no place for such questions.
            FactsMissing: what is recorded has to be read, and `facts` read nothing.
        """
        try:
            asked = self.question(request, caller, policy, address, facts)
        except StoreUnavailable:
            return refused(503, _UNREADABLE, retryable=True).decision
        return policy.decide(asked) if isinstance(asked, Question) else asked.decision

    def explain(
        self,
        request: AccessRequest,
        caller: Caller,
        policy: PolicySnapshot,
        address: str = "",
        facts: FactsView = NOTHING_RECORDED,
    ) -> Explanation:
        """Answer one request with everything that led to the answer. Raises as `decide`."""
        return self.explain_asked(self.asked(request, caller, policy, address, facts), request, caller, policy)

    def asked(
        self,
        request: AccessRequest,
        caller: Caller,
        policy: PolicySnapshot,
        address: str,
        facts: FactsView,
    ) -> Question | Refusal:
        """`question`; a refusal also where what is recorded cannot be read. Raises as `decide`."""
        try:
            return self.question(request, caller, policy, address, facts)
        except StoreUnavailable:
            return refused(503, _UNREADABLE, retryable=True)

    @staticmethod
    def explain_asked(
        asked: Question | Refusal, request: AccessRequest, caller: Caller, policy: PolicySnapshot
    ) -> Explanation:
        """What led to the answer of what a request came to."""
        if isinstance(asked, Question):
            return _told(policy.explain(asked, _notes(request, asked, policy)), caller)
        return Explanation(
            decision=asked.decision,
            reason=asked.reason,
            revision=policy.revision,
            path=None,
            line=None,
            roles=(),
            read={},
            absent=(),
            considered=(),
        )

    @staticmethod
    def require_answers(policy: PolicySnapshot) -> None:
        """Raise NotSupported where the policy's model has no place for access questions, whatever they ask."""
        why: str | None = policy.enforce_only
        if why is not None:
            tokens = ", ".join(policy.tokens("") or ())
            raise NotSupported(f"{why}; ask POST /v1/enforce with a value for each token of r = {tokens}")

    def question(  # noqa: C901, PLR0911 - the rules of a question, each in its place
        self,
        request: AccessRequest,
        caller: Caller,
        policy: PolicySnapshot,
        address: str = "",
        facts: FactsView = NOTHING_RECORDED,
    ) -> Question | Refusal:
        """What to ask the policy, or a refusal where there is nothing left to ask.

        Raises as `decide`, and:
            StoreUnavailable: what is recorded cannot be read.
        """
        if policy.enforce_only is not None:
            self.require_answers(policy)
        given = request.subject_properties or _NOTHING
        resource_given = request.resource_properties or _NOTHING
        subject = f"{request.subject_type}:{request.subject_id}"
        resource = f"{request.resource_type}:{request.resource_id}"
        stored = (policy.subject_attributes(subject), policy.resource_attributes(resource))
        tenant = asked_tenant(request.context or _NOTHING, given, caller, facts)
        if isinstance(tenant, Refusal):
            return tenant
        user = facts.user(request.subject_id) if facts.has_users and request.subject_type == _USER else None
        if tenant is None:
            tenant = stored[0].get("tenant") if user is None else user.tenant
        roles = _asserted(given, caller, policy)
        if user is not None and not is_active(user, tenant, facts):
            return NOT_ACTIVE if caller.tenant in {None, user.tenant} else STRANGER
        place = None
        if tenant is not None:
            place = facts.tenant(tenant) if isinstance(tenant, str) else None
            if place is None:
                if tenant not in policy.tenants:
                    return unknown(tenant)
            elif place.status is not TenantStatus.ACTIVE and not _is_open(place, request, policy):
                return closed(place)
        owner, declared_owner = resource_given.get("tenant"), stored[1].get("tenant")
        if (owner is not None and owner != tenant) or (declared_owner is not None and declared_owner != tenant):
            return _OTHER_TENANT
        recorded, now = None, self._clock()
        if user is not None:
            if tenant is None or not belongs(user, subject, tenant, policy):
                return STRANGER
            roles = granted(user, tenant, policy)
            recorded = self._recorded(user, place, policy, now, facts)
        elif place is not None:
            recorded = self._recorded(None, place, policy, now, facts)
        return Question(
            subject,
            tenant or NO_TENANT,
            resource,
            request.action_name,
            request,
            roles,
            stored,
            now,
            address,
            recorded,
        )

    def _recorded(
        self, user: UserFacts | None, place: TenantFacts | None, policy: PolicySnapshot, now: float, facts: FactsView
    ) -> Recorded:
        """What is recorded of both; what the tenant uses is looked up where a condition reads it."""
        recorded = recorded_of(user, place, policy, now)
        if self._usage is not None:
            recorded.usage = self._usage.read if facts.may_read else self._usage.remembered
        return recorded


def _is_open(tenant: TenantFacts, request: AccessRequest, policy: PolicySnapshot) -> bool:
    """Whether a tenant that is not active may do what is asked: a suspended one may what the catalog lets it."""
    asked = (request.action_name, request.resource_type)
    return tenant.status is TenantStatus.SUSPENDED and asked in policy.catalog.suspended_may


def _asserted(properties: Attributes, caller: Caller, policy: PolicySnapshot) -> tuple[str, ...]:
    """The roles that the caller vouches for, as `role:NAME`; unknown names are left out."""
    names: Any = properties.get("roles")
    if names is None:
        return _NO_ROLES
    if not isinstance(names, list):
        raise BadRequest(_ROLES_FAULT)
    if names and _ASSERT_ROLES not in caller.scopes:
        raise NotPermitted("subject.properties.roles needs a key with the scope 'assert:roles'")
    if len(names) > MAX_ASSERTED or not all(isinstance(name, str) for name in names):
        raise BadRequest(_ROLES_FAULT)
    return tuple(dict.fromkeys(role for name in names if policy.knows_role(role := f"role:{name}")))


def _told(explanation: Explanation, caller: Caller) -> Explanation:
    """An explanation as a caller gets it: a key that is bound to a tenant is told of no rule for others alone."""
    if caller.tenant is None:
        return explanation
    told = tuple(
        one for one in explanation.considered if one.outcome not in _MISSED or one.tenant in {ANY, caller.tenant}
    )
    return replace(explanation, considered=told)


def _notes(request: AccessRequest, asked: Question, policy: PolicySnapshot) -> tuple[str, ...]:
    """What became of asserted roles that do not count."""
    names: Any = (request.subject_properties or _NOTHING).get("roles") or ()
    if asked.recorded is not None and asked.recorded.user is not None:
        why = "of a recorded user only recorded and declared roles count"
    else:
        why = "is named in no rule and no role row"
        names = [name for name in names if not policy.knows_role(f"role:{name}")]
    return tuple(f"asserted role {name[:100]!r}: {why}; it was ignored" for name in names[:_MAX_NOTES])
