"""Replacing the master key of a database."""

import time
from pathlib import Path

from doorward import crypto
from doorward.bootstrap.recorded import encryption_of, read_master_key
from doorward.domain.actors import Actor
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.encryption import WrappedKey
from doorward.domain.errors import StateUnusable
from doorward.services.recording import Recorder
from doorward.services.rewrapping import Rewrapped, rewrap_all
from doorward.store.database import Database


def rewrap_keys(
    address: DatabaseAddress, state: Path, master_key_file: Path | None, new_master_key_file: Path
) -> Rewrapped:
    """Wrap the keys of a database under the master key of another file. Killed meanwhile, do it again.

    `master_key_file` is that of the key until now; `STATE/master.key` where None.

    Raises:
        StateUnusable: there is no such database, it holds no keys, another process has it, or a master key cannot be
            read.
        EncryptionFailed: a key of the database opens under neither master key; nothing was changed.
        StoreUnavailable: the database cannot be used.
    """
    new = crypto.read_master_key(new_master_key_file)
    old = read_master_key(address, state, master_key_file)
    if address.is_sqlite and not Path(address.place).exists():
        raise StateUnusable(f"there is no database {address}; give --state, or --database")

    def rewrapped(key: WrappedKey) -> WrappedKey | None:
        return None if crypto.opens(key, new) else crypto.rewrap(key, old, new)

    database = Database.open(address)
    try:
        recorder = Recorder(database, encryption_of(database, old), time.time)
        done = rewrap_all(recorder, Actor(caller=Caller("operator", ALL_SCOPES)), rewrapped)
    finally:
        database.close()
    if not done.keys:
        raise StateUnusable(f"{address} holds no keys yet; a sidecar that starts with the new master key makes them")
    return done
