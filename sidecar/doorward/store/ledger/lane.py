"""The lane: requests of the ledger queue up, one thread carries them out in groups, each acknowledged after its commit.

One commit, and so one wait for the disk, is for as many requests as have come meanwhile.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import Busy, Conflict, DoorwardError, StoreUnavailable
from doorward.domain.ledger.books import Books
from doorward.domain.ledger.requests import Request
from doorward.domain.ledger.units import keep_together
from doorward.store.faults import faults_told, is_lock_timeout, original_of
from doorward.store.ledger.reading import Moved, read_books
from doorward.store.ledger.session import Sessions
from doorward.store.ledger.waiting import MOST_AT_ONCE, Done, Outcome, Unit, Waiting
from doorward.store.ledger.writing import write_books
from doorward.store.patience import SECONDS, patience

_TRIES: Final = 3
_GATHERED_SHARE: Final = 0.3
_GATHERED_SECONDS: Final = 0.001
_RACES: Final = frozenset({"23505", "40001", "40P01"})
_TOO_LARGE: Final = frozenset({"22003"})
_NO_INTEGER: Final = 3091  # SQLITE_CONSTRAINT_DATATYPE, for which `sqlite3` has no name
_log = logging.getLogger("doorward.ledger")


class Lane:
    """The port `Ledger`."""

    def __init__(
        self,
        address: DatabaseAddress,
        sessions: Sessions,
        new_id: Callable[[], str],
        applied: Callable[[Books], None] = lambda _books: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`applied` is told what a group came to, after its commit and before anybody is answered."""
        self._address = address
        self._sessions = sessions
        self._new_id = new_id
        self._applied = applied
        self._clock = clock
        self._waiting = Waiting()
        self._woken = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._expected = 1
        self._moment = 0.0

    def submit(self, requests: Sequence[Request], done: Done) -> None:
        """Have requests carried out, all of them or none; `done` is called by another thread.

        It gets the answers in the order of the requests, or what was wrong: StoreUnavailable where it may or may not
        have happened, any other error where nothing did.
        """
        with self._woken:
            if self._closing:
                error: DoorwardError | None = StoreUnavailable("this process ends; ask again in a moment")
            elif self._waiting.is_full:
                error = Busy("too many requests wait to be counted; try again in a moment")
            else:
                error = None
                self._waiting.append(Unit(requests, done, time.monotonic()))
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
                    self._thread.start()
                if len(self._waiting) in {1, self._expected}:
                    self._woken.notify()
        if error is not None:
            done(error)

    def close(self) -> None:
        """Carry out what waits, then end."""
        with self._woken:
            self._closing = True
            self._woken.notify()
            thread = self._thread
        if thread is not None:
            thread.join()
        self._sessions.close()

    def _work(self) -> None:
        while True:
            with self._woken:
                while not self._waiting:
                    if self._closing:
                        return
                    self._woken.wait()
                self._gather()
                group = self._waiting.next_group()
            began = time.monotonic()
            self._carry_out(group)
            with self._woken:
                self._expected = min(len(group) + len(self._waiting), MOST_AT_ONCE)
            self._moment = min((time.monotonic() - began) * _GATHERED_SHARE, _GATHERED_SECONDS)

    def _gather(self) -> None:
        """Wait for those who were answered last, most of whom ask again at once: a commit of their own takes longer."""
        ends = time.monotonic() + self._moment
        while len(self._waiting) < self._expected and not self._closing:
            left = ends - time.monotonic()
            if left <= 0 or not self._woken.wait(left):
                return

    def _carry_out(self, group: Sequence[Unit]) -> None:
        for unit, outcome in zip(group, self._outcomes(group), strict=True):
            try:
                unit.done(outcome)
            except Exception:  # noqa: BLE001 - one that cannot be told must not keep the others from it
                _log.exception("an answer of the ledger could not be given")

    def _outcomes(self, group: Sequence[Unit]) -> Sequence[Outcome]:
        try:
            return self._tried(group)
        except Exception as error:  # noqa: BLE001 - the lane must go on; it is logged, and told
            is_too_large = _is_too_large(error)
            if isinstance(error, StoreUnavailable | Busy) and not is_too_large:
                return self._by_tenant(group) if _is_held_up(error, group) else [error] * len(group)
            if len(group) > 1:  # nobody pays for what is wrong with another one's request
                return [self._outcomes([unit])[0] for unit in group]
            if is_too_large:
                return [Conflict("what was counted would be more than can be counted; nothing was")]
            if isinstance(error, DoorwardError):
                return [error]
            _log.exception("a request of the ledger failed")
            return [StoreUnavailable(f"the request could not be counted: {type(error).__name__}; the log has it")]

    def _by_tenant(self, group: Sequence[Unit]) -> Sequence[Outcome]:
        """Where somebody holds a ledger for long: nobody waits for another tenant's."""
        parts: dict[frozenset[str], list[int]] = {}
        for place, unit in enumerate(group):
            parts.setdefault(_tenants_of(unit), []).append(place)
        found: dict[int, Outcome] = {}
        for places in parts.values():
            found.update(zip(places, self._outcomes([group[place] for place in places]), strict=True))
        return [found[place] for place in range(len(group))]

    def _tried(self, group: Sequence[Unit]) -> Sequence[Outcome]:
        tries = 0
        while True:
            try:
                return self._transaction(group)
            except Exception as error:
                tries += 1
                if tries == _TRIES or not _is_race(error):
                    raise

    def _transaction(self, group: Sequence[Unit]) -> list[Outcome]:
        waited = time.monotonic() - min(unit.since for unit in group)
        with faults_told(self._address), patience(max(0.1, SECONDS - waited)), self._sessions.change() as session:
            requests = [request for unit in group for request in unit.requests]
            books = read_books(session, requests, int(self._clock() * 1_000_000))
            outcomes: list[Outcome] = [keep_together(unit.requests, books) for unit in group]
            write_books(session, books, self._new_id)
        try:
            self._applied(books)
        except Exception:  # noqa: BLE001 - it is on disk: whoever asked is told so
            _log.exception("what was counted could not be told in this process")
        return outcomes


def _tenants_of(unit: Unit) -> frozenset[str]:
    return frozenset(one.tenant for one in unit.requests)


def _is_held_up(error: BaseException, group: Sequence[Unit]) -> bool:
    """Whether a lock was not had in time, which need not be one of every tenant here."""
    if not is_lock_timeout(_original(error) or error):
        return False
    return len({_tenants_of(unit) for unit in group}) > 1


def _is_race(error: BaseException) -> bool:
    """Whether another process was in the way: it recorded the same id first under other names, or each waited."""
    if isinstance(error, Moved):
        return True
    return getattr(_original(error), "pgcode", None) in _RACES


def _is_too_large(error: BaseException) -> bool:
    """Whether a sum has left 64 bits: the drivers, and the databases, say it each in their own way."""
    original = _original(error)
    return (
        isinstance(error, OverflowError)
        or getattr(original, "pgcode", None) in _TOO_LARGE
        or getattr(original, "sqlite_errorcode", None) == _NO_INTEGER
        or str(original) == "integer overflow"
    )


def _original(error: BaseException) -> BaseException | None:
    """The driver's error, also where it was told as that of a database that cannot be used."""
    return original_of(error.__cause__ if isinstance(error, StoreUnavailable) else error)
