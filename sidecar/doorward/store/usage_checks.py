"""Whether what is kept of usage is what its events say: computed again, ledger by ledger.

Who looks holds nobody up, and may find a difference where somebody counts meanwhile: under the lock it is certain.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from doorward.domain.catalog import Aggregation
from doorward.domain.plans import MAX_AMOUNT
from doorward.domain.usage import Checked, Difference
from doorward.domain.windows import HOUR
from doorward.store.ledger.reading import summed
from doorward.store.rows import Statements

_TABLES: Final = ("ledger", "usage_hour", "usage_window", "usage_event")
_KEY: Final = """
SELECT tenant, name FROM {table} WHERE (tenant, name) > ($tenant, $name) ORDER BY tenant, name LIMIT 1
"""
_KEY_OF: Final = """
SELECT tenant, name FROM {table} WHERE tenant = $tenant AND name > $name ORDER BY tenant, name LIMIT 1
"""
_PATIENT: Final = "SET LOCAL statement_timeout = 60000"  # of PostgreSQL: a ledger may have millions of events
_LEDGER: Final = "SELECT seq, used, reported_at, reported_by FROM ledger WHERE tenant = $tenant AND name = $name"
_KEPT_HOURS: Final = """
SELECT hour, amount, returned, events, largest, last, last_at, last_by, forgotten FROM usage_hour
WHERE tenant = $tenant AND name = $name
"""
_SUMMED: Final = "(CASE WHEN $is_summed = 1 OR kind <> 'report' THEN amount ELSE 0 END)"
_RIGHT_HOURS: Final = f"""
SELECT at - at % {HOUR} AS begins, SUM({_SUMMED} / 65536),
  SUM({_SUMMED} - {_SUMMED} / 65536 * 65536), SUM(returned / 65536),
  SUM(returned - returned / 65536 * 65536), SUM(CASE WHEN amount > 0 THEN 1 ELSE 0 END), COUNT(*), MAX(amount)
FROM usage_event WHERE tenant = $tenant AND name = $name GROUP BY at - at % {HOUR}
"""  # noqa: S608 - a number
_REPORTS: Final = f"""
SELECT begins, amount, at, by FROM (
  SELECT at - at % {HOUR} AS begins, amount, at, source || $newline || id AS by,
    ROW_NUMBER() OVER (PARTITION BY at - at % {HOUR} ORDER BY at DESC, source || $newline || id DESC) AS place
  FROM usage_event WHERE tenant = $tenant AND name = $name AND kind = 'report'
) AS reports WHERE place = 1
"""  # noqa: S608
_CONSUMED: Final = """
SELECT COALESCE(SUM(amount - returned), 0) FROM usage_event
WHERE tenant = $tenant AND name = $name AND at > $since AND kind IN ('consume', 'commit')
"""
_VALUES: Final = "SELECT COUNT(DISTINCT value) FROM usage_event WHERE tenant = $tenant AND name = $name"
_WINDOWS: Final = """
SELECT per, starts_at, ends_at, used FROM usage_window
WHERE tenant = $tenant AND name = $name AND as_of = $seq AND ends_at > starts_at ORDER BY per, starts_at
"""
_WITHIN: Final = f"""
SELECT COALESCE(SUM({_SUMMED} / 65536), 0),
  COALESCE(SUM({_SUMMED} - {_SUMMED} / 65536 * 65536), 0), COALESCE(MAX(amount), 0),
  COUNT(DISTINCT value) FROM usage_event
WHERE tenant = $tenant AND name = $name AND at >= $start AND at < $end
"""  # noqa: S608 - our own words
_MEND_LEDGER: Final = """
INSERT INTO ledger (tenant, name, seq, used, reported_at, reported_by, arrival, held_until)
VALUES ($tenant, $name, 1, $used, $reported_at, $reported_by, 0, 0)
ON CONFLICT (tenant, name) DO UPDATE SET used = $used, reported_at = $reported_at, reported_by = $reported_by
"""
_MEND_HOUR: Final = """
INSERT INTO usage_hour (tenant, name, hour, amount, returned, events, largest, last, last_at, last_by)
VALUES ($tenant, $name, $hour, $amount, $returned, $events, $largest, $last, $last_at, $last_by)
ON CONFLICT (tenant, name, hour) DO UPDATE SET amount = $amount, returned = $returned, events = $events,
  largest = $largest, last = $last, last_at = $last_at, last_by = $last_by
"""
_DROP_HOUR: Final = "DELETE FROM usage_hour WHERE tenant = $tenant AND name = $name AND hour = $hour"
_DROP_WINDOW: Final = """
DELETE FROM usage_window WHERE tenant = $tenant AND name = $name AND per = $per AND starts_at = $start
"""


class _Hour(NamedTuple):
    amount: int = 0
    returned: int = 0
    events: int = 0
    largest: int = 0
    last: int = 0
    last_at: int = 0
    last_by: str = ""


class UsageCheckRows:
    """The port `UsageChecks`."""

    def __init__(self, statements: Statements, row_lock: str) -> None:
        self._statements = statements
        self._row_lock = row_lock

    def next_key(self, after: tuple[str, str], tenant: str | None) -> tuple[str, str] | None:
        """The first (tenant, name) after one that something is kept of, or has events; of one tenant, where given."""
        sql, start = (_KEY, after) if tenant is None else (_KEY_OF, (tenant, after[1]))
        found = [
            tuple(rows[0])
            for table in _TABLES
            if (rows := self._statements.rows(sql.format(table=table), tenant=start[0], name=start[1]))
        ]
        return min(found, default=None)

    def look(self, tenant: str, name: str, aggregation: Aggregation) -> Checked:
        """Compare a ledger, its hours and the periods that claim to be current with the events, while others count."""
        return self._compare(tenant, name, aggregation, "", repair=False)

    def check(self, tenant: str, name: str, aggregation: Aggregation, *, repair: bool) -> Checked:
        """The same while nobody else counts under the name; what differs is mended if that is wanted."""
        return self._compare(tenant, name, aggregation, self._row_lock, repair=repair)

    def _compare(self, tenant: str, name: str, aggregation: Aggregation, lock: str, *, repair: bool) -> Checked:
        mine: Mapping[str, Any] = {"tenant": tenant, "name": name}
        if self._row_lock:
            self._statements.count(_PATIENT)
        ledger = self._statements.rows(_LEDGER + lock, **mine)
        seq, used, reported_at, reported_by = ledger[0] if ledger else (0, 0, 0, "")
        kept, forgotten = self._kept_hours(mine)
        right = self._right_hours(mine, aggregation) | forgotten
        standing = self._standing(mine, aggregation, right)
        found: list[Difference] = []

        if used != standing[0]:
            found.append(Difference(tenant, name, "used", None, None, int(used), standing[0]))
        if aggregation is Aggregation.LATEST and (reported_at, reported_by) != standing[1:]:
            found.append(Difference(tenant, name, "reported_at", None, None, int(reported_at), standing[1]))
        if repair and found:
            by_report = standing[1:] if aggregation is Aggregation.LATEST else (0, "")
            self._statements.count(
                _MEND_LEDGER, **mine, used=standing[0], reported_at=by_report[0], reported_by=by_report[1]
            )
        for hour in sorted(right.keys() | kept.keys()):
            one, other = kept.get(hour, _Hour()), right.get(hour, _Hour())
            if one != other:
                what = next(field for field in _Hour._fields if getattr(one, field) != getattr(other, field))
                numbers = (0, 0) if what == "last_by" else (getattr(one, what), getattr(other, what))
                found.append(Difference(tenant, name, what, "hour", hour, *numbers))
                if repair:
                    self._mend_hour(mine, hour, right.get(hour))
        for per, start, end, count in self._statements.rows(_WINDOWS, **mine, seq=seq):
            within = self._within(mine, aggregation, int(start), int(end), forgotten)
            if aggregation is not Aggregation.LATEST and int(count) != within:
                found.append(Difference(tenant, name, "used", per, int(start), int(count), within))
                if repair:
                    self._statements.count(_DROP_WINDOW, **mine, per=per, start=start)
        return Checked(tenant, name, found)

    def _kept_hours(self, mine: Mapping[str, Any]) -> tuple[dict[int, _Hour], dict[int, _Hour]]:
        """All hours, and those of them whose events are forgotten."""
        kept, forgotten = {}, {}
        for hour, *columns, is_forgotten in self._statements.rows(_KEPT_HOURS, **mine):
            kept[int(hour)] = one = _Hour(*columns)
            if is_forgotten:
                forgotten[int(hour)] = one
        return kept, forgotten

    def _right_hours(self, mine: Mapping[str, Any], aggregation: Aggregation) -> dict[int, _Hour]:
        is_sum = aggregation in {Aggregation.SUM, Aggregation.COUNT}
        found = {
            int(row[0]): _Hour(
                summed(*row[1:3]), summed(*row[3:5]), int(row[5] if is_sum else row[6]), max(0, int(row[7]))
            )
            for row in self._statements.rows(_RIGHT_HOURS, **mine, is_summed=_is_summed(aggregation))
        }
        if aggregation is Aggregation.LATEST:
            for hour, amount, at, by in self._statements.rows(_REPORTS, **mine, newline="\n"):
                found[int(hour)] = found[int(hour)]._replace(last=int(amount), last_at=int(at), last_by=by)
        return found

    def _standing(
        self, mine: Mapping[str, Any], aggregation: Aggregation, hours: Mapping[int, _Hour]
    ) -> tuple[int, int, str]:
        """What a ledger should say is used, and which report of a gauge was the latest."""
        match aggregation:
            case Aggregation.MAX:
                return max((one.largest for one in hours.values()), default=0), 0, ""
            case Aggregation.UNIQUE:
                return int(self._statements.first(_VALUES, **mine)), 0, ""
            case Aggregation.LATEST:
                last = max(hours.values(), key=lambda one: (one.last_at, one.last_by), default=_Hour())
                since = int(self._statements.first(_CONSUMED, **mine, since=last.last_at))
                return last.last + since, last.last_at, last.last_by
            case _:
                return sum(one.amount - one.returned for one in hours.values()), 0, ""

    def _within(
        self, mine: Mapping[str, Any], aggregation: Aggregation, start: int, end: int, forgotten: Mapping[int, _Hour]
    ) -> int:
        """What a period should say. An hour whose events are forgotten counts as a whole."""
        whole: Sequence[_Hour] = [one for hour, one in forgotten.items() if start - HOUR < hour < end]
        total, largest = 0, 0
        for begins, ends in _remembered(start, end, forgotten):
            row = self._statements.rows(_WITHIN, **mine, start=begins, end=ends, is_summed=_is_summed(aggregation))[0]
            total, largest = total + summed(*row[:2]), max(largest, int(row[2]))
        match aggregation:
            case Aggregation.MAX:
                return max([largest, *(one.largest for one in whole)])
            case Aggregation.UNIQUE:
                return int(self._statements.rows(_WITHIN, **mine, start=start, end=end, is_summed=1)[0][3])
            case _:
                return min(total + sum(one.amount for one in whole), MAX_AMOUNT)

    def _mend_hour(self, mine: Mapping[str, Any], hour: int, right: _Hour | None) -> None:
        if right is None:
            self._statements.count(_DROP_HOUR, **mine, hour=hour)
        else:
            self._statements.count(_MEND_HOUR, **mine, hour=hour, **right._asdict())


def _is_summed(aggregation: Aggregation) -> int:
    """Whether reports are added up: of the most, and of what was reported last, there is no sum."""
    return int(aggregation not in {Aggregation.MAX, Aggregation.LATEST})


def _remembered(start: int, end: int, forgotten: Mapping[int, _Hour]) -> list[tuple[int, int]]:
    """The stretches between two times whose events are all there."""
    found, begins = [], start
    for hour in sorted(one for one in forgotten if start - HOUR < one < end):
        if begins < hour:
            found.append((begins, hour))
        begins = hour + HOUR
    return [*found, (begins, end)] if begins < end else found
