"""The types of the wire for what users prove themselves with, and for what they may."""

from typing import Annotated

from msgspec import Meta, Struct

# The domain checks ids and names; here they are only described.
_SECRET = Meta(description="never shown again, and kept nowhere in clear")


class PasswordBody(Struct, forbid_unknown_fields=True):
    """A password."""

    password: Annotated[str, _SECRET]


class PasswordValidity(Struct):
    """Whether the security policy accepts a password, and all reasons why not."""

    valid: bool
    errors: list[str]


class HeldRoleItem(Struct):
    """A role that a user holds directly, and where it comes from; `place` is FILE:LINE of a row in git."""

    role: str
    tenant: str
    source: Annotated[str, Meta(extra_json_schema={"enum": ["recorded", "git"]})]
    place: str | None


class HeldRoleList(Struct):
    """Every role that a user holds directly."""

    items: list[HeldRoleItem]
    next: str | None


class PermissionItem(Struct):
    """A permission VERB_TYPE, and the rule that grants it."""

    permission: str
    rule: str | None
    place: str | None


class PermissionList(Struct):
    """Every permission of a user in a tenant."""

    items: list[PermissionItem]
    next: str | None


class TotpEnrolment(Struct):
    """A shared secret for one-time codes; it counts once a code of it is confirmed."""

    secret: Annotated[str, _SECRET]
    uri: Annotated[str, _SECRET]


class CodeBody(Struct, forbid_unknown_fields=True):
    """A one-time code."""

    code: str


class RecoveryCodes(Struct):
    """Codes that work once each."""

    recovery_codes: list[str]


class Revoked(Struct):
    """How many sessions were ended."""

    revoked: int
