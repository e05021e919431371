"""What a line of an import says of a tenant or a user."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The members of a thing to be imported; `lists` and `objects` are those that are no texts."""

    plural: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    lists: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Every member."""
        return (*self.required, *self.optional)

    def fault(self, item: Mapping[str, Any]) -> str | None:
        """What is wrong with an item before anybody is asked; None if nothing is."""
        for name in item:
            if name not in self.known:
                return f"{name[:100]!r} is not known; there are {', '.join(self.known)}"
        for name in self.required:
            if name not in item:
                return f"{name} is missing"
        return None

    def value(self, name: str, cell: str) -> Any:  # noqa: ANN401 - as JSON has it
        """A cell of a CSV file as a member. Raises ValueError where it is none."""
        if name in self.lists:
            return [part.strip() for part in cell.split(";") if part.strip()]
        if name not in self.objects:
            return cell
        found = json.loads(cell)
        if not isinstance(found, dict):
            raise TypeError(f"{name} is no JSON object")
        return found


TENANTS: Final = Shape(
    plural="tenants", required=("name", "domain"), optional=("id", "plan", "settings"), objects=("settings",)
)
USERS: Final = Shape(
    plural="users",
    required=("tenant_id", "email", "username", "first_name", "last_name"),
    optional=("id", "roles", "password", "password_hash"),
    lists=("roles",),
)
