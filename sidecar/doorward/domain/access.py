"""Access: the question that is asked, the decision that answers it, and its explanation.

Question and Decision are made for every request, so they are plain slotted classes: four times
cheaper to make than frozen dataclasses. Nobody writes to them after construction.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from doorward.domain.errors import BadRequest

if TYPE_CHECKING:
    from doorward.domain.facts import Recorded

NO_TENANT: Final = "-"
ANY: Final = "*"
MAX_ID_BYTES: Final = 512
TYPE_PATTERN: Final = r"^[A-Za-z][A-Za-z0-9_.-]*$"

Attributes = Mapping[str, Any]
_NOTHING: Final[Attributes] = {}
_TYPE: Final = re.compile(TYPE_PATTERN.removesuffix("$") + r"\Z")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_KNOWN_TYPES: Final[set[str]] = set()
_KNOWN_TYPES_LIMIT: Final = 1024


class Effect(StrEnum):
    """What a matching rule does."""

    ALLOW = "allow"
    DENY = "deny"


def check_type(member: str, name: str) -> None:
    """Raise BadRequest unless `name` is a type name: a letter, then letters, digits, `_`, `.` or `-`."""
    if name in _KNOWN_TYPES:
        return
    if not _TYPE.match(name) or len(name) > MAX_ID_BYTES:
        raise BadRequest(f"{member} must match [A-Za-z][A-Za-z0-9_.-]*, like 'user'")
    if len(_KNOWN_TYPES) < _KNOWN_TYPES_LIMIT:
        _KNOWN_TYPES.add(name)


def check_id(member: str, value: str) -> None:
    """Raise BadRequest unless `value` is an id: 1 to 512 bytes of UTF-8 without control characters."""
    if value.isascii():
        if 0 < len(value) <= MAX_ID_BYTES and value.isprintable() and not value.isspace():
            return
    elif (
        not value.isspace()
        and len(value) <= MAX_ID_BYTES
        and len(value.encode()) <= MAX_ID_BYTES
        and not _CONTROL.search(value)
    ):
        return
    if not value or value.isspace():
        raise BadRequest(f"{member} is blank; give 1 to {MAX_ID_BYTES} bytes")
    if _CONTROL.search(value):
        raise BadRequest(f"{member} holds a control character; remove it")
    raise BadRequest(f"{member} is longer than {MAX_ID_BYTES} bytes")


class AccessRequest:
    """What a caller asked, in its own words: may this subject do this action on this resource."""

    __slots__ = (
        "action_name",
        "action_properties",
        "context",
        "resource_id",
        "resource_properties",
        "resource_type",
        "subject_id",
        "subject_properties",
        "subject_type",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - the members of an AuthZEN evaluation
        self,
        subject_type: str,
        subject_id: str,
        action_name: str,
        resource_type: str,
        resource_id: str,
        subject_properties: Attributes | None = None,
        action_properties: Attributes | None = None,
        resource_properties: Attributes | None = None,
        context: Attributes | None = None,
    ) -> None:
        """Check every name and id.

        Raises:
            BadRequest: a type or id is malformed, the subject is a role, or the subject id is `*`.
        """
        check_type("subject.type", subject_type)
        check_id("subject.id", subject_id)
        check_id("action.name", action_name)
        check_type("resource.type", resource_type)
        check_id("resource.id", resource_id)
        if subject_type == "role":
            raise BadRequest("subject.type 'role' would ask as everyone who has the role; name a subject")
        if subject_id == ANY:
            raise BadRequest("subject.id '*' is no subject; name one")
        self.subject_type = subject_type
        self.subject_id = subject_id
        self.subject_properties = subject_properties
        self.action_name = action_name
        self.action_properties = action_properties
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.resource_properties = resource_properties
        self.context = context


class Question:
    """A request as the policy sees it: Casbin's sub, dom, obj and act, and what conditions may read.

    `asserted` holds roles (`role:NAME`) that the caller vouches for, or that are recorded; `stored` the
    attributes of subject and resource that policies/directory.yaml declares; `now` is epoch seconds;
    `recorded` what is recorded of subject and tenant, None where neither is.
    """

    __slots__ = ("act", "address", "asserted", "dom", "now", "obj", "recorded", "request", "stored", "sub")

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        sub: str,
        dom: str,
        obj: str,
        act: str,
        request: AccessRequest | None = None,
        asserted: tuple[str, ...] = (),
        stored: tuple[Attributes, Attributes] = (_NOTHING, _NOTHING),
        now: float = 0.0,
        address: str = "",
        recorded: "Recorded | None" = None,
    ) -> None:
        self.sub = sub
        self.dom = dom
        self.obj = obj
        self.act = act
        self.request = request
        self.asserted = asserted
        self.stored = stored
        self.now = now
        self.address = address
        self.recorded = recorded

    def context(self, roles: Iterable[str]) -> dict[str, Any]:
        """What `r.ctx` holds: attributes by section. `roles` are all roles held, as `role:NAME`.

        Request properties override declared attributes; id, type, roles, status and name never
        come from the caller, nor does anything that is recorded.
        """
        request = self.request
        recorded = self.recorded
        declared, resource_declared = self.stored
        if request is None:
            subject, resource = {**declared}, {**resource_declared}
            action: dict[str, Any] = {}
            context: Attributes = _NOTHING
        else:
            given = request.subject_properties or _NOTHING
            if recorded is not None and recorded.user is not None:
                subject = recorded.subject_attributes(declared, given)
            else:
                subject = {**declared, **given}
                if "status" in subject:
                    _replace(subject, "status", declared.get("status"))
            subject["type"], subject["id"] = request.subject_type, request.subject_id
            resource = {**resource_declared, **(request.resource_properties or _NOTHING)}
            resource["type"], resource["id"] = request.resource_type, request.resource_id
            action = {**(request.action_properties or _NOTHING)}
            context = request.context or _NOTHING
        subject["roles"] = role_names(roles)
        action["name"] = self.act
        tenant: dict[str, Any] = {} if self.dom == NO_TENANT else {"id": self.dom}
        if recorded is not None:
            tenant |= recorded.tenant_attributes(self.now)
        return {
            "subject": subject,
            "resource": resource,
            "action": action,
            "tenant": tenant,
            "env": {"time": self.now, "address": self.address or None},
            "context": context,
        }


def role_names(roles: Iterable[str]) -> list[str]:
    """Roles as conditions read them: sorted, without `role:`; what is no role by its name is left out."""
    return sorted(role.removeprefix("role:") for role in roles if role.startswith("role:"))


def _replace(section: dict[str, Any], name: str, value: Any) -> None:  # noqa: ANN401 - an attribute value
    if value is None:
        section.pop(name, None)
    else:
        section[name] = value


class Refusal(NamedTuple):
    """A question that no policy is asked, and why in words."""

    decision: "Decision"
    reason: str


class DecisionError:
    """Why no decision could be made, told apart from a denial: an HTTP status and a message."""

    __slots__ = ("message", "retryable", "status")

    def __init__(self, status: int, message: str, *, retryable: bool = False) -> None:
        self.status = status
        self.message = message
        self.retryable = retryable


class Decision:
    """The answer: allowed or not, the rule that decided, and the attributes that were absent.

    `rule` is None where no rule matched, and where the effect allows what no rule names.
    """

    __slots__ = ("absent", "allowed", "error", "rule")

    def __init__(
        self,
        allowed: bool,  # noqa: FBT001 - the answer itself
        rule: str | None = None,
        absent: tuple[str, ...] = (),
        error: DecisionError | None = None,
    ) -> None:
        self.allowed = allowed
        self.rule = rule
        self.absent = absent
        self.error = error

    def __bool__(self) -> bool:
        return self.allowed


class Outcome(StrEnum):
    """What became of a rule that was looked at."""

    DECIDED = "decided"
    MATCHED = "matched"
    CONDITION_FALSE = "condition is false"
    UNDECIDED = "an attribute is absent"
    FAILED = "condition failed"
    OTHER_SUBJECT = "other subject"
    OTHER_TENANT = "other tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One rule that was looked at, where it stands, and what became of it."""

    rule: str
    path: str
    line: int
    effect: Effect
    outcome: Outcome
    subject: str
    tenant: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision with everything that led to it.

    `roles` is the way from the subject to the deciding rule's subject through the role rows;
    `read` the attributes that conditions read with their values; `considered` at most 20 rules.
    """

    decision: Decision
    reason: str
    revision: str
    path: str | None
    line: int | None
    roles: tuple[str, ...]
    read: Mapping[str, Any]
    absent: tuple[str, ...]
    considered: tuple[Considered, ...]
    notes: tuple[str, ...] = ()
