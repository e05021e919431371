"""The served policy: loaded whole, swapped whole, and kept while a newer one is broken."""

import contextlib
import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from doorward.domain.errors import DoorwardError, PolicyInvalid, PolicyUnavailable, Problem, SourceUnreadable
from doorward.services.ports import Clock, LastGoodPolicy, Pace, PolicySnapshot, PolicySource

_log = logging.getLogger("doorward.policy")
START_SECONDS: Final = 10.0
"""How long a start waits for a remote source where there is a last good policy to serve."""
_REMEMBERED: Final = 10_000
"""Revisions that this process has served."""
_DIGITS: Final = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A newer revision that did not load: when it was seen (epoch seconds) and every fault of it."""

    seen_at: float
    problems: Sequence[Problem]
    revision: str | None = None  # where the source names it before it loads


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The source does not answer: since when (epoch seconds), and why."""

    since: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What is served: the snapshot, since when (epoch seconds), and whether it was read from the last good copy."""

    snapshot: PolicySnapshot
    since: float
    from_last_good: bool = False
    refusal: Refusal | None = None
    outage: Outage | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the source holds something newer that did not load, or may hold it, for it does not answer."""
        return self.refusal is not None or self.outage is not None

    @property
    def reason(self) -> str | None:
        """Why it is stale, in a line."""
        if self.outage is not None:
            return f"the policy's source cannot be read: {self.outage.reason}"
        return None if self.refusal is None else f"the newest policy is refused: {self.refusal.problems[0]}"


class PolicyService:
    """Holds the served policy. Readers take `current` once a request and keep it; nothing locks them.

    `pace` is called often while a policy is built beside one that is served: it lets other threads run.
    """

    def __init__(
        self,
        source: PolicySource,
        last_good: LastGoodPolicy | None,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self.source_name = source.name
        self.is_remote = source.is_remote
        self._source = source
        self._last_good = last_good
        self._clock = clock
        self._pace = pace
        self._loading = threading.Lock()
        self._served: Served | None = None
        self.loads = 0
        self.refusals = 0
        self.outages = 0
        self.answered_at: float | None = None
        self.newest: str | None = None
        self.served_before: dict[str, None] = {}
        self._begun = 0
        self._failure: PolicyInvalid | SourceUnreadable | None = None

    @property
    def served(self) -> Served:
        """What is served now.

        Raises:
            PolicyUnavailable: nothing has been loaded yet.
        """
        if self._served is None:
            raise PolicyUnavailable("no policy has been loaded")
        return self._served

    @property
    def served_revision(self) -> str | None:
        """The revision that is served; None before the first is loaded."""
        return None if self._served is None else self._served.snapshot.revision

    @property
    def current(self) -> PolicySnapshot:
        """The snapshot to answer from. Raises PolicyUnavailable before the first is loaded."""
        return self.served.snapshot

    def start(self) -> Served:
        """Load the first policy: the source's, or the last good one where that is broken.

        Raises:
            PolicyInvalid: the source's is broken and there is no last good one.
            SourceUnreadable: the source does not answer and there is no last good one.
        """
        if self.is_remote and self._last_good is not None and (kept := self._last_good.load()) is not None:
            return self._start_from(kept, self._last_good.answered_at)
        try:
            return self.reload()
        except (PolicyInvalid, SourceUnreadable) as error:
            if self._last_good is None or self.is_remote:
                raise
            kept = self._last_good.load()
            if kept is None:
                _log.warning("no last good policy to serve instead: there is none, or its copy is damaged")
                raise
            _log.warning("serving the last good policy %s: %s", kept.revision, _summary(error))
            served = Served(snapshot=kept, since=self._clock(), from_last_good=True)
            self._remember(kept.revision)
            self._served = self._faulted(served, error)
            return self._served

    def _start_from(self, kept: PolicySnapshot, answered_at: float | None) -> Served:
        """Serve the last good policy, unless the source answers soon: a slow one must not keep a restart waiting.

        It goes on being read, and what it brings is served then.
        """
        now = self._clock()
        self._remember(kept.revision)
        self.answered_at = answered_at
        outage = Outage(since=now, reason="it has not answered since the start")
        self._served = Served(snapshot=kept, since=now, from_last_good=True, outage=outage)
        reading = threading.Thread(target=self._reload_quietly, name="first policy", daemon=True)
        reading.start()
        reading.join(START_SECONDS)
        if reading.is_alive():  # else what was found is in the log
            _log.warning("serving the last good policy %s: %s", kept.revision, outage.reason)
        return self.served

    def _reload_quietly(self) -> None:
        with contextlib.suppress(PolicyInvalid, SourceUnreadable):  # it is noted
            self.reload()

    def reload(self) -> Served:
        """Read the source again; swap if it loads, else keep what is served and note why.

        Of many that ask while it is being read, one reads it again, for all of them.

        Raises:
            PolicyInvalid: it does not load; what was served before goes on being served.
            SourceUnreadable: the source does not answer; likewise.
        """
        begun = self._begun
        with self._loading:
            if self._begun > begun:  # somebody began after this was asked for, and is done
                if self._failure is not None:
                    raise self._failure
                return self.served
            self._begun += 1
            try:
                snapshot = self._load()
            except (PolicyInvalid, SourceUnreadable) as error:
                self._failure = error
                self._refuse(error)
                raise
            self._failure = None
            return self._accept(snapshot)

    def _load(self) -> PolicySnapshot:
        """The source's newest revision. A fault of our own is a refusal too: whoever follows the source must go on."""
        try:
            if self._served is None:
                return self._source.load(_at_full_speed, None)
            return self._source.load(self._pace, self._served.snapshot)
        except (PolicyInvalid, SourceUnreadable):
            raise
        except DoorwardError as error:
            raise PolicyInvalid([Problem(path=".", line=0, message=str(error))]) from error
        except Exception as error:
            _log.exception("reading the policy failed")
            message = f"reading it failed, a fault of Doorward's ({type(error).__name__}); the log has it"
            raise PolicyInvalid([Problem(path=".", line=0, message=message)]) from error

    def _accept(self, snapshot: PolicySnapshot) -> Served:
        self.answered_at = self._clock()
        self.newest = snapshot.revision
        before = self._served
        if before is not None and before.snapshot.revision == snapshot.revision:
            if before.is_stale or before.from_last_good:
                self._served = Served(snapshot=before.snapshot, since=before.since)
                _log.info("policy %s is the source's newest again", snapshot.revision)
            return self.served
        self._served = Served(snapshot=snapshot, since=self._clock())
        self._remember(snapshot.revision)
        self.loads += 1
        _log.info("serving policy %s, %d rules", snapshot.revision, snapshot.rule_count)
        if self._last_good is not None:
            try:
                self._last_good.save(snapshot)
            except OSError as error:
                _log.warning("the last good policy could not be kept on disk: %s", error)
        return self._served

    def _remember(self, revision: str) -> None:
        self.served_before[revision] = None
        if len(self.served_before) > _REMEMBERED:
            del self.served_before[next(iter(self.served_before))]

    def _refuse(self, error: PolicyInvalid | SourceUnreadable) -> None:
        before = self._served
        if isinstance(error, PolicyInvalid):
            self.answered_at = self._clock()
            self.newest = error.revision or self.newest
        else:
            self.outages += 1
        if before is None:
            self.refusals += isinstance(error, PolicyInvalid)
            return
        self._served = after = self._faulted(before, error)
        self.refusals += after.refusal is not before.refusal
        if _fault(after) != _fault(before):
            _log.warning("policy not changed, still serving %s: %s", before.snapshot.revision, _summary(error))

    def _faulted(self, served: Served, error: PolicyInvalid | SourceUnreadable) -> Served:
        """The same snapshot, and what is wrong with the source since when."""
        now = self._clock()
        if isinstance(error, PolicyInvalid):
            refusal = Refusal(seen_at=now, problems=error.problems, revision=error.revision)
            known = served.refusal
            if known is not None and (known.problems, known.revision) == (refusal.problems, refusal.revision):
                refusal = known
            return replace(served, refusal=refusal, outage=None)
        since = now if served.outage is None else served.outage.since
        return replace(served, outage=Outage(since=since, reason=str(error)))


def _at_full_speed() -> None:
    """Nobody is being served yet, so nobody has to be let through."""


def _fault(served: Served) -> tuple[Refusal | None, str]:
    """What is wrong with the source; of an outage without its time, and without the milliseconds that git names."""
    return served.refusal, _DIGITS.sub("", served.outage.reason) if served.outage else ""


def _summary(error: PolicyInvalid | SourceUnreadable) -> str:
    if isinstance(error, SourceUnreadable):
        return f"its source cannot be read: {error}"
    first = str(error.problems[0]) if error.problems else "no reason given"
    more = len(error.problems) - 1
    return f"{first} (and {more} more)" if more > 0 else first
