"""Access rules: what the policy declares, and what a new one says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from doorward.domain.access import ANY
from doorward.domain.errors import BadRequest
from doorward.domain.names import check_name, check_text

GATE_SUFFIX: Final = ".requires-subscription"
SUBSCRIBED: Final = "not r.ctx.tenant.subscribed"
"""The condition of a gate: it denies where the tenant is not subscribed, and where nobody knows whether it is."""
_MIN_ROLE: Final = "min_role"
_SUBSCRIPTION: Final = "subscription_required"
_CONDITIONS: Final = (_MIN_ROLE, _SUBSCRIPTION)


def is_gate(row: Mapping[str, str], guarded: Mapping[str, str]) -> bool:
    """Whether a row denies everyone without a subscription what another row is about; both by their columns.

    Its name alone says nothing: a row that is called so may have been written by hand, for something else.
    """
    return (
        row.get("rule") == f"{guarded.get('rule')}{GATE_SUFFIX}"
        and (row.get("sub"), row.get("when"), row.get("eft")) == (ANY, SUBSCRIBED, "deny")
        and row.get("dom") in {ANY, guarded.get("dom")}
        and (row.get("obj"), row.get("act")) == (guarded.get("obj"), guarded.get("act"))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the main section, by the columns that access questions know; None where its model has no such.

    `gate` is the name of the rule that denies what this one allows to a tenant without a subscription, if there is one.
    """

    name: str
    place: str
    description: str | None
    subject: str | None
    tenant: str | None
    resource: str | None
    action: str | None
    when: str | None
    effect: str
    gate: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule to be written: whoever has the least role may do the action on every resource of the type."""

    name: str
    description: str
    resource: str
    action: str
    min_role: str
    subscription_required: bool = False

    @property
    def gate_name(self) -> str:
        """The name of the row that denies without a subscription."""
        return self.name + GATE_SUFFIX

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """What is written: the rule, and a gate for everyone where a subscription is required."""
        resource = f"{self.resource}:*"
        allow = ("p", self.name, f"role:{self.min_role}", ANY, resource, self.action, "True", "allow")
        if not self.subscription_required:
            return [allow]
        return [allow, ("p", self.gate_name, ANY, ANY, resource, self.action, SUBSCRIBED, "deny")]

    @classmethod
    def checked(
        cls, *, name: str, description: str, resource: str, action: str, conditions: Mapping[str, Any]
    ) -> "NewRule":
        """A new rule of what a caller sent.

        Raises:
            BadRequest: a name cannot stand in a row, or a condition is not known.
        """
        check_name("name", name)
        if name.endswith(GATE_SUFFIX):
            raise BadRequest(f"name ends with {GATE_SUFFIX}, which is how the gates of rules are called; take another")
        check_text("description", description)
        check_name("resource", resource)
        if action != ANY:
            check_name("action", action)
        unknown = next((one for one in conditions if one not in _CONDITIONS), None)
        if unknown is not None:
            raise BadRequest(f"conditions.{unknown[:100]} is not known; there are {' and '.join(_CONDITIONS)}")
        if _MIN_ROLE not in conditions:
            raise BadRequest('conditions.min_role is missing; name the least role, like {"min_role": "user"}')
        min_role, required = conditions[_MIN_ROLE], conditions.get(_SUBSCRIPTION, False)
        if not isinstance(min_role, str):
            raise BadRequest('conditions.min_role must be the name of a role, like "user"')
        check_name("conditions.min_role", min_role)
        if not isinstance(required, bool):
            raise BadRequest("conditions.subscription_required must be true or false")
        return cls(
            name=name,
            description=description,
            resource=resource,
            action=action,
            min_role=min_role,
            subscription_required=required,
        )
