"""What a client asks and counts about limits and usage: methods of `Doorward`, in a module of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.questions import Question
from doorward_sdk.limits import asking as limits
from doorward_sdk.limits import guard as guard_calls
from doorward_sdk.limits import reservations
from doorward_sdk.usage import records as usage_records
from doorward_sdk.usage.administration import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from doorward_sdk.entities import EntityLike
    from doorward_sdk.limits.answers import GuardAnswer, LimitAnswer, LimitsAnswer, ReturnAnswer, UsageAnswer
    from doorward_sdk.limits.reservations import Reservation
    from doorward_sdk.wire.api import Api

_NOTHING: Mapping[str, int] = {}


class LimitCalls:
    """Limits, usage and guard. Where no tenant is given it is that of `acting_as`, else the one the key is bound to.

    Every method raises CallError where the call itself is wrong, and nothing has been sent then; an outage is a denied
    answer. What counts is sent again, under the same id, where half of the client's time limit brought no answer.
    """

    _api: Api

    @property
    def usage(self) -> Usage:
        """What tenants used, to be read."""
        return Usage(self._api)

    def limit(
        self, name: str, current: int | None = None, *, amount: int = 1, tenant: str | None = None
    ) -> LimitAnswer:
        """Is there room for `amount` more? Nothing is counted.

        Args:
            name: the limit's.
            current: how much is used, where the caller counts; None: what was counted, at most a second ago.
            amount: how much more.
            tenant: the tenant's id.
        """
        return limits.check(self._api, name, current, amount, tenant)

    def consume(
        self,
        limit: str,
        amount: int = 1,
        *,
        tenant: str | None = None,
        id: str | None = None,  # noqa: A002 - the member's name
    ) -> LimitAnswer:
        """Take some of a limit, or be refused; it is on disk when this returns.

        Args:
            limit: its name.
            amount: how much.
            tenant: the tenant's id.
            id: one for each event, so that it is counted once however often this is called; None: one is made.
        """
        return limits.consume(self._api, limit, amount, tenant, id)

    def consume_all(
        self,
        amounts: Mapping[str, int],
        *,
        tenant: str | None = None,
        id: str | None = None,  # noqa: A002 - the member's name
    ) -> LimitsAnswer:
        """Take some of several limits at once, all of it or nothing: `{"max_agents": 1, "api_calls": 3}`."""
        return limits.consume_all(self._api, amounts, tenant, id)

    def give_back(
        self,
        id: str,  # noqa: A002 - the member's name
        limit: str | None = None,
        amount: int | None = None,
        *,
        tenant: str | None = None,
    ) -> ReturnAnswer:
        """Lower a total by what was consumed under an id, once; what was used within a period stays used.

        Args:
            id: of the consume.
            limit: one of its limits; None: all.
            amount: less than was consumed of it; None: all of it.
            tenant: the tenant's id.
        """
        return limits.give_back(self._api, id, limit, amount, tenant)

    def reserve(
        self,
        limit: str,
        amount: int = 1,
        *,
        tenant: str | None = None,
        seconds: int = 60,
        id: str | None = None,  # noqa: A002 - the member's name
    ) -> Reservation:
        """Keep room for some seconds, to be committed or released: `with client.reserve("agent_minutes", 60) as kept:`.

        Args:
            limit: its name.
            amount: how much; what is really used is said later, by `commit`.
            tenant: the tenant's id.
            seconds: after which the room is free again, up to a day.
            id: what it is called; None: one is made.
        """
        return reservations.reserve(self._api, limit, amount, tenant, seconds, id)

    def record_usage(
        self,
        meter: str,
        value: int = 1,
        *,
        tenant: str | None = None,
        id: str | None = None,  # noqa: A002 - the member's name
        time: datetime | None = None,
    ) -> UsageAnswer:
        """Record that something was used, whatever the limits say. Never both this and `consume` for one event.

        Args:
            meter: its name.
            value: how much; of a gauge how much there is, else 1 at least.
            tenant: the tenant's id.
            id: one for each event, so that it is counted once; None: one is made.
            time: when it was used, naive times are UTC; None: now.
        """
        return usage_records.record_usage(self._api, meter, value, tenant, id, time)

    def guard(  # noqa: PLR0913 - the parts of a question
        self,
        subject: EntityLike | None,
        action: str,
        resource: EntityLike,
        *,
        flags: Iterable[str] = (),
        consume: Mapping[str, int] = _NOTHING,
        tenant: str | None = None,
        context: Mapping[str, object] | None = None,
        roles: Iterable[str] = (),
        explain: bool = False,
        id: str | None = None,  # noqa: A002 - the member's name
    ) -> GuardAnswer:
        """May it be done, with these features, and is there room for it? One request; one no and nothing is consumed.

        Args:
            subject: as of `check`, with the other parts of the question.
            action: as of `check`.
            resource: as of `check`.
            flags: keys of boolean flags that must be true; features of plans are flags.
            consume: how much to take of each limit where the rest is allowed.
            tenant: as of `check`; flags and limits are of the same tenant.
            context: as of `check`; rules of flags read it too.
            roles: as of `check`.
            explain: as of `check`.
            id: as of `consume`.
        """
        question = Question(subject, action, resource, tenant=tenant, context=context, roles=roles, explain=explain)
        return guard_calls.guard(self._api, question, flags, consume, id)
