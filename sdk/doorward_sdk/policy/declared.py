"""What a policy declares, as a caller gets it: rules, roles, and changes that wait. Nothing here knows the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """An access rule. A part is None where the policy's model has no such column.

    Attributes:
        name: what answers and logs call it.
        place: the file and line that hold it.
        description: what it is for, if the policy says.
        subject: `TYPE:ID`, `role:NAME`, or `*` for everyone.
        tenant: a tenant, or `*` for every one and none.
        resource: `TYPE:ID`, or a prefix that ends with `*`.
        action: an action, or `*`.
        when: its condition; `True` for none.
        effect: `allow` or `deny`.
        gate: the rule that denies the same to a tenant without a subscription, if there is one.
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


@dataclass(frozen=True)
class InheritedRole:
    """A role that another one holds, and in which tenant (`*`: in all)."""

    role: str
    tenant: str


@dataclass(frozen=True)
class Role:
    """A role.

    Attributes:
        name: its name, without `role:`.
        description: what it is for, if the policy says.
        permissions: what it may do on whole types, as VERB_TYPE; its other rules are not among them.
        rules: the names of all rules that are for it.
        inherits: the roles it holds.
    """

    name: str
    description: str | None
    permissions: tuple[str, ...]
    rules: tuple[str, ...]
    inherits: tuple[InheritedRole, ...]


@dataclass(frozen=True)
class PolicyChange:
    """A change that is committed and served.

    Attributes:
        commit: the id of its commit.
        revision: what the policy is called with it.
    """

    commit: str
    revision: str


@dataclass(frozen=True)
class PendingChange:
    """A change that waits for somebody to merge its branch; nothing is served differently until then.

    Attributes:
        commit: the id of its commit.
        branch: the branch to be merged.
    """

    commit: str
    branch: str
