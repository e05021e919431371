"""What is recorded, put together: the database, its encryption, the facts that decisions read."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorward import crypto
from doorward.bootstrap.ids import new_id
from doorward.bootstrap.no_database import NoDatabase, NoLedger, NoPlanUse
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import DoorwardError, StateUnusable
from doorward.domain.usage import RETENTION_DAYS
from doorward.services.authentication import Authenticator
from doorward.services.encryption import Encryption
from doorward.services.facts import NOTHING_RECORDED, Facts
from doorward.services.first_key import record_first_key
from doorward.services.housekeeping import Housekeeping
from doorward.services.limits import UsageMemory
from doorward.services.ports import Clock, Records
from doorward.services.ports.plan_use import PlanUseSource
from doorward.services.ports.usage import Ledger, UsageSource
from doorward.services.recording import Recorder
from doorward.services.usage import Teller, ThresholdSender
from doorward.store.database import Database
from doorward.store.ledger.looking import UsageReader
from doorward.store.plan_use import PlanUseReader
from doorward.store.state import ADMIN_KEY_NAME, read_or_make_admin_key

MASTER_KEY_NAME: Final = "master.key"
HOUSEKEEPING_SECONDS: Final = 60.0
MOST_USERS: Final = 100_000
_NEEDS_MASTER_KEY: Final = (
    "a PostgreSQL database needs DOORWARD_MASTER_KEY_FILE, the same for every sidecar on it; "
    "`head -c 32 /dev/urandom | base64 > master.key && chmod 600 master.key` makes one"
)
_log = logging.getLogger("doorward.records")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedState:
    """What is recorded. `start` reads what has to be known before the first answer."""

    records: Records
    encryption: Encryption
    facts: Facts
    ledger: Ledger
    usage: UsageMemory
    usage_source: UsageSource
    plan_use: PlanUseSource
    keeps: Callable[[Callable[[], Collection[str]], Callable[[], bool]], None]
    start: Callable[[Authenticator], None]
    follow: Callable[[threading.Event], None]
    close: Callable[[], None]


def nothing_recorded() -> RecordedState:
    """For applications that only evaluate files."""
    records = NoDatabase()
    encryption = encryption_of(records, bytes(32))
    return RecordedState(
        records=records,
        encryption=encryption,
        facts=Facts(NOTHING_RECORDED, time.time),
        ledger=NoLedger(),
        usage=UsageMemory(NoLedger()),
        usage_source=NoLedger(),
        plan_use=NoPlanUse(),
        keeps=_nothing_kept,
        start=_nothing,
        follow=_nothing,
        close=lambda: None,
    )


def open_recorded(  # noqa: PLR0913 - the parts that differ
    address: DatabaseAddress,
    state: Path,
    master_key_file: Path | None,
    most_users: int = MOST_USERS,
    teller: Teller | None = None,
    *,
    usage_days: int = RETENTION_DAYS,
    clock: Clock = time.time,
) -> RecordedState:
    """What a database holds, with the keys of the state directory; `teller` is told of thresholds.

    Events of usage are kept for `usage_days`. What is counted is counted at the time of `clock`.

    Raises:
        StateUnusable: the database is another process's, or has another schema; the master key is not there.
        StoreUnavailable: the database cannot be used.
    """
    _require_master_key(address, master_key_file)
    database = Database.open(address)
    with database.read() as transaction:
        is_new = not transaction.encryption_keys.all()
    if is_new and master_key_file is None:
        master = crypto.read_or_make_master_key(state / MASTER_KEY_NAME)
    else:
        master = read_master_key(address, state, master_key_file)
    encryption = encryption_of(database, master)
    source = database.facts()
    facts = Facts(source, time.time, most_users=most_users)
    usage_source = UsageReader(source.queries)
    usage = UsageMemory(usage_source)
    ledger = database.ledger(new_id, usage.take, clock)
    housekeeping = Housekeeping(database, time.time, usage_days)

    def start(authenticator: Authenticator) -> None:
        encryption.start(int(time.time() * 1_000_000))
        recorder = Recorder(database, encryption, time.time)
        record_first_key(recorder, lambda: read_or_make_admin_key(state), (state / ADMIN_KEY_NAME).unlink)
        housekeeping.takes(authenticator.take_uses)
        facts.start()

    def follow(stop: threading.Event) -> None:
        work = (encryption.refresh, housekeeping.run)
        keeper = threading.Thread(target=_keep, args=(work, stop), name="housekeeping", daemon=True)
        keeper.start()
        reader = threading.Thread(target=usage.follow, args=(stop, clock), name="usage", daemon=True)
        reader.start()
        senders = [] if teller is None else [_sending(database, teller, stop)]
        facts.follow(stop)
        for one in (keeper, reader, *senders):
            one.join()

    def close() -> None:
        ledger.close()
        _quietly(housekeeping.run)
        source.close()
        database.close()

    return RecordedState(
        records=database,
        encryption=encryption,
        facts=facts,
        ledger=ledger,
        usage=usage,
        usage_source=usage_source,
        plan_use=PlanUseReader(source.queries),
        keeps=housekeeping.keeps,
        start=start,
        follow=follow,
        close=close,
    )


def _sending(records: Records, teller: Teller, stop: threading.Event) -> threading.Thread:
    sender = ThresholdSender(records, teller, time.time, logging.getLogger("doorward.usage").warning)
    thread = threading.Thread(target=sender.follow, args=(stop,), name="thresholds", daemon=True)
    thread.start()
    return thread


def _keep(work: Sequence[Callable[[], None]], stop: threading.Event) -> None:
    while not stop.wait(HOUSEKEEPING_SECONDS):
        for one in work:
            _quietly(one)


def _quietly(work: Callable[[], None]) -> None:
    """Do what can wait: where it fails it is done the next time."""
    try:
        work()
    except DoorwardError as error:
        _log.warning("housekeeping waits: %s", error)


def read_master_key(address: DatabaseAddress, state: Path, given: Path | None) -> bytes:
    """The master key of a database that has one: of the file that is given, else of the state directory's.

    Raises StateUnusable where it cannot be read, or none was given for PostgreSQL. A lost one must not be made again.
    """
    _require_master_key(address, given)
    return crypto.read_master_key(given or state / MASTER_KEY_NAME)


def _require_master_key(address: DatabaseAddress, given: Path | None) -> None:
    if given is None and not address.is_sqlite:
        raise StateUnusable(_NEEDS_MASTER_KEY)


def encryption_of(records: Records, master: bytes) -> Encryption:
    """Encryption with the keys of a database, under a master key."""
    return Encryption(
        records,
        lambda keys: crypto.Vault(master, keys),
        lambda key_id, purpose, now: crypto.new_key(master, key_id, purpose, now),
        new_id,
    )


def _nothing(_what: object) -> None:
    """There is nothing to start, and nothing to follow."""


def _nothing_kept(_totals: Callable[[], Collection[str]], _has_billed: Callable[[], bool]) -> None:
    """There is nothing to forget."""
