"""Endpoints of subscriptions."""

from doorward.domain.callers import Scope
from doorward.domain.catalog import SubscriptionStatus
from doorward.web.billing.subscription_wire import (
    CancelBody,
    NewSubscriptionBody,
    PaymentBody,
    SubscriptionChanges,
    SubscriptionItem,
    SubscriptionList,
)
from doorward.web.billing.subscriptions import SubscriptionEndpoints
from doorward.web.endpoints import Endpoint, Parameter
from doorward.web.record_rows import MISSING, PAGES, changing, reading


def subscriptions_rows(subscriptions: SubscriptionEndpoints) -> list[Endpoint]:
    """Subscriptions."""
    scope = Scope.ADMIN_SUBSCRIPTIONS
    one = "/v1/subscriptions/{subscription}"
    filters = {
        "tenant": Parameter("Those of a tenant, ended ones too"),
        "status": Parameter("Those that stand so now", {"enum": [*SubscriptionStatus]}),
    }
    answers = {200: SubscriptionItem, **MISSING}
    return [
        reading(
            scope,
            "/v1/subscriptions",
            "subscriptions_list",
            "The subscriptions, by id",
            subscriptions.list_all,
            SubscriptionList,
            PAGES | filters,
            from_policy=True,
        ),
        reading(
            scope,
            one,
            "subscriptions_show",
            "One subscription",
            subscriptions.show,
            SubscriptionItem,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", "/v1/subscriptions"),
            "subscriptions_create",
            "Begin a subscription; the tenant has its plan from then on",
            subscriptions.create,
            {201: SubscriptionItem, **MISSING},
            body=NewSubscriptionBody,
            from_policy=True,
        ),
        changing(
            scope,
            ("PATCH", one),
            "subscriptions_change",
            "Go on with another plan or length of periods, now or when the period ends",
            subscriptions.update,
            answers,
            body=SubscriptionChanges,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", one + "/cancel"),
            "subscriptions_cancel",
            "End a subscription, when its period ends or now",
            subscriptions.cancel,
            answers,
            body=CancelBody,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", one + "/resume"),
            "subscriptions_resume",
            "End a pause; without one, take a pending cancellation or change back",
            subscriptions.resume,
            answers,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", one + "/pause"),
            "subscriptions_pause",
            "Let a subscription not count until it is resumed",
            subscriptions.pause,
            answers,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", one + "/status"),
            "subscriptions_status",
            "Say that a payment came, or failed",
            subscriptions.note_payment,
            answers,
            body=PaymentBody,
            versioned=True,
            from_policy=True,
        ),
    ]
