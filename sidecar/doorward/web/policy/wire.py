"""The types of the wire for rules, roles and the commits that change them."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from doorward.domain.names import MAX_NAME, MAX_TEXT, NAME_PATTERN

# The domain checks names and texts; here they are only described.
_NAME = Meta(extra_json_schema={"pattern": NAME_PATTERN, "maxLength": MAX_NAME})
_TEXT = Meta(description="one line of printable text", extra_json_schema={"maxLength": MAX_TEXT})
_ACTION = Meta(
    description="a name, or `*` for every action", extra_json_schema={"maxLength": MAX_NAME, "examples": ["create"]}
)
_PERMISSION = Meta(description="VERB_TYPE, like view_agents", extra_json_schema={"pattern": "^[^_]+_.+$"})
_CONDITIONS = Meta(
    description="`min_role` (needed): the least role; `subscription_required`: deny everyone without one",
    extra_json_schema={
        "properties": {"min_role": {"type": "string"}, "subscription_required": {"type": "boolean"}},
        "required": ["min_role"],
        "additionalProperties": False,
    },
)


class NewRoleBody(Struct, forbid_unknown_fields=True):
    """A role to be declared, with what it may do on whole types."""

    name: Annotated[str, _NAME]
    permissions: list[Annotated[str, _PERMISSION]]
    description: Annotated[str, _TEXT] = ""
    reason: Annotated[str, _TEXT] = ""


class NewRuleBody(Struct, forbid_unknown_fields=True):
    """An access rule to be declared: whoever has the least role may do the action on resources of the type."""

    name: Annotated[str, _NAME]
    resource: Annotated[str, _NAME]
    action: Annotated[str, _ACTION]
    conditions: Annotated[dict[str, Any], _CONDITIONS]
    description: Annotated[str, _TEXT] = ""
    reason: Annotated[str, _TEXT] = ""


class RuleItem(Struct):
    """A rule by the columns that access questions know; null where the model has no such column."""

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


class RuleList(Struct):
    """Some rules, in file order."""

    items: list[RuleItem]
    next: str | None


class InheritedRole(Struct):
    """A role that another one holds, and in which tenant (`*`: in all)."""

    role: str
    tenant: str


class RoleItem(Struct):
    """A role: its plain permissions as VERB_TYPE, the rules that name it, the roles it holds."""

    name: str
    description: str | None
    permissions: list[str]
    rules: list[str]
    inherits: list[InheritedRole]


class RoleList(Struct):
    """Some roles, by name."""

    items: list[RoleItem]
    next: str | None


class WrittenChange(Struct):
    """A change that is committed and served."""

    commit: str
    revision: str


class ProposedChange(Struct):
    """A change that waits on a branch until somebody merges it; nothing is served differently."""

    commit: str
    branch: str


class LoggedCommit(Struct):
    """A commit of the policy's history. `revision` is what the policy is called with it, where that is known."""

    commit: str
    author: str
    time: str
    subject: str
    reason: str
    revision: str | None


class CommitList(Struct):
    """Some commits, the newest first."""

    items: list[LoggedCommit]
    next: str | None


class Proposal(Struct):
    """A proposal: a branch that is not merged, and its commit."""

    branch: str
    commit: str
    author: str
    time: str
    subject: str
    reason: str


class ProposalList(Struct):
    """Every proposal that is not merged, the newest first."""

    items: list[Proposal]
    next: str | None
