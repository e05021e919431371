"""Roles: what the policy declares, and what a new one says."""

from collections.abc import Iterable
from dataclasses import dataclass

from doorward.domain.access import ANY
from doorward.domain.errors import BadRequest
from doorward.domain.names import check_name, check_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """A role that another one holds, and in which tenant (`*`: in all)."""

    role: str
    tenant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that rows or policies/catalog.yaml name.

    `permissions` are its plain grants as VERB_TYPE; `rules` the names of all rules that name it.
    """

    name: str
    description: str | None
    permissions: tuple[str, ...]
    rules: tuple[str, ...]
    inherits: tuple[Inherited, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """An action on every resource of a type, written VERB_TYPE."""

    verb: str
    type: str

    def __str__(self) -> str:
        return f"{self.verb}_{self.type}"

    @classmethod
    def checked(cls, text: str) -> "Permission":
        """The permission that a text names, split at its first underscore. Raises BadRequest."""
        verb, underscore, kind = text.partition("_")
        if not underscore:
            raise BadRequest(f"the permission {text[:100]!r} is no VERB_TYPE, like view_agents")
        check_name(f"the verb of the permission {text[:100]!r}", verb)
        check_name(f"the type of the permission {text[:100]!r}", kind)
        return cls(verb=verb, type=kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """A role to be written, with a rule for each of its permissions."""

    name: str
    description: str
    permissions: tuple[Permission, ...]

    def rule_name(self, permission: Permission) -> str:
        """How the rule of a permission is called."""
        return f"{self.name}-can-{permission.verb}-{permission.type}"

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """What is written into the rules; nothing for a role without permissions."""
        return [
            ("p", self.rule_name(one), f"role:{self.name}", ANY, f"{one.type}:*", one.verb, "True", "allow")
            for one in self.permissions
        ]

    @classmethod
    def checked(cls, *, name: str, description: str, permissions: Iterable[str]) -> "NewRole":
        """A new role of what a caller sent. Raises BadRequest where a name cannot stand in a row."""
        check_name("name", name)
        check_text("description", description)
        given = [Permission.checked(one) for one in permissions]
        twice = next((one for at, one in enumerate(given) if one in given[:at]), None)
        if twice is not None:
            raise BadRequest(f"the permission {twice} is named twice; keep one")
        return cls(name=name, description=description, permissions=tuple(given))
