"""What is counted, and how Prometheus reads it.

The hot path must not take a lock, so each thread counts for itself and a scrape adds up.
"""

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from doorward import __version__
from doorward.domain.errors import PolicyUnavailable
from doorward.services.facts import Facts
from doorward.services.plan_use import UndeclaredPlans
from doorward.services.policy import PolicyService

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_Key = TypeVar("_Key")
FlagKind = tuple[str, str, str]
"""What an answer of a flag is counted by: its key, variant (empty for none) and reason."""
_MOST_UNADDED: Final = 20_000
"""Answers of flags that wait to be added up: a millisecond's work."""
_BUCKETS: Final = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)


class _Counts:
    """What one thread has counted. A row of `seconds` holds the buckets, one above them all, and the sum."""

    __slots__ = ("decisions", "flags", "flags_asked", "requests", "seconds", "unadded")

    def __init__(self) -> None:
        self.requests: dict[tuple[str, int], int] = {}
        self.seconds: dict[str, list[float]] = {}
        self.decisions: dict[str, int] = {}
        self.flags: tuple[dict[FlagKind, int], _Lists] = ({}, {})
        self.unadded = 0
        self.flags_asked: dict[str, float] = {}


class FlagKinds:
    """What the answers of many flags are counted by: of some always the same, of others one of several."""

    __slots__ = ("choices", "settled")

    def __init__(self, settled: Sequence[FlagKind], choices: Sequence[Sequence[FlagKind]]) -> None:
        self.settled = settled
        self.choices = choices


class CountedFlags:
    """The answers of many flags that are counted together: which of the choices, and what else."""

    __slots__ = ("chosen", "kinds", "more")

    def __init__(self, kinds: FlagKinds, chosen: Sequence[int], more: Sequence[FlagKind]) -> None:
        self.kinds = kinds
        self.chosen = chosen
        self.more = more


_Lists = dict[FlagKinds, dict[CountedFlags, int]]
"""How often which answers of many flags were counted together."""


class Meter:
    """Counts requests and decisions without a lock."""

    def __init__(self) -> None:
        self._threads: list[_Counts] = []
        self._local = threading.local()

    def _counts(self) -> _Counts:
        try:
            mine: _Counts = self._local.counts
        except AttributeError:
            mine = self._local.counts = _Counts()
            self._threads.append(mine)
        return mine

    def request(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        counts = self._counts()
        key = (endpoint, status)
        counts.requests[key] = counts.requests.get(key, 0) + 1
        row = counts.seconds.get(endpoint)
        if row is None:
            row = counts.seconds[endpoint] = [0.0] * (len(_BUCKETS) + 2)
        row[bisect_left(_BUCKETS, seconds)] += 1
        row[-1] += seconds

    def decision(self, result: str) -> None:
        """Count one decision: allow, deny or error."""
        decisions = self._counts().decisions
        decisions[result] = decisions.get(result, 0) + 1

    def flag(self, kind: FlagKind, now: float) -> None:
        """Count the answer of a declared flag that was asked for by its key, and note when (epoch seconds).

        The names of flags that are not declared are anybody's, and without end.
        """
        counts = self._counts()
        flags, _ = counts.flags
        flags[kind] = flags.get(kind, 0) + 1
        counts.flags_asked[kind[0]] = now

    def flags(self, counted: CountedFlags) -> None:
        """Count the answers of many declared flags."""
        counts = self._counts()
        flags, lists = counts.flags
        those = lists.get(counted.kinds)
        if those is None:
            those = lists[counted.kinds] = {}
            counts.unadded += len(counted.kinds.settled)
        times = those.get(counted, 0)
        those[counted] = times + 1
        if not times:
            counts.unadded += 1 + len(counted.chosen) + len(counted.more)
        if counts.unadded > _MOST_UNADDED:
            counts.flags = (_expanded(flags, lists), {})  # both at once: a scrape must not count twice
            counts.unadded = 0

    def flag_evaluations(self) -> dict[FlagKind, int]:
        """All answers of flags by key, variant (empty for none) and reason."""
        return _sum(_expanded(*counts.flags) for counts in list(self._threads))

    def flags_last_asked(self) -> dict[str, float]:
        """When each flag was asked for by its key last, since this process began."""
        last: dict[str, float] = {}
        for counts in list(self._threads):
            for key, at in dict(counts.flags_asked).items():
                last[key] = max(at, last.get(key, at))
        return last

    def requests(self) -> dict[tuple[str, int], int]:
        """All requests by endpoint and status."""
        return _sum(dict(counts.requests) for counts in list(self._threads))

    def decisions(self) -> dict[str, int]:
        """All decisions by result."""
        return _sum(dict(counts.decisions) for counts in list(self._threads))

    def seconds(self) -> dict[str, list[float]]:
        """Bucket counts and the sum of seconds by endpoint."""
        total: dict[str, list[float]] = {}
        for counts in list(self._threads):
            for endpoint, row in dict(counts.seconds).items():
                known = total.setdefault(endpoint, [0.0] * len(row))
                total[endpoint] = [a + b for a, b in zip(known, row, strict=True)]
        return total


def _expanded(flags: dict[FlagKind, int], lists: _Lists) -> dict[FlagKind, int]:
    """Counts of single answers, with those of many one by one: what is common to several lists is added once."""
    found = defaultdict(int, flags)
    for kinds, counted in lists.copy().items():
        alike: dict[int, list[CountedFlags]] = defaultdict(list)
        for one, times in counted.copy().items():
            alike[times].append(one)
        together = sum(len(those) * times for times, those in alike.items())
        for kind in kinds.settled:
            found[kind] += together
        for times, those in alike.items():
            for choice, places in zip(kinds.choices, zip(*[one.chosen for one in those], strict=True), strict=False):
                for place, count in Counter(places).items():
                    found[choice[place]] += count * times
            for kind in chain.from_iterable(one.more for one in those):
                found[kind] += times
    return dict(found)


def _sum(parts: Iterable[dict[_Key, int]]) -> dict[_Key, int]:
    total: dict[_Key, int] = {}
    for part in parts:
        for key, count in part.items():
            total[key] = total.get(key, 0) + count
    return total


class _DoorwardCollector(Collector):
    """Everything that Doorward measures, made at each scrape."""

    def __init__(self, meter: Meter, policy: PolicyService, facts: Facts, undeclared: UndeclaredPlans) -> None:
        self._meter = meter
        self._policy = policy
        self._facts = facts
        self._undeclared = undeclared

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("doorward_build", "The running version.", {"version": __version__})
        requests = CounterMetricFamily("doorward_requests", "Answered requests.", labels=["endpoint", "status"])
        for (endpoint, status), count in sorted(self._meter.requests().items()):
            requests.add_metric([endpoint, str(status)], float(count))
        yield requests
        seconds = HistogramMetricFamily(
            "doorward_request_duration_seconds", "Time from a request's last byte to its answer.", labels=["endpoint"]
        )
        for name, row in sorted(self._meter.seconds().items()):
            running = 0.0
            buckets = []
            for bound, inside in zip([*map(str, _BUCKETS), "+Inf"], row[:-1], strict=True):
                running += inside
                buckets.append((bound, running))
            seconds.add_metric([name], buckets, row[-1])
        yield seconds
        decisions = CounterMetricFamily("doorward_decisions", "Access decisions.", labels=["result"])
        for result, count in sorted(self._meter.decisions().items()):
            decisions.add_metric([result], count)
        yield decisions
        flags = CounterMetricFamily(
            "doorward_flag_evaluations", "Answers of declared flags.", labels=["flag", "variant", "reason"]
        )
        for labels, count in sorted(self._meter.flag_evaluations().items()):
            flags.add_metric(list(labels), count)
        yield flags
        yield from self._facts_metrics()
        yield from self._policy_metrics()

    def _facts_metrics(self) -> Iterable[Metric]:
        facts = self._facts
        version = "The version of the facts that decisions read."
        yield GaugeMetricFamily("doorward_facts_version", version, facts.version)
        stale = "1 while the database does not answer, so that decisions read what is remembered."
        yield GaugeMetricFamily("doorward_facts_stale", stale, float(facts.stale_since is not None))
        age = "How long the database has not answered, 0 while it answers."
        yield GaugeMetricFamily("doorward_facts_age_seconds", age, facts.age())
        remembered = GaugeMetricFamily("doorward_facts_remembered", "Records held in memory.", labels=["kind"])
        for kind, size in facts.remembered.sizes().items():
            remembered.add_metric([kind], size)
        yield remembered
        reads = CounterMetricFamily("doorward_facts_reads", "Records that had to be read.", labels=["kind"])
        for kind, count in facts.remembered.reads.items():
            reads.add_metric([kind], count)
        yield reads
        failures = "Times that the database did not say what has changed."
        yield CounterMetricFamily("doorward_facts_failures", failures, facts.failures)

    def _policy_metrics(self) -> Iterable[Metric]:
        policy = self._policy
        loads = CounterMetricFamily(
            "doorward_policy_loads", "Policy revisions read from the source.", labels=["result"]
        )
        loads.add_metric(["accepted"], policy.loads)
        loads.add_metric(["refused"], policy.refusals)
        yield loads
        failures = "Times that the policy's source did not answer."
        yield CounterMetricFamily("doorward_policy_source_failures", failures, policy.outages)
        if policy.answered_at is not None:
            answered = "When the policy's source last answered."
            yield GaugeMetricFamily("doorward_policy_source_answered_timestamp_seconds", answered, policy.answered_at)
        if policy.newest is not None:
            newest = {"revision": policy.newest}
            yield InfoMetricFamily("doorward_policy_newest", "The newest revision that the source showed.", newest)
        try:
            served = policy.served
        except PolicyUnavailable:
            return
        revision = {"revision": served.snapshot.revision}
        yield InfoMetricFamily("doorward_policy", "The policy revision being served.", revision)
        stale = "1 while the source holds a newer policy that is refused, or does not answer."
        yield GaugeMetricFamily("doorward_policy_stale", stale, float(served.is_stale))
        kept = "1 while the policy comes from the last good copy on disk."
        yield GaugeMetricFamily("doorward_policy_from_last_good", kept, float(served.from_last_good))
        yield GaugeMetricFamily(
            "doorward_policy_served_since_timestamp_seconds", "When the served policy was loaded.", served.since
        )
        yield GaugeMetricFamily("doorward_policy_rules", "Rules in the served policy.", served.snapshot.rule_count)
        undeclared = "Tenants whose plan the served policy does not declare: their limits are 0."
        without = GaugeMetricFamily("doorward_tenants_without_plan", undeclared, labels=["plan"])
        for one in self._undeclared.found:
            without.add_metric([one.plan], one.tenants)
        yield without


class Metrics:
    """Renders what the meter, the facts and the policy know as Prometheus text."""

    def __init__(self, meter: Meter, policy: PolicyService, facts: Facts, undeclared: UndeclaredPlans) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_DoorwardCollector(meter, policy, facts, undeclared))
        ProcessCollector(namespace="doorward", registry=self._registry)

    def render(self) -> bytes:
        """The exposition, format 0.0.4."""
        return generate_latest(self._registry)
