"""What is asked: one question about access, checked when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.entities import Entity, EntityLike, as_entity, problem_of_id
from doorward_sdk.errors import MalformedQuestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ROLE = "role:"


class Question:
    """May `subject` do `action` on `resource`, in `tenant`?

    Args:
        subject: `"type:id"` or an Entity; None asks for the subject of `acting_as`.
        action: the name of the action.
        resource: `"type:id"` or an Entity; `"type:*"` is the type as a whole.
        tenant: the tenant's id; None asks in the tenant of `acting_as`, if that names one.
        context: what else conditions of the policy may read; JSON values.
        roles: roles that the caller vouches for, `"viewer"` or `"role:viewer"`.
        explain: whether the answer shall say what it was made from.

    Raises:
        MalformedEntity: the subject or the resource is not `type:id`.
        MalformedQuestion: a name is blank, or tenant and context disagree.
    """

    __slots__ = ("action", "context", "explain", "resource", "roles", "subject", "tenant")

    def __init__(  # noqa: PLR0913 - the parts of a question
        self,
        subject: EntityLike | None,
        action: str,
        resource: EntityLike,
        *,
        tenant: str | None = None,
        context: Mapping[str, object] | None = None,
        roles: Iterable[str] = (),
        explain: bool = False,
    ) -> None:
        check_name(action, "action")
        if tenant is not None:
            check_name(tenant, "tenant")
            if context is not None and context.get("tenant", tenant) != tenant:
                raise MalformedQuestion("tenant and context['tenant'] differ; give one of them")
        self.subject: Entity | None = None if subject is None else as_entity(subject, "subject")
        self.action = action
        self.resource = as_entity(resource, "resource")
        self.tenant = tenant
        self.context = context
        self.roles = _role_names(roles) if roles else ()
        self.explain = explain

    def __repr__(self) -> str:
        """Who, what, on what and where."""
        where = "" if self.tenant is None else f", tenant={self.tenant!r}"
        return f"Question({self.subject!r}, {self.action!r}, {self.resource!r}{where})"


def check_name(name: str, part: str) -> None:
    """Refuse a blank or unsendable name of an action, a tenant or a role."""
    problem = problem_of_id(name)
    if problem is not None:
        raise MalformedQuestion(f"{part} {problem}")


def _role_names(roles: Iterable[str]) -> tuple[str, ...]:
    if isinstance(roles, str):
        raise MalformedQuestion(f"roles: write roles=[{roles!r}], a list of names")
    names = []
    for role in roles:
        check_name(role, "role")
        name = role.removeprefix(_ROLE)
        check_name(name, "role")
        names.append(name)
    return tuple(names)
