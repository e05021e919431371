"""The types of the wire that no feature owns: problems, health, metadata."""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from doorward.domain.errors import BadRequest

_Body = TypeVar("_Body", bound=Struct)


class PdpMetadata(Struct, omit_defaults=True):
    """AuthZEN metadata of this decision point."""

    policy_decision_point: str
    access_evaluation_endpoint: str
    access_evaluations_endpoint: str


class PolicyProblem(Struct):
    """One fault of a policy tree."""

    path: str
    line: int
    message: str


class Health(Struct, omit_defaults=True):
    """Whether the sidecar lives, or answers."""

    status: Annotated[str, Meta(extra_json_schema={"enum": ["alive", "ready", "draining", "no policy"]})]
    revision: str | UnsetType = UNSET
    stale: bool | UnsetType = UNSET
    from_last_good: bool | UnsetType = UNSET
    newest: str | UnsetType = UNSET
    answered_at: str | UnsetType = UNSET
    facts: int | UnsetType = UNSET
    facts_stale_since: str | UnsetType = UNSET
    undeclared_plans: list[str] | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class ProblemDetails(Struct):
    """RFC 9457 problem details.

    `faults` only where policy files would not load, `reasons` where a password is refused, `code_needed` for logins.
    """

    type: str
    title: str
    status: int
    detail: str
    faults: list[PolicyProblem] | UnsetType = UNSET
    reasons: list[str] | UnsetType = UNSET
    code_needed: bool | UnsetType = UNSET


def readable(error: msgspec.ValidationError) -> str:
    """The place first, without msgspec's root mark: `subject.id: Expected str, got int`."""
    message, _, place = str(error).partition(" - at `$.")
    return f"{place.rstrip('`')}: {message}" if place else message


def to_body(value: dict[str, Any], kind: type[_Body]) -> _Body:
    """Check the members of what is to be declared. Raises BadRequest naming the first that is wrong."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(readable(error)) from error
