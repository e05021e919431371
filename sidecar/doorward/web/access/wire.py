"""The types of the wire for questions about access, and what makes them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from doorward.domain.access import MAX_ID_BYTES, TYPE_PATTERN, AccessRequest
from doorward.domain.errors import BadRequest
from doorward.web.wire import readable

# The domain checks names and ids; here they are only described.
_TYPE = Meta(extra_json_schema={"pattern": TYPE_PATTERN, "maxLength": MAX_ID_BYTES})
_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]+$"
_ID = Meta(
    description="opaque; 1 to 512 bytes of UTF-8 without control characters",
    extra_json_schema={"pattern": _NO_CONTROL, "minLength": 1, "maxLength": MAX_ID_BYTES},
)
_SUBJECT_TYPE = Meta(
    description="any type but `role`",
    extra_json_schema={"pattern": TYPE_PATTERN, "maxLength": MAX_ID_BYTES, "not": {"const": "role"}},
)
Properties = dict[str, Any]
MAX_EVALUATIONS: Final = 1_000
"""Items of a batch: one request must not hold up the others for long."""


class Subject(Struct):
    """Who asks. `properties.roles` asserts roles and needs the scope assert:roles."""

    type: Annotated[str, _SUBJECT_TYPE]
    id: Annotated[str, _ID]
    properties: Properties | None = None


class Action(Struct):
    """What is to be done."""

    name: Annotated[str, _ID]
    properties: Properties | None = None


class Resource(Struct):
    """What it is to be done to. The id `*` means the type as a whole."""

    type: Annotated[str, _TYPE]
    id: Annotated[str, _ID]
    properties: Properties | None = None


class Evaluation(Struct):
    """One AuthZEN evaluation: may the subject do the action on the resource."""

    subject: Subject
    action: Action
    resource: Resource
    context: Properties | None = None


class EvaluationsOptions(Struct):
    """How a batch is carried out."""

    evaluations_semantic: (
        Annotated[
            str,
            Meta(extra_json_schema={"enum": ["execute_all", "deny_on_first_deny", "permit_on_first_permit"]}),
        ]
        | None
    ) = None


class Evaluations(Struct):
    """A batch: each item takes the members it lacks from the top level."""

    evaluations: Annotated[list[Any], Meta(min_length=1, max_length=MAX_EVALUATIONS)]
    subject: Properties | None = None
    action: Properties | None = None
    resource: Properties | None = None
    context: Properties | None = None
    options: EvaluationsOptions | None = None


class ErrorContext(Struct):
    """Why no decision could be made."""

    status: int
    message: str
    retryable: bool


class RuleReference(Struct):
    """The rule that decided and where it stands."""

    id: str
    file: str
    line: int


class ConsideredRule(Struct):
    """A rule that was looked at, and what became of it."""

    rule: str
    file: str
    line: int
    effect: str
    outcome: str
    subject: str
    tenant: str
    when: str


class DecisionContext(Struct, omit_defaults=True):
    """Only where it was asked for (`context.explain`), or where no decision could be made (`error`)."""

    error: ErrorContext | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    rule: RuleReference | UnsetType | None = UNSET
    roles: list[str] | UnsetType = UNSET
    read: dict[str, Any] | UnsetType = UNSET
    absent: list[str] | UnsetType = UNSET
    considered: list[ConsideredRule] | UnsetType = UNSET
    notes: list[str] | UnsetType = UNSET


class EvaluationAnswer(Struct):
    """The answer to one evaluation."""

    decision: bool
    context: DecisionContext | UnsetType = UNSET


class EvaluationsAnswer(Struct):
    """The answers to a batch, in the order of its items."""

    evaluations: list[EvaluationAnswer]


class EnforceRequest(Struct, forbid_unknown_fields=True):
    """Values by position for the tokens of `r`, or of `rN` where `sections` is `N`."""

    request: Annotated[
        list[Any],
        Meta(
            description="one value a token, in the model's order; `ctx` takes an object, null or, at the end, nothing",
            examples=[["alice", "/reports/1", "read"]],
        ),
    ]
    sections: (
        Annotated[
            str,
            Meta(
                description="the number of r2, p2, e2, m2 and so on; left out for r, p, e, m",
                extra_json_schema={"pattern": "^([2-9]|[1-9][0-9]+)$"},
            ),
        ]
        | None
    ) = None


class EnforceAnswer(Struct, omit_defaults=True):
    """The answer to values by position. `absent` and `error` only where there is one; with an error it is a denial."""

    allowed: bool
    rule: str | None
    absent: list[str] | UnsetType = UNSET
    error: ErrorContext | UnsetType = UNSET


def to_evaluation(value: dict[str, Any]) -> Evaluation:
    """Check the members of one evaluation. Raises BadRequest naming the first that is wrong."""
    try:
        return msgspec.convert(value, Evaluation)
    except msgspec.ValidationError as error:
        raise BadRequest(readable(error)) from error


def to_evaluations(value: dict[str, Any]) -> Evaluations:
    """Check the members of a batch. Raises BadRequest naming the first that is wrong."""
    try:
        return msgspec.convert(value, Evaluations)
    except msgspec.ValidationError as error:
        raise BadRequest(readable(error)) from error


def to_enforce_request(value: dict[str, Any]) -> EnforceRequest:
    """Check the members of a question by position. Raises BadRequest naming the first that is wrong."""
    try:
        return msgspec.convert(value, EnforceRequest)
    except msgspec.ValidationError as error:
        raise BadRequest(_fault_of_enforce(value)) from error


def _fault_of_enforce(value: dict[str, Any]) -> str:
    """What is wrong with a question by position, in words."""
    members = EnforceRequest.__struct_fields__
    unknown = next((name for name in value if name not in members), None)
    if unknown is not None:
        return f"`{unknown[:100]}` is no member; there are {' and '.join(members)}"
    if "request" not in value:
        return "request is missing; send an array, one value a token"
    if not isinstance(value["request"], list):
        return "request: send an array, one value a token"
    return 'sections: send a string, like "2"'


MEMBERS: Final = ("subject", "action", "resource", "context")
_TYPES: Final[dict[str, Any]] = {"subject": Subject, "action": Action, "resource": Resource, "context": Properties}


def to_options(value: object) -> EvaluationsOptions:
    """Check the options of a batch. Raises BadRequest."""
    try:
        return EvaluationsOptions() if value is None else msgspec.convert(value, EvaluationsOptions)
    except msgspec.ValidationError as error:
        raise BadRequest(f"options: {readable(error)}") from error


def member_of(name: str, value: object) -> object:
    """A member that the items of a batch share, checked once; what is wrong with it, where it is wrong."""
    try:
        return msgspec.convert(value, _TYPES[name])
    except msgspec.ValidationError as error:
        return BadRequest(f"{name}.{readable(error)}" if "`$." in str(error) else f"{name}: {readable(error)}")


def to_item(item: object, defaults: Mapping[str, object]) -> Evaluation:
    """One item of a batch, with what it lacks from `defaults`. Raises BadRequest."""
    if not isinstance(item, dict):
        raise BadRequest("an evaluation must be an object")
    members: dict[str, Any] = {}
    for name in MEMBERS:
        own = item.get(name)
        member = defaults.get(name) if own is None else member_of(name, own)
        if isinstance(member, BadRequest):
            raise member
        if member is None and name != "context":
            raise BadRequest(f"{name} is missing, here and at the top")
        members[name] = member
    return Evaluation(**members)


def weight(value: object) -> int:
    """How many members and elements a value has in all."""
    count = 0
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            count += len(one)
            waiting += one.values() if isinstance(one, dict) else one
    return count


def to_access_request(one: Evaluation) -> AccessRequest:
    """The domain's request. Raises BadRequest where a name or id is malformed."""
    subject, action, resource = one.subject, one.action, one.resource
    return AccessRequest(
        subject.type,
        subject.id,
        action.name,
        resource.type,
        resource.id,
        subject.properties,
        action.properties,
        resource.properties,
        one.context,
    )
