"""Facts: what is remembered of the recorded half, kept as new as the store, and how new and how old it is."""

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from doorward.domain.api_keys import ApiKey
from doorward.domain.errors import BadRequest, FactsNotServed, StoreUnavailable
from doorward.domain.facts import FactChange, FactKind
from doorward.services.facts.remembered import Remembered
from doorward.services.facts.views import FactsView, Reading
from doorward.services.ports import Clock, FactsSource

WAIT_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.5
MOST_USERS: Final = 100_000
MOST_TENANTS: Final = 100_000
FACTS_PATTERN: Final = "^[0-9]{1,18}$"
_VERSION: Final = re.compile(FACTS_PATTERN.removesuffix("$") + r"\Z")
_LOOK_SECONDS: Final = 0.02
_REST_SECONDS: Final = 0.005
_log = logging.getLogger("doorward.facts")

KeyListener = Callable[[Iterable[str] | None, Sequence[ApiKey]], None]
"""Told which keys changed (None: all of them), and what of them is not revoked now."""


def facts_version(text: str) -> int:
    """The version that a header names. Raises BadRequest."""
    if not _VERSION.match(text):
        raise BadRequest("Doorward-Min-Facts must be what Doorward-Facts said, a number")
    return int(text)


class Facts:
    """Follows a source. Views may be asked from any thread; nobody who decides waits for who follows.

    `applied` grows after each time that anything was: what was read at one of its values is stale at the next.
    `version` is what is applied; `stale_since` when the store answered last (epoch seconds), None while it answers.
    `failures` counts the times that it did not.
    """

    def __init__(  # noqa: PLR0913 - the parts that differ
        self,
        source: FactsSource,
        clock: Clock,
        *,
        most_users: int = MOST_USERS,
        most_tenants: int = MOST_TENANTS,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.version = 0
        self.applied = 0
        self.stale_since: float | None = None
        self.failures = 0
        self.remembered = Remembered(most_users, most_tenants)
        self.memory: FactsView = self.remembered
        self.reading: FactsView = Reading(self.remembered, source, lambda: self.stale_since)
        self._source = source
        self._clock = clock
        self._sleep = sleep
        self._monotonic = monotonic
        self._listeners: list[KeyListener] = []
        self._turn = threading.Lock()
        self._begun = 0
        self._answered_at = clock()
        self._failure: Exception | None = None
        self._newest: tuple[FactChange, ...] = ()  # what the version changed, if it was applied and not begun with

    def age(self) -> float:
        """How long the store has not answered, in seconds; 0 while it answers."""
        since = self.stale_since
        return 0.0 if since is None else max(0.0, self._clock() - since)

    def on_keys(self, listener: KeyListener) -> None:
        """Tell a listener of API keys: of all when facts begin, then of those that changed, before it shows."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Read what must be known before the first question. Raises StoreUnavailable."""
        with self._turn:
            asked_at = self._clock()
            self._begin_again()
            self._note_answer(asked_at)

    def refresh(self) -> None:
        """Apply what has changed. Of many who ask while somebody reads, one reads again, for all of them.

        Raises:
            StoreUnavailable: the store does not answer; what is remembered stays.
        """
        begun = self._begun
        with self._turn:
            if self._begun > begun:  # somebody began after this was asked for, and is done
                if self._failure is not None:
                    raise StoreUnavailable(str(self._failure)) from self._failure
                return
            self._begun += 1
            asked_at = self._clock()
            try:
                self._apply(self._changes())
            except Exception as error:
                self._note_failure(error)
                raise
            self._note_answer(asked_at)

    def has(self, wanted: str) -> bool:
        """Whether the version that a header names is applied here; False where it names none."""
        return _VERSION.match(wanted) is not None and int(wanted) <= self.version

    def wait_for(self, wanted: int) -> None:
        """Return when a version, or a later one, is applied here.

        Versions are told once they are committed: where the store answers and has none that new, nobody was told
        of it by this store, and nobody waits for it.

        Raises:
            FactsNotServed: the store has no such version, or did not answer within WAIT_SECONDS.
        """
        deadline = self._monotonic() + WAIT_SECONDS
        while self.version < wanted:
            has_answered = False
            with contextlib.suppress(StoreUnavailable):  # it may answer yet
                self.refresh()
                has_answered = True
            if self.version >= wanted:
                return
            if has_answered or self._monotonic() >= deadline:
                raise FactsNotServed(
                    f"version {wanted} of the facts is not known here yet, but {self.version}; try again in a moment"
                )
            self._sleep(_LOOK_SECONDS)

    def look_for(self, wanted: int) -> None:
        """Apply what has changed, once, if a version is not applied here and the store answers."""
        if self.version < wanted and self.stale_since is None:
            with contextlib.suppress(StoreUnavailable):  # whoever needs it waits for it
                self.refresh()

    def follow(self, stop: threading.Event) -> None:
        """Refresh whenever something may have changed, until `stop`; outages end by themselves."""
        while not stop.is_set():
            try:
                self._source.wait(POLL_SECONDS)
            except Exception:  # noqa: BLE001 - whatever it is, refreshing tells; facts must go on being followed
                stop.wait(POLL_SECONDS)
            with contextlib.suppress(Exception):  # it is noted, and in the log
                self.refresh()
            stop.wait(_REST_SECONDS)  # changes come in crowds: those of a moment are applied together

    def _changes(self) -> Sequence[FactChange] | None:
        """What changed since; None where everything has to be read anew.

        After an outage another server may answer, which lost the latest changes and has made others since: the version
        that was applied last has to be the same there.
        """
        if self._failure is None:
            return self._source.changes(self.version)
        found = self._source.changes(self.version - 1)
        if found is None:
            return None
        newest = tuple(one for one in found if one.version == self.version)
        return found[len(newest) :] if newest == self._newest else None

    def _apply(self, changes: Sequence[FactChange] | None) -> None:
        if changes is None:
            self._begin_again()
        elif changes:
            keys = {one.id for one in changes if one.kind is FactKind.KEY}
            if keys:
                self._tell(keys, self._source.api_keys(keys))
            self.remembered.forget(changes)
            self.version = changes[-1].version
            self._newest = tuple(one for one in changes if one.version == self.version)
            self.applied += 1

    def _begin_again(self) -> None:
        version = self._source.version()  # first, so that nothing which comes meanwhile is passed over
        hashes = self._source.user_id_hashes()
        keys = self._source.api_keys()
        self._tell(None, keys)
        self.remembered.begin_again(hashes)
        self.version = version
        self._newest = ()
        self.applied += 1

    def _tell(self, changed: Iterable[str] | None, keys: Sequence[ApiKey]) -> None:
        for listener in self._listeners:
            listener(changed, keys)

    def _note_failure(self, error: Exception) -> None:
        self.failures += 1
        self._failure = error
        if self.stale_since is None:
            self.stale_since = self._answered_at
            known = isinstance(error, StoreUnavailable)
            _log.warning("going on from what is remembered: %s", error, exc_info=None if known else error)

    def _note_answer(self, asked_at: float) -> None:
        self._failure = None
        self._answered_at = asked_at
        if self.stale_since is not None:
            self.stale_since = None
            _log.info("the database answers again; facts are at version %d", self.version)
