"""Usage and limits as the requirements name them: `usage_tracker`, and whether a tenant may have one more."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - as the other modules here: hosts read types at run time
from typing import TYPE_CHECKING

from doorward_sdk.default_client import default_client
from doorward_sdk.limits.counting import checked_amount
from doorward_sdk.wire.problems import failure_of

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward

__all__ = ["UsageTracker", "check_usage_limits", "usage_tracker"]


class UsageTracker:
    """What tenants use, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def record_usage(self, tenant_id: str, metric: str, value: int = 1) -> None:
        """Record that a tenant used something, whatever its limits say.

        Raises:
            NotFound: there is no such tenant or metric.
            RequestFailed: no answer came that says yes.
        """
        error = self._asked.record_usage(metric, value, tenant=tenant_id).error
        if error is not None:
            raise failure_of(error)

    def get_usage(self, tenant_id: str, metric: str, period_start: datetime, period_end: datetime) -> int:
        """How much a tenant used from a time until before another. Raises as `record_usage`."""
        return self._asked.usage.get(metric, tenant=tenant_id, start=period_start, end=period_end).total

    def get_current_month_usage(self, tenant_id: str, metric: str) -> int:
        """How much a tenant used since its month began, in its time zone. Raises as `record_usage`."""
        series = self._asked.usage.get(metric, tenant=tenant_id, by="month").series
        return series[-1].value if series else 0

    @property
    def _asked(self) -> Doorward:
        return self._client or default_client()


def check_usage_limits(client: Doorward, tenant_id: str, limit: str, current: int) -> bool:
    """Whether a tenant may have one more than `current`; an outage is a no.

    Raises:
        MalformedQuestion: `current` is no whole number: a count that the host does not know is no count of 0.
    """
    return client.limit(limit, checked_amount("current", current, least=0), tenant=tenant_id).allowed


usage_tracker = UsageTracker()
