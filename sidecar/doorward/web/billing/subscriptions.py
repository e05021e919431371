"""Subscriptions over HTTP."""

from doorward.domain.callers import Caller
from doorward.domain.catalog import SubscriptionStatus
from doorward.domain.errors import BadRequest
from doorward.domain.subscription_changes import (
    NewSubscription,
    Payment,
    When,
    cancel_at,
    change_of,
    checked_payment,
    checked_period,
    checked_when,
    fail,
    pause,
    pay,
    resume,
)
from doorward.domain.subscriptions import Subscription, SubscriptionFilter
from doorward.services.subscriptions import Change, ShownSubscription, SubscriptionService
from doorward.web.billing.subscription_wire import (
    CancelBody,
    NewSubscriptionBody,
    PaymentBody,
    PendingChange,
    SubscriptionChanges,
    SubscriptionItem,
    SubscriptionList,
)
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import read_query
from doorward.web.recorded import actor_of, change, id_page, item_response, read_id_page, wanted_versions
from doorward.web.strict_json import decode_object
from doorward.web.times import time_of, time_or_null
from doorward.web.wire import to_body


class SubscriptionEndpoints:
    """/v1/subscriptions and below."""

    def __init__(self, subscriptions: SubscriptionService) -> None:
        self._subscriptions = subscriptions

    def list_all(self, request: Request, caller: Caller) -> Response:
        """Some subscriptions."""
        after, count, given = read_id_page(request, ("tenant", "status"))
        wanted = SubscriptionFilter(tenant=given.get("tenant"), status=_status(given.get("status")))
        found = self._subscriptions.page(actor_of(request, caller), wanted, after, count + 1)
        page, following = id_page(found, count, lambda one: one.subscription.id)
        return json_response(200, SubscriptionList(items=[_item(one) for one in page], next=following))

    def show(self, request: Request, caller: Caller) -> Response:
        """One subscription."""
        read_query(request, ())
        return _answer(200, self._subscriptions.find(actor_of(request, caller), request.parameters["subscription"]))

    def create(self, request: Request, caller: Caller) -> Response:
        """Begin a subscription."""
        read_query(request, ())
        body = to_body(decode_object(request.body), NewSubscriptionBody)
        new = NewSubscription.checked(
            tenant=body.tenant,
            plan=body.plan,
            billing_period=body.billing_period,
            time_zone=body.time_zone,
            trial=body.trial,
        )
        return change(
            "subscriptions_create",
            request,
            caller,
            lambda actor: self._subscriptions.create(actor, new),
            lambda made: _answer(201, made),
        )

    def update(self, request: Request, caller: Caller) -> Response:
        """Change the plan, or the length of periods."""
        body = to_body(decode_object(request.body), SubscriptionChanges)
        when = When.NOW if body.when is None else checked_when(body.when)
        period = None if body.billing_period is None else checked_period(body.billing_period)
        return self._changed(
            request, caller, Change(verb="change", move=change_of(body.plan, period, when), plan=body.plan)
        )

    def cancel(self, request: Request, caller: Caller) -> Response:
        """End it, now or where its period ends."""
        body = to_body(decode_object(request.body), CancelBody)
        when = When.PERIOD_END if body.when is None else checked_when(body.when)
        return self._changed(request, caller, Change(verb="cancel", move=cancel_at(when)))

    def resume(self, request: Request, caller: Caller) -> Response:
        """End a pause, or take back what is pending."""
        return self._changed(request, caller, Change(verb="resume", move=resume))

    def pause(self, request: Request, caller: Caller) -> Response:
        """Pause it."""
        return self._changed(request, caller, Change(verb="pause", move=pause))

    def note_payment(self, request: Request, caller: Caller) -> Response:
        """Take a payment system's word."""
        payment = checked_payment(to_body(decode_object(request.body), PaymentBody).status)
        move = pay if payment is Payment.PAID else fail
        return self._changed(request, caller, Change(verb=payment.value, move=move))

    def _changed(self, request: Request, caller: Caller, asked: Change) -> Response:
        read_query(request, ())
        wanted = wanted_versions(request)
        return change(
            f"subscriptions_{asked.verb}",
            request,
            caller,
            lambda actor: self._subscriptions.change(actor, request.parameters["subscription"], asked, wanted),
            lambda changed: _answer(200, changed),
        )


def _status(given: str | None) -> SubscriptionStatus | None:
    if given is None:
        return None
    if given not in {*SubscriptionStatus}:
        raise BadRequest(f"status must be {', '.join(list(SubscriptionStatus)[:-1])} or {SubscriptionStatus.EXPIRED}")
    return SubscriptionStatus(given)


def _answer(status: int, shown: ShownSubscription) -> Response:
    return item_response(status, _item(shown), shown.subscription.version)


def _item(shown: ShownSubscription) -> SubscriptionItem:
    one, period = shown.subscription, shown.period
    return SubscriptionItem(
        id=one.id,
        tenant=one.tenant,
        plan=one.plan,
        billing_period=one.billing_period,
        time_zone=one.time_zone,
        status=one.status,
        current_period_start=None if period is None else time_of(period.start),
        current_period_end=None if period is None else time_of(period.end),
        trial_ends_at=time_or_null(one.trial_ends_at),
        past_due_since=time_or_null(one.past_due_since),
        grace_ends_at=time_or_null(shown.grace_ends_at),
        paused_at=time_or_null(one.paused_at),
        cancel_at=time_or_null(one.cancel_at),
        change=_pending(one),
        ended_at=time_or_null(one.ended_at),
        created_at=time_of(one.created_at),
        updated_at=time_of(one.updated_at),
        version=one.version,
        exceeded=None if shown.exceeded is None else list(shown.exceeded),
    )


def _pending(one: Subscription) -> PendingChange | None:
    if not one.change_at:
        return None
    return PendingChange(
        plan=one.next_plan or one.plan,
        billing_period=one.next_billing_period or one.billing_period,
        at=time_of(one.change_at),
    )
