"""Questions about flags, over OFREP: an unknown flag and an outage are the caller's default, never an exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from doorward_sdk.access.questions import check_name
from doorward_sdk.acting import who_is_acting
from doorward_sdk.entities import as_entity, problem_of_id
from doorward_sdk.errors import RETRY_LATER, MalformedAnswer, MalformedQuestion, RequestFailed
from doorward_sdk.flags.answers import FlagDetails, FlagError
from doorward_sdk.wire.api import JSON_BODY
from doorward_sdk.wire.members import members_of, path_of, text_in, text_or_none_in
from doorward_sdk.wire.problems import raise_for_problem
from doorward_sdk.wire.strict_json import encode

if TYPE_CHECKING:
    from doorward_sdk.entities import EntityLike
    from doorward_sdk.transport.seam import Response
    from doorward_sdk.wire.api import Api

    Body = dict[str, object]

EVALUATE = "/ofrep/v1/evaluate/flags"
_TARGETING_KEY = "targetingKey"
_USER = "user"
_OK = 200
_CODES = frozenset({"FLAG_NOT_FOUND", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "PARSE_ERROR", "GENERAL"})
_NOTHING = object()
_Value = TypeVar("_Value")


class FlagValues:
    """Questions about flags, within the client's time limit."""

    def __init__(self, api: Api) -> None:
        self._transport = api.transport
        self._key_and_type = api.key_headers + JSON_BODY
        self._own_changes = api.own_changes
        self._timeout = api.timeout

    def one(self, key: str, default: _Value, context: Body) -> FlagDetails[_Value]:
        """The value of a flag; the default with an error where it has none of the default's type."""
        target, payload = path_of(EVALUATE, checked_key(key)), encode({"context": context})
        headers = self._key_and_type + self._own_changes.headers()
        try:
            response = self._transport.send("POST", target, headers, payload, self._timeout)
            return _details(response, default)
        except RequestFailed as failure:
            return _without(default, FlagError("GENERAL", str(failure), failure.status, failure.retryable))


def flag_context(tenant: str | None, context: Mapping[str, object] | None, subject: EntityLike | None) -> Body:
    """The OFREP context that asks for a tenant and a user; who is acting stands in where they are not named.

    Whoever acts in one tenant is no user of another: where that is named, the user has to be named too.

    Raises:
        MalformedEntity: the subject is not `type:id`.
        MalformedQuestion: it is no user, or the context says otherwise than the arguments.
    """
    body: Body = dict(context or ())
    acting = who_is_acting()
    if tenant is not None:
        check_name(tenant, "tenant")
        _put(body, "tenant", tenant)
    if subject is not None:
        user = as_entity(subject, "subject")
        if user.type != _USER:
            raise MalformedQuestion(f"subject {str(user)!r}: flags are asked for users, 'user:ID'")
        _put(body, _TARGETING_KEY, user.id)
    if acting is not None:
        if acting.tenant is not None:
            body.setdefault("tenant", acting.tenant)
        is_at_home = acting.tenant is None or body["tenant"] == acting.tenant
        if is_at_home and acting.subject.type == _USER:
            body.setdefault(_TARGETING_KEY, acting.subject.id)
    return body


def checked_key(key: str) -> str:
    """A flag's key, if it can be asked for. Raises MalformedQuestion."""
    problem = problem_of_id(key)
    if problem is not None:
        raise MalformedQuestion(f"the flag's key {problem}")
    return key


def _put(body: Body, name: str, value: str) -> None:
    if body.setdefault(name, value) != value:
        raise MalformedQuestion(f"context[{name!r}] is another than the argument; give one of them")


def _details(response: Response, default: _Value) -> FlagDetails[_Value]:
    if response.status != _OK:
        return _refused(response, default)
    told = members_of(response.json())
    reason, variant = text_in(told, "reason"), text_or_none_in(told, "variant")
    revision = response.headers.get("doorward-revision")
    if "value" not in told:  # OFREP: a flag may leave its value to the caller
        return FlagDetails(default, variant, reason, revision=revision)
    value = _fitting(told["value"], default)
    if value is _NOTHING:
        message = f"the flag's value is {_named(told['value'])}, the default {_named(default)}; ask for its own type"
        return _without(default, FlagError("TYPE_MISMATCH", message, _OK))
    return FlagDetails(cast("_Value", value), variant, reason, revision=revision)


def _refused(response: Response, default: _Value) -> FlagDetails[_Value]:
    """What an OFREP refusal says; what is none of these is told by its status."""
    try:
        told = response.json()
    except MalformedAnswer:
        told = None
    code = told.get("errorCode") if isinstance(told, Mapping) else None
    if code not in _CODES:
        raise_for_problem(response)
        raise MalformedAnswer(f"the answer has status {response.status}, not 200")
    message = text_or_none_in(members_of(told), "errorDetails") or "the sidecar did not say why"
    return _without(default, FlagError(str(code), message, response.status, response.status in RETRY_LATER))


def _without(default: _Value, error: FlagError) -> FlagDetails[_Value]:
    return FlagDetails(default, None, "ERROR", error)


def _fitting(value: object, default: object) -> object:
    """The value if it is of the default's type, which None leaves open; a whole number fits a float."""
    if default is None:
        return value
    if isinstance(default, bool) or isinstance(value, bool):
        return value if isinstance(default, bool) and isinstance(value, bool) else _NOTHING
    if isinstance(default, float):
        return float(value) if isinstance(value, (int, float)) else _NOTHING
    kinds: tuple[type[Any], ...] = (int, str, Mapping, list)
    return next((value for kind in kinds if isinstance(default, kind) and isinstance(value, kind)), _NOTHING)


def _named(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    return f"a {type(value).__name__}"
