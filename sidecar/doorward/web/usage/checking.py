"""Checks of usage and thresholds over HTTP."""

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest
from doorward.domain.usage_thresholds import Threshold
from doorward.services.usage import Thresholds, UsageChecking
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import read_text_cursor, text_cursor
from doorward.web.recorded import actor_of, id_page, read_id_page
from doorward.web.strict_json import decode_object
from doorward.web.times import time_of, time_or_null
from doorward.web.usage.wire import ReconcileBody, Reconciled, ThresholdItem, ThresholdList, UsageDifference
from doorward.web.wire import to_body


class UsageCheckingEndpoints:
    """/v1/usage/reconcile and /v1/usage/thresholds."""

    def __init__(self, checking: UsageChecking, thresholds: Thresholds) -> None:
        self._checking = checking
        self._thresholds = thresholds

    def reconcile(self, request: Request, caller: Caller) -> Response:
        """Check some ledgers."""
        body = to_body(decode_object(request.body), ReconcileBody)
        after = None if body.cursor is None else _after(body.cursor)
        actor = actor_of(request, caller)
        step = self._checking.step(actor, body.tenant, after, repair=body.repair)
        told = Reconciled(
            checked=step.checked,
            differences=[
                UsageDifference(
                    tenant=one.tenant,
                    name=one.name,
                    what=one.what,
                    per=one.per,
                    starts_at=None if one.starts_at is None else time_or_null(one.starts_at),
                    kept=one.kept,
                    right=one.right,
                    repaired=body.repair,
                )
                for one in step.differences
            ],
            next=None if step.next is None else text_cursor("\n".join(step.next)),
        )
        return json_response(200, told)

    def thresholds(self, request: Request, caller: Caller) -> Response:
        """Some thresholds of a tenant."""
        after, count, given = read_id_page(request, ("tenant",))
        found = self._thresholds.page(actor_of(request, caller), given.get("tenant", ""), after, count + 1)
        page, following = id_page(found, count, lambda one: one.id)
        return json_response(200, ThresholdList(items=[threshold_item(one) for one in page], next=following))


def _after(cursor: str) -> tuple[str, str]:
    tenant, between, name = read_text_cursor(cursor).partition("\n")
    if not between:
        raise BadRequest("cursor must be `next` of the answer before")
    return tenant, name


def threshold_item(one: Threshold) -> ThresholdItem:
    """A threshold as the wire shows it."""
    return ThresholdItem(
        id=one.id,
        tenant=one.tenant,
        name=one.name,
        per=one.per,
        period_start=time_or_null(one.starts_at),
        percent=one.percent,
        used=one.used,
        limit=one.amount,
        passed_at=time_of(one.passed_at),
        delivered_at=time_or_null(one.delivered_at),
        tries=one.tries,
    )
