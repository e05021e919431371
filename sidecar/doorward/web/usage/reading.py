"""What usage comes to, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest
from doorward.domain.ledger.accounts import Standing
from doorward.services.facts import Facts
from doorward.services.limits import Allowance
from doorward.services.policy import PolicyService
from doorward.services.usage import By, MeterStanding, MeterUsage, UsageReading
from doorward.web.http import Headers, Request, Response, json_response
from doorward.web.pages import read_query
from doorward.web.times import read_instant, time_or_null
from doorward.web.usage.wire import UsageItem, UsageList, UsageOfMeter, UsageStretch
from doorward.web.versions import Versions

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIMES: Final = 253_370_764_800_000_000  # 9999-01-01T00:00:00Z


class UsageReadingEndpoints:
    """/v1/usage and below."""

    def __init__(self, reading: UsageReading, policy: PolicyService, facts: Facts) -> None:
        self._reading = reading
        self._policy = policy
        self._facts = facts
        self._headers_for = Versions(facts).headers

    def standings(self, request: Request, caller: Caller) -> Response:
        """How everything stands."""
        given = read_query(request, ("tenant",))
        headers, allowance = self._allowance(given, caller)
        items = [_item(one) for one in self._reading.standings(allowance)]
        plan = None if allowance.plan is None else allowance.plan.name
        return json_response(200, UsageList(tenant=allowance.tenant, plan=plan, items=items, next=None), headers)

    def of_meter(self, request: Request, caller: Caller) -> Response:
        """What was used of one meter."""
        given = read_query(request, ("tenant", "start", "end", "by"))
        start, end, by = _time(given, "start"), _time(given, "end"), _by(given)
        headers, allowance = self._allowance(given, caller)
        found = self._reading.used(allowance, request.parameters["meter"], start, end, by)
        return json_response(200, _of_meter(found, by), headers)

    def _allowance(self, given: dict[str, str], caller: Caller) -> tuple[Headers, Allowance]:
        policy = self._policy.current
        headers = [one for one in self._headers_for(policy) if one[0] != "content-type"]
        return headers, self._reading.allowance(given.get("tenant", ""), caller, policy, self._facts.reading)


def _time(given: dict[str, str], name: str) -> int | None:
    if name not in given:
        return None
    found = read_instant(name, given[name])
    if not 0 <= found < _END_OF_TIMES:
        raise BadRequest(f"{name}: must be of the years 1970 to 9998")
    return found


def _by(given: dict[str, str]) -> By | None:
    if "by" not in given:
        return None
    try:
        return By(given["by"])
    except ValueError as error:
        raise BadRequest(f"by must be one of {', '.join(By)}") from error


def _item(one: MeterStanding) -> UsageItem:
    standing = one.standing
    limit = standing.rule.amount
    return UsageItem(
        name=one.name,
        aggregation=one.aggregation,
        unit=one.unit,
        used=standing.used,
        held=standing.held,
        limit="unlimited" if limit is None else limit,
        remaining="unlimited" if standing.remaining is None else standing.remaining,
        per=standing.rule.per,
        resets_at=time_or_null(standing.resets_at),
        percent=_percent(standing),
    )


def _percent(standing: Standing) -> int | None:
    amount = standing.rule.amount
    return standing.used * 100 // amount if amount else None


def _of_meter(found: MeterUsage, by: By | None) -> UsageOfMeter:
    return UsageOfMeter(
        tenant=found.tenant,
        name=found.name,
        aggregation=found.aggregation,
        unit=found.unit,
        start=None if found.start is None else exact_time(found.start),
        end=None if found.end is None else exact_time(found.end),
        total=found.total,
        by=by,
        time_zone=found.time_zone,
        series=[UsageStretch(exact_time(start), exact_time(end), value) for start, end, value in found.series],
    )


def exact_time(microseconds: int) -> str:
    """A time as the wire shows it, with microseconds where it has any: what is told can be asked for again."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    precision = "microseconds" if microseconds % 1_000 else "milliseconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
