"""Access: from what a caller asked to the question the policy decides.

The tenant is found, asserted roles are checked, declared attributes are joined; everything that is
unknown is a denial. docs/reference/policy.md has the rules in words.
"""

from typing import Any, Final

from doorward.domain.access import (
    NO_TENANT,
    AccessRequest,
    Attributes,
    Decision,
    DecisionError,
    Explanation,
    Question,
    check_id,
)
from doorward.domain.callers import Caller, Scope
from doorward.domain.errors import BadRequest, NotPermitted, NotSupported
from doorward.services.ports import Clock, PolicySnapshot

MAX_ASSERTED: Final = 256
_NOTHING: Final[Attributes] = {}
_MAX_NOTES: Final = 20
_ROLES_FAULT: Final = f"subject.properties.roles must be a list of role names, at most {MAX_ASSERTED}, like ['viewer']"
_ASSERT_ROLES: Final = Scope.ASSERT_ROLES


class AccessService:
    """Answers access questions from a given policy snapshot."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def decide(self, request: AccessRequest, caller: Caller, policy: PolicySnapshot, address: str = "") -> Decision:
        """Answer one request; `address` is the network address it came from.

        Raises:
            BadRequest: the request contradicts itself, or names a tenant or roles that are no text.
            NotPermitted: it asserts roles, or names another tenant, without the right to.
            NotSupported: the policy's model has no place for such questions.
        """
        asked = self.question(request, caller, policy, address)
        return asked if isinstance(asked, Decision) else policy.decide(asked)

    def explain(self, request: AccessRequest, caller: Caller, policy: PolicySnapshot, address: str = "") -> Explanation:
        """Answer one request with everything that led to the answer. Raises as `decide`."""
        asked = self.question(request, caller, policy, address)
        if isinstance(asked, Question):
            return policy.explain(asked, _notes(request, policy))
        reason = asked.error.message if asked.error else "the resource belongs to another tenant"
        return Explanation(
            decision=asked,
            reason=reason,
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

    def question(
        self, request: AccessRequest, caller: Caller, policy: PolicySnapshot, address: str = ""
    ) -> Question | Decision:
        """What to ask the policy, or a decision where there is nothing left to ask. Raises as `decide`."""
        self.require_answers(policy)
        subject_properties = request.subject_properties or _NOTHING
        resource_properties = request.resource_properties or _NOTHING
        subject = f"{request.subject_type}:{request.subject_id}"
        resource = f"{request.resource_type}:{request.resource_id}"
        stored = (policy.subject_attributes(subject), policy.resource_attributes(resource))
        tenant = _tenant(request.context or _NOTHING, subject_properties, caller)
        if isinstance(tenant, Decision):
            return tenant
        if tenant is None:
            tenant = stored[0].get("tenant")
        if tenant is not None and tenant not in policy.tenants:
            return Decision(False, error=DecisionError(404, f"unknown tenant {tenant!r}"))
        for owner in (resource_properties.get("tenant"), stored[1].get("tenant")):
            if owner is not None and owner != tenant:
                return Decision(False)
        asserted = _asserted(subject_properties, caller, policy)
        return Question(
            subject,
            tenant or NO_TENANT,
            resource,
            request.action_name,
            request,
            asserted,
            stored,
            self._clock(),
            address,
        )


def _tenant(context: Attributes, subject: Attributes, caller: Caller) -> str | Decision | None:
    """The tenant asked for: the key's, else the one that the request names, else None."""
    named: str | None = None
    for member, value in (
        ("context.tenant", context.get("tenant")),
        ("subject.properties.tenant", subject.get("tenant")),
    ):
        if value is None:
            continue
        if not isinstance(value, str):
            raise BadRequest(f"{member} must be a string")
        check_id(member, value)
        if named is not None and value != named:
            raise BadRequest(f"{member} is {value!r}, but context.tenant is {named!r}; name one tenant")
        named = value
    domain = context.get("domain")
    if caller.tenant is not None:
        if named is not None and named != caller.tenant:
            raise NotPermitted(f"this key is bound to a tenant, and the request names another, {named!r}")
        named = caller.tenant
    if domain is None:
        return named
    if not isinstance(domain, str):
        raise BadRequest("context.domain must be a string")
    return Decision(False, error=DecisionError(404, f"no tenant has the domain {domain!r}"))


def _asserted(properties: Attributes, caller: Caller, policy: PolicySnapshot) -> tuple[str, ...]:
    """The roles that the caller vouches for, as `role:NAME`; unknown names are left out."""
    names: Any = properties.get("roles")
    if names is None:
        return ()
    if not isinstance(names, list):
        raise BadRequest(_ROLES_FAULT)
    if names and _ASSERT_ROLES not in caller.scopes:
        raise NotPermitted("subject.properties.roles needs a key with the scope 'assert:roles'")
    if len(names) > MAX_ASSERTED or not all(isinstance(name, str) for name in names):
        raise BadRequest(_ROLES_FAULT)
    return tuple(dict.fromkeys(role for name in names if policy.knows_role(role := f"role:{name}")))


def _notes(request: AccessRequest, policy: PolicySnapshot) -> tuple[str, ...]:
    names: Any = (request.subject_properties or _NOTHING).get("roles") or ()
    unknown = [name for name in names if not policy.knows_role(f"role:{name}")]
    return tuple(
        f"asserted role {name[:100]!r} is named in no rule and no role row; it was ignored"
        for name in unknown[:_MAX_NOTES]
    )
