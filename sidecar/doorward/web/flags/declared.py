"""Flags over HTTP: listed, shown, explained and declared."""

from typing import Any

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest, NotFound
from doorward.domain.flags import Flag, FlagAnswer
from doorward.domain.new_flags import NewFlag
from doorward.domain.policy_changes import Proposed
from doorward.services.facts import Facts
from doorward.services.flag_questions import FlagQuestion
from doorward.services.flags import FlagService
from doorward.services.policy import PolicyService
from doorward.services.policy_changes import PolicyChangeService
from doorward.services.ports import PolicySnapshot
from doorward.services.recording import Recorder
from doorward.web.flags.wire import ExplainedFlag, ExplainFlagBody, FlagDeclaration, FlagList, NewFlagBody, UsedOverride
from doorward.web.http import FACTS, Request, Response, iso_time, json_response
from doorward.web.metrics import Meter
from doorward.web.pages import page_of, read_page, read_query
from doorward.web.policy.changes import proposed, revision_header
from doorward.web.recorded import change_beside
from doorward.web.strict_json import decode_object
from doorward.web.times import read_time
from doorward.web.wire import to_body

_FILE = "policies/flags.yaml"
_SECOND = 1_000_000


class FlagEndpoints:
    """/v1/flags and below, but for overrides."""

    def __init__(  # noqa: PLR0913, PLR0917 - what flags are shown with
        self,
        flags: FlagService,
        policy: PolicyService,
        facts: Facts,
        meter: Meter,
        changes: PolicyChangeService,
        recorder: Recorder,
    ) -> None:
        self._flags = flags
        self._policy = policy
        self._facts = facts
        self._meter = meter
        self._changes = changes
        self._recorder = recorder

    def list_all(self, request: Request, _caller: Caller) -> Response:
        """Some flags of the served policy."""
        policy = self._policy.current
        flags = policy.flags
        start, count = read_page(request)
        keys, following = page_of(flags.keys[start : start + count + 1], start, count)
        asked = self._meter.flags_last_asked()
        found = [_item(flag, asked.get(key)) for key in keys if (flag := flags.find(key)) is not None]
        return json_response(200, FlagList(items=found, next=following), revision_header(policy.revision))

    def show(self, request: Request, _caller: Caller) -> Response:
        """One flag of the served policy."""
        read_query(request, ())
        return self._shown(200, self._policy.current, request.parameters["flag"])

    def explain(self, request: Request, caller: Caller) -> Response:
        """What a flag is for a context, and how that came."""
        read_query(request, ())
        body = to_body(decode_object(request.body), ExplainFlagBody)
        at = None if body.at is None else read_time("at", body.at) / _SECOND
        policy, version, key = self._policy.current, self._facts.version, request.parameters["flag"]
        if policy.flags.find(key) is None:
            raise _no_flag(key)
        question = self._flags.question(body.context or {}, caller, policy, request.address, self._facts.reading, at)
        answer = _explained(question.evaluate(key), question)
        return json_response(200, answer, [*revision_header(policy.revision), (FACTS, str(version))])

    def create(self, request: Request, caller: Caller) -> Response:
        """Declare a flag: 201 once it is served, 202 where it waits to be merged."""
        return change_beside("flags_create", request, caller, self._recorder, lambda: self._create(request, caller))

    def _create(self, request: Request, caller: Caller) -> Response:
        read_query(request, ())
        body = to_body(decode_object(request.body), NewFlagBody)
        flag = NewFlag.checked(
            key=body.name,
            type=body.type,
            default_value=body.default_value,
            description=body.description,
            owner=body.owner,
        )
        made = self._changes.create_flag(flag, caller, body.reason)
        return proposed(made) if isinstance(made, Proposed) else self._shown(201, made.snapshot, flag.key)

    def _shown(self, status: int, snapshot: PolicySnapshot, key: str) -> Response:
        flag = snapshot.flags.find(key)
        if flag is None:
            raise _no_flag(key)
        item = _item(flag, self._meter.flags_last_asked().get(key))
        return json_response(status, item, revision_header(snapshot.revision))


def _no_flag(key: str) -> NotFound:
    return NotFound(f"there is no flag {key[:200]!r}; `doorward features list` or GET /v1/flags lists them")


def _item(flag: Flag, asked_at: float | None) -> FlagDeclaration:
    return FlagDeclaration(
        key=flag.key,
        type=flag.type,
        description=flag.description,
        owner=flag.owner,
        variants=dict(flag.variants),
        default=flag.default,
        off=flag.off,
        enabled=flag.is_enabled,
        expires=None if flag.expires is None else flag.expires.isoformat(),
        from_plan=flag.from_plan,
        requires={key: list(variants) for key, variants in flag.requires.items()},
        rules=len(flag.rules),
        place=f"{_FILE}:{flag.line}" if flag.line else None,
        last_evaluated=None if asked_at is None else iso_time(asked_at),
    )


def _explained(answer: FlagAnswer, question: FlagQuestion) -> ExplainedFlag:
    own: dict[str, Any] = dict(question.overrides)
    override = None
    if answer.key in own:
        override = UsedOverride(value=own[answer.key], ignored=answer.override_ignored)
    return ExplainedFlag(
        key=answer.key,
        type=None if answer.type is None else answer.type.value,
        value=answer.value,
        variant=answer.variant,
        reason=answer.reason,
        decided_by=None if answer.decided_by is None else answer.decided_by.value,
        rule=answer.rule,
        bucket=answer.bucket,
        absent=list(answer.absent),
        override=override,
        detail=answer.detail,
        error_code=None if answer.error is None else answer.error.value,
        tenant=question.tenant,
        at=_time(question.now),
    )


def _time(seconds: float) -> str:
    try:
        return iso_time(seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise BadRequest("at is no time that can be written; give one like 2027-01-31T12:00:00Z") from error
