"""Subscriptions of a sidecar: `client.subscriptions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.billing.subscriptions_wire import subscription_of
from doorward_sdk.errors import NotFound
from doorward_sdk.wire.members import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward_sdk.billing.recorded import Subscription
    from doorward_sdk.wire.api import Api

_SUBSCRIPTIONS = "/v1/subscriptions"
_ENDED = frozenset({"canceled", "expired"})


class Subscriptions:
    """What tenants pay for; needs the scope `admin:subscriptions`, and to change them a key that is bound to no tenant.

    Every method raises RequestFailed where no answer comes; those that name a subscription NotFound where it is not
    there; those that take `if_match`, the `version` that it must have, PreconditionFailed; those that change one
    Conflict where it has ended, or does not stand so that it can be changed.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(
        self,
        tenant: str,
        plan: str,
        billing_period: str | None = None,
        *,
        time_zone: str | None = None,
        trial: bool | None = None,
    ) -> Subscription:
        """Subscribe a tenant to a plan, from now on.

        Args:
            tenant: its id.
            plan: the name of a plan.
            billing_period: `monthly`, which is the default, or `yearly`.
            time_zone: where periods are counted, like `Europe/Berlin`; None: UTC.
            trial: False: without one; True: with one, or not at all; None: with one where there is one to be had.

        Raises:
            NotFound: there is no such tenant.
            Conflict: it has a subscription, or had its trial.
        """
        given = {"billing_period": billing_period, "time_zone": time_zone, "trial": trial}
        body: dict[str, object] = {"tenant": tenant, "plan": plan}
        body.update((member, value) for member, value in given.items() if value is not None)
        return subscription_of(self._api.change("POST", _SUBSCRIPTIONS, body).json())

    def get(self, subscription_id: str) -> Subscription:
        """One, as it stands now."""
        return subscription_of(self._api.get(path_of(_SUBSCRIPTIONS, subscription_id)))

    def of_tenant(self, tenant: str) -> Subscription:
        """The live one of a tenant, else the one that began last. Raises NotFound where it has had none."""
        newest = None
        for one in self.list(tenant=tenant):
            if one.status not in _ENDED:
                return one
            if newest is None or one.created_at >= newest.created_at:
                newest = one
        if newest is None:
            raise NotFound(404, "There is no such thing", f"the tenant {tenant!r} has had no subscription")
        return newest

    def list(self, *, tenant: str | None = None, status: str | None = None) -> Iterator[Subscription]:
        """Every subscription, or those of a tenant or status, ended ones too; read page by page as they are taken."""
        return self._api.items(_SUBSCRIPTIONS, subscription_of, {"tenant": tenant, "status": status})

    def change(
        self,
        subscription_id: str,
        plan: str | None = None,
        *,
        billing_period: str | None = None,
        when: str | None = None,
        if_match: int | None = None,
    ) -> Subscription:
        """Go on with another plan or billing period, or both; the answer's `exceeded` names limits that are too small.

        Args:
            subscription_id: which one.
            plan: the name of a plan; None: as it is.
            billing_period: `monthly` or `yearly`; None: as it is.
            when: `now`, which is the default, or `period_end`.
            if_match: the version that it must have.
        """
        given = {"plan": plan, "billing_period": billing_period, "when": when}
        body = {member: value for member, value in given.items() if value is not None}
        path = path_of(_SUBSCRIPTIONS, subscription_id)
        return subscription_of(self._api.change("PATCH", path, body, if_match=if_match).json())

    def cancel(self, subscription_id: str, *, when: str | None = None, if_match: int | None = None) -> Subscription:
        """End it `when` its period ends (`period_end`, the default), which can be taken back, or `now`."""
        return self._act(subscription_id, "cancel", {} if when is None else {"when": when}, if_match)

    def resume(self, subscription_id: str, *, if_match: int | None = None) -> Subscription:
        """End a pause; where there is none, take a pending cancellation or change back."""
        return self._act(subscription_id, "resume", None, if_match)

    def pause(self, subscription_id: str, *, if_match: int | None = None) -> Subscription:
        """Let it not count until it is resumed; the plan stays."""
        return self._act(subscription_id, "pause", None, if_match)

    def note_payment(self, subscription_id: str, status: str, *, if_match: int | None = None) -> Subscription:
        """Say that a payment was `paid`, or `failed`."""
        return self._act(subscription_id, "status", {"status": status}, if_match)

    def _act(
        self, subscription_id: str, verb: str, body: dict[str, object] | None, if_match: int | None
    ) -> Subscription:
        path = path_of(_SUBSCRIPTIONS, subscription_id, verb)
        return subscription_of(self._api.change("POST", path, body, if_match=if_match).json())
