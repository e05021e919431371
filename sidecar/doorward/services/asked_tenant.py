"""The tenant that a question asks for: the key's, else the one that it names, by its id or by a domain."""

from typing import Final

from doorward.domain.access import Attributes, Decision, DecisionError, Refusal, check_id
from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest, NotPermitted
from doorward.domain.record_names import check_domain
from doorward.services.facts import FactsView

_LONGEST_WRITTEN: Final = 1_024
"""Characters of a domain name as somebody may write it: longer ones are not even compared."""


def asked_tenant(context: Attributes, subject: Attributes, caller: Caller, facts: FactsView) -> str | Refusal | None:
    """The tenant's id, None where the question names none, or why there is no such tenant.

    Raises:
        BadRequest: what names it is no text, or two that are named differ.
        NotPermitted: the key is bound to another tenant.
    """
    named, of_subject, domain = context.get("tenant"), subject.get("tenant"), context.get("domain")
    bound = caller.tenant
    if named is not None:
        _check("context.tenant", named)
    if of_subject is not None:
        _check("subject.properties.tenant", of_subject)
        if named is not None and of_subject != named:
            raise BadRequest(
                f"subject.properties.tenant is {of_subject!r}, but context.tenant is {named!r}; name one tenant"
            )
        named = of_subject
    if bound is not None and named is not None and named != bound:
        raise NotPermitted(f"this key is bound to a tenant, and the request names another, {named!r}")
    if domain is not None:
        return _of_domain(domain, named, bound, facts)
    return bound or named


def _check(member: str, value: object) -> None:
    """Raise BadRequest unless it may be a tenant's id."""
    if not isinstance(value, str):
        raise BadRequest(f"{member} must be a string")
    check_id(member, value)


def _of_domain(domain: object, named: str | None, bound: str | None, facts: FactsView) -> str | Refusal:
    """The tenant of a domain, which is the one that is named otherwise, if any, and the key's."""
    if not isinstance(domain, str):
        raise BadRequest("context.domain must be a string")
    if len(domain) > _LONGEST_WRITTEN:
        raise BadRequest("context.domain is longer than any domain name, like acme.com")
    owner = facts.tenant_of_domain(check_domain("context.domain", domain))
    if bound is not None and owner != bound:  # whether somebody else has it, such a key does not learn
        raise NotPermitted(f"this key is bound to a tenant, and context.domain, {domain[:100]!r}, is not its own")
    if owner is None:
        reason = f"no tenant has the domain {domain!r}"
        return Refusal(Decision(False, error=DecisionError(404, reason)), reason)
    if named is not None and owner != named:
        raise BadRequest(f"context.domain is the tenant {owner!r}, and the request names {named!r}; name one tenant")
    return owner
