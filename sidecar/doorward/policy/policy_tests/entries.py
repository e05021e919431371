"""One entry of a test file to a PolicyTest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from doorward.domain.access import AccessRequest
from doorward.domain.errors import BadRequest
from doorward.policy.policy_tests.cases import ByPosition, Check, PolicyTest
from doorward.policy.policy_tests.flag_entries import FLAG_KEYS, asks_for_flags, read_flag_checks
from doorward.policy.policy_tests.pieces import (
    Refused,
    attributes_of,
    entity_of,
    id_of,
    line_of,
    mapping_of,
    plain,
    text_of,
)
from doorward.policy.policy_tests.tenants import read_recorded_tenant
from doorward.policy.yaml_reader import Located

DEFAULT_TIME: Final = "2026-01-05T09:00:00Z"
"""When a question is asked that does not say it: a Monday morning, always the same."""

_MAX_NAME: Final = 200
_EVERY: Final = ("name", "time", "address", "expect", "rule")
_ACCESS: Final = ("subject", "roles", "tenant", "action", "resource", "context")
_POSITION: Final = ("request", "sections")
_ANSWERS: Final[Mapping[object, bool]] = {"allow": True, "deny": False}


def read_entry(path: str, entry: Located) -> PolicyTest:
    """The test that an entry describes. Raises Refused."""
    name = _name(entry)
    if asks_for_flags(entry):
        return _read_flags(path, name, entry)
    is_positional = any(key in entry for key in _POSITION)
    _check_keys(entry, (*_EVERY, *(_POSITION if is_positional else _ACCESS)))
    roles = () if is_positional else _roles(entry)
    checks = tuple(_by_position(entry) if is_positional else _by_name(entry, roles))
    rule = text_of(entry, "rule", None)
    return PolicyTest(
        name=name,
        path=path,
        line=entry.line,
        checks=checks,
        roles=roles,
        now=_time(entry),
        address=text_of(entry, "address", "") or "",
        rule=rule,
    )


def _read_flags(path: str, name: str, entry: Located) -> PolicyTest:
    _check_keys(entry, (*_EVERY, *FLAG_KEYS))
    return PolicyTest(
        name=name,
        path=path,
        line=entry.line,
        checks=tuple(read_flag_checks(entry)),
        roles=_roles(entry),
        now=_time(entry),
        address=text_of(entry, "address", "") or "",
        rule=None,
    )


def _check_keys(entry: Located, known: Sequence[str]) -> None:
    for key in entry:
        if key in known:
            continue
        if key in (*_ACCESS, *_POSITION):
            other = "`request`, which gives a value for each token" if "request" in entry else "flags"
            raise Refused(entry.lines[key], f"{key!r} does not go with {other}; keep one of them")
        raise Refused(entry.lines[key], f"unknown key {key!r}; there are {', '.join(known)}")


def _name(entry: Located) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Refused(line_of(entry, "name"), "a test needs a name that says what holds: `name: viewers may look`")
    if not name.isprintable() or len(name) > _MAX_NAME:
        raise Refused(line_of(entry, "name"), f"a name is one line of at most {_MAX_NAME} visible characters")
    return name


def _time(entry: Located) -> float:
    text = text_of(entry, "time", DEFAULT_TIME) or DEFAULT_TIME
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(line_of(entry, "time"), f"time {text!r} is no time with its zone; write it like {DEFAULT_TIME}")
    return moment.timestamp()


def _roles(entry: Located) -> tuple[str, ...]:
    names = entry.get("roles", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refused(line_of(entry, "roles"), "roles must be a list of names, like [viewer]")
    return tuple(id_of(entry, "roles", name.removeprefix("role:")) for name in names)


def _by_position(entry: Located) -> Iterator[Check]:
    values = entry.get("request")
    if not isinstance(values, list) or not values:
        message = "request must be a list with a value for each token of the model, like [alice, data1, read]"
        raise Refused(line_of(entry, "request"), message)
    question = ByPosition(values=plain(values), sections=text_of(entry, "sections", None))
    yield Check(
        asked=", ".join(map(str, values)),
        question=question,
        tenant={},
        allowed=_allowed(entry, "expect", entry.get("expect")),
        line=entry.line,
    )


def _by_name(entry: Located, roles: Sequence[str]) -> Iterator[Check]:
    """A check for each action, its question with what they share."""
    subject, resource = entity_of(entry, "subject"), entity_of(entry, "resource")
    context = mapping_of(entry, "context")
    given = read_recorded_tenant(entry)
    tenant = given.get("id")
    if tenant is not None and context.setdefault("tenant", tenant) != tenant:
        raise Refused(line_of(entry, "tenant"), f"tenant is {tenant!r}, but context.tenant is another; name one")
    told = {**subject.attributes, "roles": list(roles)} if roles else subject.attributes
    where = "" if tenant is None else f" in {tenant}"
    for action, properties, allowed, line in _expected(entry):
        try:
            question = AccessRequest(
                subject.kind, subject.name, action, resource.kind, resource.name, told, properties,
                resource.attributes, context,
            )  # fmt: skip
        except BadRequest as error:
            member = str(error).partition(".")[0]
            raise Refused(line_of(entry, member), str(error)) from None
        asked = f"{subject} {action} {resource}{where}"
        yield Check(asked=asked, question=question, tenant=given, allowed=allowed, line=line)


def _expected(entry: Located) -> Iterator[tuple[str, Mapping[str, Any], bool, int]]:
    """Each action with its properties, whether it must be allowed, and the line that says so."""
    expect = entry.get("expect")
    if isinstance(expect, Located):
        for key, instead in (("action", "the actions stand in it"), ("rule", "give each answer a test of its own")):
            if key in entry:
                raise Refused(line_of(entry, key), f"`{key}` does not go with a mapping in `expect`: {instead}")
        if not expect:
            raise Refused(line_of(entry, "expect"), "expect is empty; write {view: allow, delete: deny}")
        for action in expect:
            yield action, {}, _allowed(expect, action, expect[action]), expect.lines[action]
        return
    if "action" not in entry:
        message = "what is asked? Write `action: view`, or `expect: {view: allow, delete: deny}`"
        raise Refused(line_of(entry, "expect"), message)
    allowed = _allowed(entry, "expect", expect)
    for action, properties in _actions(entry):
        yield action, properties, allowed, entry.line


def _actions(entry: Located) -> Iterator[tuple[str, Mapping[str, Any]]]:
    given = entry["action"]
    listed: Iterable[object] = given if isinstance(given, list) else [given]
    if listed == []:
        raise Refused(line_of(entry, "action"), "action is an empty list; name one")
    for one in listed:
        name = one.get("name") if isinstance(one, Located) else one
        if not isinstance(name, str):
            message = "action must be a name, a list of names, or a mapping like {name: view, urgent: true}"
            raise Refused(line_of(entry, "action"), message)
        yield name, attributes_of(one, "action", without=("name",)) if isinstance(one, Located) else {}


def _allowed(holder: Located, key: str, answer: object) -> bool:
    if not isinstance(answer, str) or answer not in _ANSWERS:
        raise Refused(line_of(holder, key), f"expected is allow or deny, not {answer!r}")
    return _ANSWERS[answer]
